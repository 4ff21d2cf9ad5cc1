"""Named, as a connector of 2020 has it; nothing here is asked of it."""
