"""Migrations of the ledger's tables, run by `farm.ledger.open_ledger`."""
