"""The good specimens: merged connectors, untouched, are accused of nothing but what they really do wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from checks.conformance import test_build, test_order_life, test_orders, test_perpetual
from harness.checking import Failed, NotApplicable, Undetermined, witnessed
from harness.checking.runner import EVERY, EVIDENCE, TRACES, parameters_of
from harness.outcome import Severity
from harness.scenarios.catalogue import SCENARIOS
from tests.dialects.names import NAMES
from tests.zoo.accuracy import Noted
from tests.zoo.asked import CHECKS, asked_of, severity_of
from tests.zoo.defect import EXCHANGE, defect
from tests.zoo.defects import DEFECTS
from tests.zoo.keeping import Specimen, Zoo, given_to
from tests.zoo.planting import behaving, rewritten
from tests.zoo.real_defects import REAL_DEFECTS, UNDECIDED

BY_DEFAULT = "binance"  # gets all checks, and a perpetual those of positions; the others: `make test-all`
PERPETUAL_BY_DEFAULT = "binance_perpetual"
MENDED = defect(
    "asks-after-a-lost-reply",
    test_order_life.test_no_orphan_after_a_lost_reply,
    "",
    behaving(
        EXCHANGE,
        "BinanceExchange",
        """
        async def _place_order(self, order_id, trading_pair, *args, **kwargs):
            import aiohttp

            try:
                return await super()._place_order(order_id, trading_pair, *args, **kwargs)
            except aiohttp.ClientError:
                found = await self._request_order_status(self._order_tracker.fetch_tracked_order(order_id))
                return found.exchange_order_id, found.update_timestamp
        """,
    ),
)


def _renamed(source: str) -> str:
    return source.replace("hyperliquid_address", "hyperliquid_api_key")


RENAMED = defect(
    "its-address-is-called-a-key",
    test_orders.test_limit_orders_arrive_as_asked,
    "",
    *(
        rewritten(f"hyperliquid_{module}.py", _renamed)
        for module in ("utils", "exchange", "api_user_stream_data_source")
    ),
    connector="hyperliquid",
)


def by_default(name: str, check: Callable[..., None]) -> bool:
    """Whether every run looks at it."""
    positions = check.__module__ == test_perpetual.__name__
    return name == BY_DEFAULT or (name == PERPETUAL_BY_DEFAULT and positions)


@pytest.fixture(scope="module")
def merged(request: pytest.FixtureRequest, zoo: Zoo) -> Iterator[Specimen]:
    with zoo.good(request.param) as specimen:
        yield specimen


@pytest.mark.parametrize(
    ("merged", "check"),
    [
        pytest.param(
            name,
            check,
            id=f"{name}-{check.__name__.removeprefix('test_')}",
            marks=[] if by_default(name, check) else pytest.mark.full,
        )
        for name in NAMES
        for check in asked_of(name)
    ],
    indirect=["merged"],
    scope="module",  # else each test of a connector gets a specimen of its own, and plays all scenarios again
)
def test_a_merged_connector_passes(
    merged: Specimen, check: Callable[..., None], record_property: Callable[[str, object], None]
) -> None:
    wrong = REAL_DEFECTS.get((merged.name, check))
    Noted(merged.name, check.__name__, real=wrong is not None).on(record_property)
    if wrong is None:
        try:
            merged.check(check)
        except NotApplicable:
            pytest.skip("not applicable")
        except Undetermined:
            if (merged.name, check) not in UNDECIDED:
                raise
            pytest.skip(f"nothing to look at: {UNDECIDED[merged.name, check]}")
        assert witnessed(merged.attached) or severity_of(check) is not Severity.BLOCKER, (
            "a blocker was passed on claims alone"
        )
        return
    with pytest.raises(Failed, match=wrong.finding):
        merged.check(check)


def test_a_connector_that_asks_after_a_lost_reply_passes(zoo: Zoo) -> None:
    """No merged connector does, so the good specimen is made of a bad one."""
    with zoo.bad(MENDED) as specimen:
        specimen.check(MENDED.check)


def test_a_connector_with_other_names_for_its_keys_passes(zoo: Zoo) -> None:
    """What today's merged connector calls its fields decides nothing: those of 2025 called them otherwise."""
    with zoo.bad(RENAMED) as specimen:
        specimen.check(test_build.test_it_constructs)
        specimen.check(RENAMED.check)


def test_every_check_is_given_what_it_asks_for() -> None:
    given = {*given_to(BY_DEFAULT, None, None), *SCENARIOS, TRACES, EVERY, EVIDENCE}
    lacking = {
        (check.__name__, name) for check in CHECKS for name in parameters_of(check) if name not in given
    }
    assert lacking == set()


def test_every_check_has_a_bad_specimen() -> None:
    seen = {defect.check for defect in DEFECTS} | {check for _, check in REAL_DEFECTS}
    # Their bad specimens have no connector: test_bad.py.
    seen |= {test_build.test_it_builds, test_build.test_it_builds_without_warnings}
    assert {check.__name__ for check in CHECKS if check not in seen} == set()


def test_every_defect_has_a_name_of_its_own() -> None:
    names = [defect.name for defect in DEFECTS]
    assert sorted(set(names)) == sorted(names)
