"""A simulated exchange: markets, one matching engine and one ledger, spoken to through dialects."""
