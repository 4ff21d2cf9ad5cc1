"""A candidate's folder as a screening leaves it, with traces made by hand."""

from __future__ import annotations

from pathlib import Path

from harness.driving.claims import PairView
from harness.forks.submission import Submission
from harness.outcome import OutcomeLog
from harness.scenarios.catalogue import LISTING
from harness.scenarios.played.market_data import Listing
from harness.scenarios.trace.model import Began, End, Ended, Entry, Header
from harness.scenarios.trace.store import FOLDER, name_of, packed, write
from harness.scenarios.trace.view import noted
from harness.screenings.store import OUTCOMES, SUBMISSION
from tests.reporting.parts import submission
from tests.scenarios.trace.sample import MARKET
from tests.zoo.keeping import candidate

ABOUT = Header(scenario="", connector="binance", dialect="binance", seed=1, pace=12.0, trial="first")
PAIR = "trading-pairs-listed"  # a requirement whose check needs no more than `listing`


def listing(*pairs: str) -> list[Entry]:
    """What a connector that lists these pairs of an exchange with one market leaves."""
    views = tuple(PairView(pair=pair, symbol="BTCUSDT", back=pair) for pair in pairs)
    notes = Listing(0, views, {"BTC-USDT": "BTCUSDT"}, None)
    return [Began(0.0, 0, "BTC-USDT", MARKET), noted(notes, 1.0), Ended(1.0, End.FINISHED)]


class Screened:
    """A candidate's folder with the traces that are put into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.submission: Submission = submission(candidate("binance"))
        (folder / SUBMISSION).write_text(self.submission.to_json(), encoding="utf-8")
        self.log = OutcomeLog(folder / OUTCOMES)
        self.log.begin({"time_scale": 12.0})

    def keep(self, entries: list[Entry], scenario: str = LISTING.name, **changes: object) -> Path:
        header = ABOUT.model_copy(update={"scenario": scenario, **changes})
        path = self.folder / FOLDER / name_of(header)
        write(path, packed(header, entries))
        return path

    def everywhere(self, entries: list[Entry]) -> None:
        """The same, whoever plays it."""
        self.keep(entries)
        for trial in ("first", "other seed", "control"):
            self.keep(entries, trial=trial, pace=6.0)
