"""Books that moved while a connector started, and names of markets with small letters."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from checks.conformance.test_market_data import test_a_book_that_moves_at_the_start as moves
from checks.conformance.test_market_data import test_every_market_is_listed as listed
from checks.conformance.test_market_data import test_pairs_have_the_standard_form_both_ways as written
from harness.checking import Failed, Undetermined
from harness.driving.claims import PairView
from harness.scenarios.catalogue import LISTING, RESTARTED
from harness.scenarios.played.market_data import Listing
from harness.scenarios.played.moving import MovingStart
from harness.scenarios.played.restart import Restart
from tests.checks.conformance.seen import seen

GOOD, LATE = MovingStart(False, True, None), MovingStart(True, True, None)
LACKING = "asks: level 3 is 1 at 9 in the connector, 2 at 9 on the exchange"
PAIRS = {"ETH-USD": "ETH", "kPEPE-USD": "kPEPE"}


def started(*starts: MovingStart) -> Restart:
    return seen(Restart(0, starts=list(starts)), RESTARTED.name)


def test_a_book_with_every_change_passes() -> None:
    moves(started(GOOD, LATE))


@pytest.mark.parametrize(
    ("late", "words"), [(False, "whose messages came after it"), (True, "whose messages came before it")]
)
def test_a_book_that_lacks_a_change_is_found(late: bool, words: str) -> None:
    with pytest.raises(Failed, match=words):
        moves(started(GOOD, MovingStart(late, True, LACKING)))


def test_a_book_that_did_not_move_while_it_listened_decides_nothing() -> None:
    still = MovingStart(False, False, LACKING)
    with pytest.raises(Undetermined):
        moves(started(still))
    moves(started(still, LATE))


def listing(**pairs: tuple[str, str, str]) -> Listing:
    """Each a pair, its symbol, and what that is read back as."""
    return seen(
        Listing(
            0,
            tuple(PairView(pair=each[0], symbol=each[1], back=each[2]) for each in pairs.values()),
            PAIRS,
            None,
        ),
        LISTING.name,
    )


ETH = ("ETH-USD", "ETH", "ETH-USD")


@pytest.mark.parametrize("pepe", [("kPEPE-USD", "kPEPE", "kPEPE-USD"), ("KPEPE-USD", "kPEPE", "KPEPE-USD")])
def test_a_small_letter_may_be_written_in_capitals(pepe: tuple[str, str, str]) -> None:
    found = listing(eth=ETH, pepe=pepe)
    listed(found)
    written(found)


@pytest.mark.parametrize(
    ("pepe", "words"),
    [
        (("KPEPE-USD", "KPEPE", "KPEPE-USD"), "is kPEPE; the connector uses KPEPE"),
        (("kPepe-USD", "kPEPE", "kPepe-USD"), "kPepe-USD is not in the form"),
    ],
)
def test_a_symbol_in_capitals_is_another_one(pepe: tuple[str, str, str], words: str) -> None:
    with pytest.raises(Failed, match=words):
        written(listing(eth=ETH, pepe=pepe))


@pytest.mark.parametrize(("symbol", "wrong"), [("2", False), ("3", True)])
def test_a_market_may_be_named_by_its_number(symbol: str, *, wrong: bool) -> None:
    found = replace(listing(eth=ETH, pepe=("KPEPE-USD", symbol, "KPEPE-USD")), others={"kPEPE-USD": ("2",)})
    with pytest.raises(Failed) if wrong else nullcontext():
        written(found)


def test_a_market_that_is_missing_in_any_writing_is_found() -> None:
    with pytest.raises(Failed, match="does not list 1 of the 2 markets: KPEPE-USD"):
        listed(listing(eth=ETH))
