from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.venue.dialects import dialect
from tests.dialects.exchange import Exchange, opened
from tests.dialects.names import NAMES


@pytest.fixture(params=[name for name in NAMES if dialect(name).ccxt_id is not None])
def exchange(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    """Every dialect in turn that ccxt can speak."""
    with opened(request.param) as world:
        yield world
