from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from harness.commands import check
from harness.errors import OurFailure
from harness.rounds.round import Candidate, Exchange


@pytest.mark.parametrize("ended", [OurFailure("the checks took longer than 1800 s"), KeyboardInterrupt()])
def test_what_ends_a_screening_early_is_told_after_what_was_decided(
    ended: BaseException, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A failure of ours is written down, so that what is missing counts as ours; who interrupts knows it."""
    written: list[Exception] = []

    def broken(*_: object) -> None:
        raise ended

    monkeypatch.setattr(check, "screen_submission", broken)
    monkeypatch.setattr(check, "write_down_failure", lambda *given: written.append(given[3]))
    nothing = cast(Any, None)
    assert check._screen(nothing, nothing, nothing, tmp_path, lambda _: None) is ended
    assert written == ([ended] if isinstance(ended, OurFailure) else [])


def test_the_command_names_ccxts_exchange_where_it_says_one() -> None:
    row = Candidate(
        name="acme",
        repository="https://github.com/acme/hummingbot",
        ref="main",
        connectors=("acme",),
        kind="exchange",
        exchange=Exchange(hosts=(), ccxt="kraken"),
    )
    assert check._read_by(row, "acme@1.2.3").exchange.ccxt == "acme@1.2.3"
    assert check._read_by(row, None) == row
