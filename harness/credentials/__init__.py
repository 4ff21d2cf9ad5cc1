"""Made-up credentials that a connector's own code accepts; nothing of a fork runs here."""
