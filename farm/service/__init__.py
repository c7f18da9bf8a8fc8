"""The farm as a service: jobs of many bases on one dispatcher, kept in the ledger."""
