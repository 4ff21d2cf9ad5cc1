"""Routes: what their requests say, and how they are answered. Pure."""
