"""JSON documents as their leaves, templates of them, and who says what of each leaf. Pure."""
