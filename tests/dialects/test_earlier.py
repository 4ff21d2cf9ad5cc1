"""An earlier ccxt agrees with the dialects of exchanges that today's has dropped."""

from __future__ import annotations

import pytest

from harness.venue.dialects import dialect
from tests.dialects.earlier import EARLIER, run


@pytest.mark.full
def test_the_earlier_ccxt_reads_them() -> None:
    assert run("-x") == 0


@pytest.mark.parametrize("name", list(EARLIER))
def test_connectors_of_that_year_speak_them(name: str) -> None:
    assert (dialect(name).framework, dialect(name).ccxt_id) == ("v0", None)
