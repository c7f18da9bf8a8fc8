"""Media files in; media files and facts out."""
