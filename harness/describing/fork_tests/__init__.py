"""What a fork's own tests say of its exchange: a claim."""
