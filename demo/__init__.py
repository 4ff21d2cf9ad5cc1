"""The demo round: real connectors, cut from a release into forks of an upstream that lacks them."""
