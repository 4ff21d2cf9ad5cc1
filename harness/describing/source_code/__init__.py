"""What a connector's source reads of replies and messages, says in requests and asks for. Pure."""
