"""Values in, text out: playlists, releases, catalogs, and the checks of each."""
