"""One candidate from its commit to stored outcomes; many of them."""
