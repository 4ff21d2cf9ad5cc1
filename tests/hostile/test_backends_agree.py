"""The demo round has the same outcomes whatever it is screened in, requirement by requirement."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo.prepare import prepare
from harness.paths import cache_dir
from harness.sandbox.choosing import BACKENDS
from tests.hostile.household import Household, household
from tests.sandbox.fixtures import checked

# One of each kind: two good connectors, one with planted defects, one that is no more than a skeleton.
SCREENED = ("binance", "kucoin", "binance-defects", "skeleton")
PATIENCE = 2400  # seconds, on a machine that screens other rounds too


@pytest.fixture
def backends() -> tuple[str, ...]:
    """All of them; where one is missing there is nothing to compare."""
    for name in BACKENDS:
        if reason := checked(name)[1]:
            pytest.skip(f"{name}: {reason}")
    return tuple(BACKENDS)


@pytest.mark.full
def test_every_backend_finds_the_same(backends: tuple[str, ...], tmp_path: Path) -> None:
    round_file = prepare(cache_dir())
    with household() as home:
        found = {name: screened(home, round_file, name, tmp_path) for name in backends}
    first, *others = found.values()
    assert len(first) > 80 * (len(SCREENED) - 1)
    for other in others:
        differing = {key: (first.get(key), other.get(key)) for key in first | other}
        assert {key: pair for key, pair in differing.items() if pair[0] != pair[1]} == {}


def screened(home: Household, round_file: Path, backend: str, folder: Path) -> dict[tuple[str, str], str]:
    """(candidate, requirement) → how it ended, in that sandbox."""
    reports = folder / backend
    only = (word for name in SCREENED for word in ("--only", name))
    command = ("run", str(round_file), "--sandbox", backend, "--reports", str(reports), *only)
    code = home.start(*command, folder=folder).wait(PATIENCE)
    assert code == 0, (folder / "said").read_text()
    found = {}
    for name in SCREENED:
        report = json.loads((reports / "demo" / name / "report.json").read_text())
        assert report["environment"]["backend"] == backend
        for item in report["outcomes"]:
            found[name, item["requirement"]] = item["status"]
    return found
