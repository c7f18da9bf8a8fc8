"""The office's door: catalogs released, signed, renewed, stepped back. See docs/catalogs.md."""
