"""A static site of all rounds: pages, feeds, a file for an app, badges. Made from published reports alone."""
