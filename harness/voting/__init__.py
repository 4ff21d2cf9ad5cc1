"""From a published round to the vote: ballots in the form of each place of voting, and posting them."""
