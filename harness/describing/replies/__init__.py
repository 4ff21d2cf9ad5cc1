"""What replies and messages tell, put together from all that read them. Pure."""
