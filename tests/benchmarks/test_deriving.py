"""What the measurement of derived descriptions says: of made-up connectors, none of which is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks.deriving import Lived, connectors_of, entries_of, summary, table
from harness.errors import UserError
from harness.forks.tree import Tree
from harness.scenarios.rehearsal import NOT_TOLD, STEPS, Rehearsal

WHOLE = Rehearsal(reached=(*STEPS, *NOT_TOLD))
STARTED = Rehearsal(reached=("ready",))
FOUND = (
    Lived("acme", "exchange", WHOLE),
    Lived("bolt", "exchange", STARTED, 20, Rehearsal(reached=(*STEPS, "followed", "streamed", "looked up"))),
    Lived("crow", "exchange", STARTED, 21, WHOLE),
    Lived("dune", "exchange", entries=2, trouble="its sandbox ended"),
    Lived("acme_perpetual", "derivative", STARTED, 40, WHOLE),
)


def test_a_row_tells_what_was_reached_and_where_it_stops() -> None:
    assert table(FOUND).splitlines()[2:] == [
        "| acme | spot | a whole life |  |  |",
        "| bolt | spot | ready; no order was created | 20 | a whole life; not ended |",
        "| crow | spot | ready; no order was created | 21 | a whole life |",
        "| dune | spot | its sandbox ended | 2 | not played |",
        "| acme_perpetual | perpetual | ready; no order was created | 40 | a whole life |",
    ]


def test_the_goals_count_entries() -> None:
    spot, perpetual = summary(FOUND).splitlines()
    assert spot == (
        "spot: of 4 an order lives on 1 with nothing told by hand, and on 2 (50 %) with at most 20 entries; "
        "the goal is 90 %"
    )
    assert "on 1 (100 %) with at most 40 entries" in perpetual
    assert summary(FOUND[:1]).count("\n") == 1


class _Files:
    """A tree of a few files, each with its text."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def paths(self) -> tuple[str, ...]:
        return tuple(self._files)

    def under(self, folder: str) -> tuple[str, ...]:
        return tuple(path for path in self._files if path.startswith(f"{folder}/"))

    def entry(self, path: str) -> Any:
        return type("Entry", (), {"regular": True, "size": len(self._files[path])})

    def text(self, path: str) -> str:
        return self._files[path]


def test_connectors_are_those_whose_tests_use_the_kit_or_that_are_named() -> None:
    kit = "class T(AbstractExchangeConnectorTests.ExchangeConnectorTests): pass"
    files = {
        "setup.py": "",
        "hummingbot/connector/exchange/acme/acme_exchange.py": "",
        "test/hummingbot/connector/exchange/acme/test_acme_exchange.py": kit,
        "hummingbot/connector/exchange/bolt/bolt_exchange.py": "",
        "hummingbot/connector/exchange/bolt/other_exchange.py": "",
        "hummingbot/connector/derivative/acme_perpetual/acme_perpetual_derivative.py": "",
    }
    tree = cast("Tree", _Files(files))
    assert [each.name for each in connectors_of(tree, ())] == ["acme"]
    (named,) = connectors_of(tree, ["acme_perpetual"])
    assert (named.kind, named.path) == ("derivative", "hummingbot/connector/derivative/acme_perpetual")
    with pytest.raises(UserError, match="other"):
        list(connectors_of(tree, ["other"]))


def test_entries_of_a_review_are_counted(tmp_path: Path) -> None:
    (tmp_path / "acme.review.yml").write_text("- {at: quote, is: USDC, by: Ann, date: 2026-12-01}\n" * 3)
    assert (entries_of(tmp_path, "acme"), entries_of(tmp_path, "bolt")) == (3, 0)
