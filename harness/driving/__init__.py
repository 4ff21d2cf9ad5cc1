"""Talking to the driver in the sandbox: the conversation, and typed views of what it claims."""
