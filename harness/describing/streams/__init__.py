"""WebSockets: topics, messages, order books, and requests that are messages. Pure."""
