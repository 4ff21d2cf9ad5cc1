"""A venue for people: one exchange on localhost, to point ccxt or a bot at."""
