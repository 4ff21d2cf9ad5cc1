"""Talking to the driver in the sandbox: the RPC client, and typed views of what it claims."""
