"""What was seen in one run of a scenario, frozen and stored; see `model`."""
