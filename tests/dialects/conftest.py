from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.venue.dialects import dialect
from tests.dialects.earlier import EARLIER, is_spoken
from tests.dialects.exchange import Exchange, opened
from tests.dialects.names import NAMES

SPOKEN = list(EARLIER) if is_spoken() else [name for name in NAMES if dialect(name).ccxt_id is not None]


@pytest.fixture(params=SPOKEN)
def exchange(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    """Every dialect in turn that ccxt can speak."""
    with opened(request.param) as world:
        yield world
