"""ccxt as a second reader of replies, today's and earlier releases."""
