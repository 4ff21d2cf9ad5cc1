"""The only way out of the sandbox: ends TLS, routes by host name, records everything, injects faults."""
