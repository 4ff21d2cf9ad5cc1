"""`harness trace` as a person types it, on traces made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import UserError
from harness.scenarios.trace.model import Asked, Entry, Header
from harness.scenarios.trace.store import FOLDER, name_of, packed, write
from tests.scenarios.trace.sample import ENTRIES, HEADER


def trace(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["trace", *map(str, arguments)])


def keep(folder: Path, header: Header = HEADER, entries: tuple[Entry, ...] = ENTRIES) -> Path:
    path = folder / FOLDER / name_of(header)
    write(path, packed(header, entries))
    return path


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    return tmp_path / "round" / "acme"


def test_a_candidate_and_a_round_list_what_was_kept(candidate: Path) -> None:
    first = keep(candidate)
    calm = keep(candidate, HEADER.model_copy(update={"pace": 6.0, "trial": "other seed"}))
    other = keep(candidate.parent / "zeta", HEADER.model_copy(update={"connector": "kraken"}))
    of_one = trace("list", candidate).stdout
    assert str(first) in of_one
    assert str(calm) in of_one
    assert str(other) not in of_one
    (row,) = [line.split() for line in of_one.splitlines() if str(calm) in line]
    assert row[:6] == ["binance", "trade", "6×", "other", "seed", "1"]
    of_all = trace("list", candidate.parent).stdout
    assert {str(each) in of_all for each in (first, calm, other)} == {True}


def test_the_time_line_is_shown_with_market_data_on_demand(candidate: Path) -> None:
    path = keep(candidate)
    shown = trace("show", path).stdout
    assert "scenario: trade\n" in shown
    assert "commit: c0ffee\n" in shown
    assert "    +0.500  asked        buy: pair BTC-USDT, amount 0.02\n" in shown
    more = trace("show", path, "--market-data").stdout
    assert len(more.splitlines()) == len(shown.splitlines()) + 1


def test_the_wire_is_written_as_har(candidate: Path, tmp_path: Path) -> None:
    target = tmp_path / "wire.har"
    said = trace("har", keep(candidate), "--output", target)
    assert said.stdout == f"Wrote {target}\n"
    log = json.loads(target.read_text())["log"]
    assert log["version"] == "1.2"
    assert [entry["request"]["method"] for entry in log["entries"]] == ["POST", "GET"]


def test_without_a_name_the_har_is_written_here(
    candidate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert trace("har", keep(candidate)).stdout == "Wrote trade-12-first.har\n"
    assert (tmp_path / "trade-12-first.har").is_file()


def test_traces_that_differ_end_with_1(candidate: Path) -> None:
    first = keep(candidate)
    same = keep(candidate, HEADER.model_copy(update={"pace": 6.0}))
    assert (trace("diff", first, same).exit_code, trace("diff", first, same).stdout) == (0, "")
    other = keep(candidate, HEADER.model_copy(update={"trial": "again"}), (*ENTRIES, Asked(9.0, "sell", {})))
    said = trace("diff", first, other)
    assert said.exit_code == 1
    assert "+asked sell" in said.stdout.splitlines()


def test_what_cannot_be_shown_is_named(candidate: Path) -> None:
    candidate.mkdir(parents=True)
    assert "no trace is stored here" in str(trace("list", candidate).exception)
    other = keep(candidate, HEADER.model_copy(update={"scenario": "restart"}))
    assert "one is of “trade" in str(trace("diff", keep(candidate), other).exception)
    missing = candidate / FOLDER / "missing.ndjson.zst"
    refused = trace("show", missing).exception
    assert isinstance(refused, UserError)
    assert str(refused).splitlines() == [
        f"{missing}: it cannot be read: No such file or directory",
        "→ `harness trace list FOLDER` lists a report's traces",
    ]
    missing.write_bytes(zstandard.compress(b"{}\n"))
    said = str(trace("show", missing).exception)
    assert "this is not a trace: scenario: Field required" in said
    assert "pydantic" not in said
