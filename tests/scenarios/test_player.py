"""A scenario is played once at each pace; what comes of it is read from its trace, which keeps no secret."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.driving.rpc_client import ConnectorError
from harness.errors import OurFailure
from harness.gateway.canaries import Canaries
from harness.gateway.entries import Exchange, Trouble
from harness.gateway.record import Record
from harness.scenarios.played import BrokeOffError, NothingToPlay, NotReady
from harness.scenarios.player import Player
from harness.scenarios.rig import Rigs
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Began, Header
from harness.scenarios.trace.store import unpacked
from harness.scenarios.trace.view import NotInTraceError, SeenExchange, View
from tests.scenarios.trace.sample import MARKET

SECRET = "Zk3v9QmT2xLw7RbY5nHs8dFcJ1gP6aUe"
ABOUT = Header(scenario="", connector="binance", dialect="binance", seed=1, pace=12.0, trial="first")
SENT = Exchange(
    1.0, "api.example.com", 443, True, "connector", "place_order", "POST", "/", f"k={SECRET}", number=0
)


@dataclass(frozen=True)
class Notes(View):
    rig_number: int
    sent: tuple[SeenExchange, ...]
    said: str


class Kept:
    """A player on rigs that see what they are told to; `files` is what it kept."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.rigs: Any = SimpleNamespace(
            seen=[], between=Record(), canaries=Canaries({"secret": SECRET}), guarded=frozenset({"secret"}),
            dialect=None, news_of_the_driver=lambda at: (), begin=lambda: self.rigs.seen.clear(),
        )  # fmt: skip
        self.player = Player(cast(Rigs, self.rigs), ABOUT, self._keep)

    def _keep(self, header: Header, contents: bytes) -> None:
        self.files[header.scenario] = contents

    def read(self, play: Any) -> Notes:
        scenario = Scenario("notes", play, Notes)
        return scenario.read(self.player.trace(scenario, 12.0))


def noting(rigs: Any, pace: float) -> Notes:
    rigs.seen += [Began(0.5, 0, "BTC-USDT", MARKET), SENT]
    return Notes(0, (SENT,), f"it said {SECRET}")


def test_a_scenario_is_played_once_at_each_pace() -> None:
    played: list[float] = []

    def count(rigs: Any, pace: float) -> Notes:
        played.append(pace)
        return noting(rigs, pace)

    kept, scenario = Kept(), Scenario("notes", count, Notes)
    for pace in (3.0, 1.0, 3.0):
        kept.player.trace(scenario, pace)
    assert played == [3.0, 1.0]


def test_notes_are_read_from_the_trace_and_hold_no_secret() -> None:
    kept = Kept()
    notes = kept.read(noting)
    assert notes.said == "it said ‹secret›"
    assert notes.sent == notes.part.wire.exchanges()
    assert notes.sent[0].raw_query == "k=‹secret›"
    trace = unpacked(kept.files["noting"])
    assert SECRET not in str(trace)
    assert Scenario("notes", noting, Notes).read(trace) == notes


def raising(error: Exception) -> Any:
    def play(rigs: Any, pace: float) -> Notes:
        raise error

    return play


@pytest.mark.parametrize(
    ("error", "raised", "words"),
    [
        (NotReady(("order book",)), NotReady, "never became ready .order book."),
        (ConnectorError("Traceback\nValueError: theirs"), BrokeOffError, "ValueError: theirs"),
        (NothingToPlay("no perpetuals"), NothingToPlay, "no perpetuals"),
        (KeyError("ours"), OurFailure, "KeyError: 'ours'"),
    ],
)
def test_what_ended_it_is_raised_when_it_is_read(
    error: Exception, raised: type[Exception], words: str
) -> None:
    kept = Kept()
    for _ in range(2):
        with pytest.raises(raised, match=words):
            kept.read(raising(error))


def test_a_failure_of_ours_is_not_the_connectors() -> None:
    def play(rigs: Any, pace: float) -> Notes:
        rigs.seen.append(Trouble(1.0, "GET /time", "ValueError: a bug of ours"))
        raise ConnectorError("it ended")

    kept = Kept()
    with pytest.raises(OurFailure, match="a bug of ours"):
        kept.read(play)
    with pytest.raises(BrokeOffError):
        Kept().read(raising(ConnectorError("it ended")))


def test_notes_of_another_kind_decide_nothing() -> None:
    kept, scenario = Kept(), Scenario("notes", noting, Notes)
    trace = kept.player.trace(scenario, 12.0)

    class Others(Notes):
        pass

    with pytest.raises(NotInTraceError, match="no notes of the kind Others"):
        Scenario("others", noting, Others).read(trace)  # type: ignore[arg-type]
