"""The candidates whose exchanges are known by descriptions alone."""

from __future__ import annotations

import pytest

from demo.forks import BITSTAMP, KUCOIN_PERPETUAL
from demo.release import Connector
from harness.checking.confirmed import unconfirmed_of
from harness.outcome import Severity
from harness.requirement import Catalogue
from harness.venue.described import shipped_dialects


@pytest.mark.parametrize("connector", [BITSTAMP, KUCOIN_PERPETUAL])
def test_no_blocker_leans_on_what_the_fork_alone_says(connector: Connector) -> None:
    catalogue = Catalogue.load()
    leaning = unconfirmed_of(shipped_dialects()[connector.name], catalogue)
    profile = "v2-perpetual" if connector.kind == "derivative" else "v2-spot"

    assert {
        slug: fields
        for slug, fields in leaning.items()
        if catalogue[slug].severity is Severity.BLOCKER and profile in catalogue[slug].profiles
    } == {}
