from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app


def test_who_stops_a_run_is_told_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.commands.run.run_round", stopped)
    said = CliRunner().invoke(app, ["run"])
    assert said.exit_code == 130
    assert said.output == "Stopped. The same command goes on from there: what was finished is kept.\n"
