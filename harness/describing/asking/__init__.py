"""What a connector sends when it is told to act: run in the sandbox, read at the gateway."""
