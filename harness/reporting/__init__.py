"""Everything published, made from stored outcomes alone: each format is one consumer in one file."""
