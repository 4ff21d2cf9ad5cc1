"""What each command of the CLI does, apart from its options."""
