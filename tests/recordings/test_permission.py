"""What may leave this machine, and whose say-so signs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UserError
from harness.recordings.keys import real_keys
from harness.recordings.permission import checked_hosts, signed_routes, vouched
from harness.venue.described.loading import checked, raw
from harness.venue.described.model import Description
from tests.recordings.far import BITSTAMP, bitstamp

LOOK_UP = "POST /api/v2/account_balances/"


def derived(**known: list[str]) -> Description:
    """bitstamp as it would be derived of a fork: nobody else has looked at it."""
    data: Any = raw(BITSTAMP)
    data["derived"] = "abc"
    data["known"] = {"": ["connector sends"], **known}
    return checked(data, BITSTAMP)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "[::1]", "localhost", "printer", "db.internal", "nas.local"]
)
def test_no_host_of_ones_own_network(host: str) -> None:
    with pytest.raises(UserError, match="not a public host name"):
        checked_hosts(("api.acme.com", host), "acme.yml")


def test_orders_are_never_signed() -> None:
    operations = {route.operation for _, route in signed_routes(bitstamp().description)}
    assert "balances" in operations
    assert not operations & {"place_order", "cancel_order", "cancel_all", "amend_order", "set_leverage"}


def test_a_fork_cannot_call_a_withdrawal_a_look_up() -> None:
    assert LOOK_UP not in dict(signed_routes(derived()))
    confirmed = derived(**{f"routes / {LOOK_UP}": ["connector sends", "ccxt"]})
    assert LOOK_UP in dict(signed_routes(confirmed))


def test_hosts_that_only_the_fork_names_get_no_keys() -> None:
    assert not vouched(derived(), "hosts")
    assert vouched(derived(hosts=["maintainer Ann 2026-11-30"]), "hosts")


def test_the_keys_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.yml"
    file.write_text("bitstamp_api_key: abcdefgh\nbitstamp_api_secret: ijklmnop\n", encoding="utf-8")
    file.chmod(0o644)
    with pytest.raises(UserError, match="others can read"):
        real_keys(file, bitstamp().description)
    file.chmod(0o600)
    keys = real_keys(file, bitstamp().description)
    assert (keys.key, keys.secret) == ("abcdefgh", "ijklmnop")
    assert "abcdefgh" not in repr(keys)
    file.write_text("bitstamp_api_key: abcdefgh\n", encoding="utf-8")
    with pytest.raises(UserError, match="lacks bitstamp_api_secret"):
        real_keys(file, bitstamp().description)
    file.write_text("bitstamp_api_key: abcdefgh\nbitstamp_api_secret: abc\n", encoding="utf-8")
    with pytest.raises(UserError, match="shorter than 6"):
        real_keys(file, bitstamp().description)
