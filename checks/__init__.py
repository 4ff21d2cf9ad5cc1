"""What is demanded of a connector and how it is verified."""
