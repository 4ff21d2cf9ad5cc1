from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.clock import ScaledClock
from harness.gateway.thread import GatewayThread, running_gateway
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.gateway.emulated import EmulatedShim
from tests.gateway.tiny import TinyDialect


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock(scale=10)


@pytest.fixture
def venue(clock: ScaledClock) -> Venue:
    return Venue(SAMPLE_MARKETS, seed=1, clock=clock)


@pytest.fixture
def dialect(venue: Venue) -> TinyDialect:
    return TinyDialect(venue)


@pytest.fixture
def gateway(dialect: TinyDialect, clock: ScaledClock) -> Iterator[GatewayThread]:
    with running_gateway([dialect], clock=clock) as running:
        yield running


@pytest.fixture
def shim(gateway: GatewayThread) -> Iterator[EmulatedShim]:
    shim = EmulatedShim(gateway.socket_path)
    yield shim
    shim.close()
