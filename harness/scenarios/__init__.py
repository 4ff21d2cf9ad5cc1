"""One scenario at a time: the rig it is run on, and what is drawn from the seed."""
