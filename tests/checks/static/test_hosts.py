"""What counts as an address, and whose it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.static.test_security_network import test_only_declared_hosts as check
from harness.forks.submission import AddedConnector
from tests.checks.static.specimens import CONSTANTS, FOLDER, NAME, World, today

OTHER = "hummingbot/connector/derivative/zenith_perpetual"


@pytest.mark.parametrize("text", ["v1.trade", "v2.exchange", "com.br", "co.uk"])
def test_a_channel_or_what_hosts_are_below_is_no_host(text: str) -> None:
    assert today().appending(CONSTANTS, f"CHANNEL = '{text}'\n").run(check).status == "passed"


@pytest.mark.parametrize(
    "text", ["evil.trade", "v1.evil.trade", "evil.com.br", "https://v1.trade/x", "wss://com.br", "v1x.trade"]
)
def test_what_may_be_reached_by_its_name_is_one(text: str) -> None:
    assert today().appending(CONSTANTS, f"CHANNEL = '{text}'\n").run(check).status == "failed"


def with_another() -> World:
    """A fork with a second connector, which the round's row does not name."""
    both = (
        AddedConnector(NAME, "exchange", FOLDER, True),
        AddedConnector("zenith_perpetual", "derivative", OTHER, True),
    )
    world = today().adding({f"{OTHER}/zenith_perpetual_constants.py": "URL = 'https://api.zenith.org'\n"})
    return replace(world, extra={"connectors": both})


def test_the_hosts_of_another_connector_of_the_fork_are_not_known() -> None:
    result = with_another().run(check)
    assert result.status == "undetermined"
    assert "api.zenith.org" in result.summary
    assert result.places == [f"{OTHER}/zenith_perpetual_constants.py:1"]


def test_they_excuse_none_of_its_own() -> None:
    result = with_another().appending(CONSTANTS, "HOST = 'https://evil.org'\n").run(check)
    assert (result.status, "evil.org" in result.summary) == ("failed", True)


@pytest.mark.parametrize(
    "path",
    [
        "hummingbot/data_feed/candles_feed/zenith_perpetual_candles/constants.py",
        "hummingbot/core/rate_oracle/sources/zenith_perpetual_rate_source.py",
    ],
)
def test_so_are_those_of_its_candles_and_rates(path: str) -> None:
    world = with_another().adding({path: "REST_URL = 'https://api.network.zenith-labs.org'\n"})
    assert world.run(check).status == "undetermined"


def test_a_file_in_its_own_folder_is_its_own_whatever_it_is_called() -> None:
    world = with_another().adding({f"{FOLDER}/zenith_perpetual_hosts.py": "URL = 'https://evil.org'\n"})
    assert world.run(check).status == "failed"


def test_a_feed_of_a_connector_that_hummingbot_has_is_that_connectors() -> None:
    """A release brought the candles of an exchange whose connector it does not change."""
    path = "hummingbot/data_feed/candles_feed/zenith_spot_candles/constants.py"
    there = {"hummingbot/connector/exchange/zenith/zenith_exchange.py": "class ZenithExchange: ...\n"}
    world = today().adding({path: "REST_URL = 'https://api.zenith.org/privapi'\n"})
    assert replace(world, base={**world.base, **there}).run(check).status == "undetermined"


@pytest.mark.parametrize(
    ("host", "before", "status"),
    [
        ("api.gecko.org", "api.gecko.org", "passed"),
        ("pro-api.gecko.org", "api.gecko.org", "passed"),
        ("api.gecko.org", "api.mygecko.org", "failed"),
        ("api.gecko.org", "api.gecko.org.evil.net", "failed"),
        ("evil.cloudfront.net", "d1.cloudfront.net", "failed"),
        ("d1.cloudfront.net", "d1.cloudfront.net", "passed"),
    ],
)
def test_a_host_that_the_same_file_named_before_is_upstreams(host: str, before: str, status: str) -> None:
    """A release sends the requests of users with a paid plan to another host of the same owner."""
    path = "hummingbot/data_feed/gecko/constants.py"
    world = today().adding({path: f"PLANS = {{'public': 'https://{host}/v3'}}\n"})
    there = {**world.base, path: f"BASE_URL = 'https://{before}/v3'\n"}
    assert replace(world, base=there).run(check).status == status
