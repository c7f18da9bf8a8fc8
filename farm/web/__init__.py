"""The web: pages for the three groups, and the same as an HTTP API, over one ledger and store."""
