"""How requests are signed, found by reproducing what the connector signed with keys of ours. Pure."""
