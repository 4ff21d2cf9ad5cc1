"""Accounts and their keys."""

from __future__ import annotations

import pytest

from tests.venue.world import venue


def test_keys_are_fresh_and_can_be_revoked() -> None:
    world, account = venue()
    other = world.account("other", {})
    assert len({account.api_key, account.api_secret, other.api_key, other.api_secret}) == 4
    assert account.api_secret not in repr(account)
    assert world.account_of_key(account.api_key) == account
    world.revoke(account)
    assert world.account_of_key(account.api_key) is None
    with pytest.raises(ValueError, match="exists"):
        world.account("other", {})
