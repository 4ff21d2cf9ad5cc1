"""A round file, read into typed models; every mistake in it is named with its line."""
