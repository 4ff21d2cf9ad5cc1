"""`harness record` as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import UserError
from tests.recordings.far import bitstamp, served, way

RUN = CliRunner()


def test_nothing_is_sent_without_being_asked_to(tmp_path: Path) -> None:
    asked = RUN.invoke(app, ["record", "bitstamp", "--to", str(tmp_path / "one.zst")])
    assert isinstance(asked.exception, UserError)
    assert "nothing was sent" in str(asked.exception)
    assert "www.bitstamp.net, ws.bitstamp.net (ports 443); nowhere else" in plain(asked.output)
    assert not (tmp_path / "one.zst").exists()


def test_what_cannot_be_signed_over_stays_here_and_is_said(tmp_path: Path) -> None:
    asked = RUN.invoke(app, ["record", "binance", "--keys", str(tmp_path / "keys.yml")])
    assert "public data alone are recorded: binance is a dialect in Python" in plain(asked.output)
    assert "nothing was sent" in str(asked.exception)


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.xdist_group("ccxt")
def test_ccxt_is_recorded_and_read(tmp_path: Path) -> None:
    file = tmp_path / "one.recording.ndjson.zst"
    with served(bitstamp()) as venue:
        there = way(venue)
        command = ["record", "bitstamp", "--live", "--seconds", "5", "--to", str(file)]
        done = RUN.invoke(app, [*command, "--proxy", str(there.proxy), "--ca", str(there.ca)])
    assert done.exception is None, done.output
    assert "No keys: private requests stay here." in done.output
    assert "and contradicts 0" in done.output
    assert file.exists()
