"""What `harness describe` tells a developer at the end: how far an order got, what to write, and where."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console

from harness.commands.describe import ROUTE, _ask, _connector, _table, _tell_rehearsal
from harness.describing import describe
from harness.describing.assembling import Assembled
from harness.describing.describe import digest, unread
from harness.describing.documents.asked import Asked
from harness.describing.documents.placed import Placed
from harness.describing.fork_tests.kit import Harvest
from harness.describing.gathered import Sources
from harness.describing.review_lines import OPEN_FACT, Question, line
from harness.describing.signing.signatures import explain
from harness.errors import UserError
from harness.forks.submission import AddedConnector, Submission
from harness.forks.tree import Tree
from harness.scenarios.rehearsal import STEPS, Rehearsal

FILE = Path("descriptions/acme.yml")


def _told(tell: object, *arguments: object) -> str:
    console = Console(record=True, width=200)
    tell(console, *arguments)  # type: ignore[operator]
    return console.export_text()


def test_a_life_that_was_lived_is_said_in_one_sentence() -> None:
    told = _told(_tell_rehearsal, Rehearsal(reached=STEPS), FILE)
    assert told == "Orders were placed, filled and cancelled there.\n"


def test_where_it_stops_is_said_with_the_line_for_each_route_that_is_missing() -> None:
    found = Rehearsal(
        reached=("ready",),
        trouble=("it logged: KeyError: 'fills'",),
        unanswered=("GET /v1/fills", "WebSocket ws.acme.com/user/v1"),
    )
    told = _told(_tell_rehearsal, found, FILE)
    assert "No order has completed its life cycle there: no order was created (reached: ready)." in told
    assert "it logged: KeyError: 'fills'" in told
    assert "The connector requested GET /v1/fills, which the description lacks." in told
    assert '- {at: "routes / GET /v1/fills", is: {"operation": "…"' in told
    assert (
        '- {at: "connections / stream", is: {"host": "ws.acme.com", "path": "/user/v1", "subscribe"' in told
    )
    assert "descriptions/acme.review.yml" in told


def test_questions_come_with_their_lines_the_facts_and_where_ccxt_may_help() -> None:
    asked = (Question(45, "What is it?", (line(("routes", "GET /v1/fills", "reply", "x"), OPEN_FACT),)),)
    told = _told(_ask, asked, None, "coinbase_advanced_trade", FILE)
    assert "ccxt has no exchange named coinbase_advanced_trade (similar: coinbase)" in told
    assert "1. What is it?" in told
    assert "fill: amount, at, client_order_id" in told
    assert "ccxt has no" not in _told(_ask, asked, "coinbase", "coinbase", FILE)


def test_paths_stand_in_one_line_of_a_narrow_terminal() -> None:
    path = "GET /api/v3/brokerage/orders/filled"[:ROUTE]
    part = Placed("order_trades", path, ("routes", path))
    sources = Sources("acme", "spot", Harvest(), (), Asked({}), explain([], {}))
    console = Console(record=True, width=80)
    console.print(_table(Assembled({}, (part,), (), (), sources)))
    assert path in console.export_text()


@pytest.mark.parametrize(
    ("names", "wanted", "said", "hint"),
    [
        ((), None, "it adds or changes no connector", "give the fork that adds it"),
        (("acme",), "acne", "it adds or changes no connector 'acne'", "choose one with --connector: acme"),
        (("acme", "zeta"), None, "2 connectors match", "choose one with --connector: acme, zeta"),
    ],
)
def test_a_connector_that_is_not_clear_is_asked_for(
    names: tuple[str, ...], wanted: str | None, said: str, hint: str
) -> None:
    added = tuple(AddedConnector(name, "exchange", f"exchange/{name}", True) for name in names)
    submission = cast("Submission", SimpleNamespace(connectors=added, repository="here"))
    with pytest.raises(UserError) as refused:
        _connector(submission, wanted)
    assert str(refused.value) == f"here: {said}\n→ {hint}"


def test_a_library_that_is_added_is_something_new() -> None:
    def made_of(environment: str) -> str:
        texts = {"setup/environment.yml": environment}
        tree = SimpleNamespace(text=texts.get, under=lambda _: (), entry=lambda _: None)
        return digest(cast("Tree", tree), AddedConnector("acme", "exchange", "exchange/acme", True), None)

    assert made_of("dependencies:\n  - numpy\n") != made_of("dependencies:\n  - numpy\n  - acme-sdk\n")


def test_other_code_of_ours_wherever_it_lies_is_something_new(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert Path(inspect.getfile(describe)).parent == describe.OWN_CODE
    monkeypatch.setattr(describe, "OWN_CODE", tmp_path)
    tree = SimpleNamespace(text=lambda _: None, under=lambda _: (), entry=lambda _: None)

    def made_of(code: str) -> str:
        (tmp_path / "routes").mkdir(exist_ok=True)
        (tmp_path / "routes/apart.py").write_text(code)
        return digest(cast("Tree", tree), AddedConnector("acme", "exchange", "exchange/acme", True), None)

    assert made_of("ONE = 1\n") != made_of("ONE = 2\n")


def test_modules_that_cannot_be_read_are_named() -> None:
    texts = {"acme/auth.py": "def sign(:\n", "acme/web.py": "URL = 1\n", "acme/notes.md": "def sign(:"}
    entry = SimpleNamespace(regular=True, size=10)
    tree = SimpleNamespace(text=texts.get, under=lambda _: tuple(texts), entry=lambda _: entry)
    found = unread(cast("Tree", tree), AddedConnector("acme", "exchange", "acme", True))
    assert list(found) == ["acme/auth.py"]
    assert found["acme/auth.py"].startswith("line 1: ")
