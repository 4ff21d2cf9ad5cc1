"""The round of August 2020 with the forks that were really submitted, where their mirrors are given.

`HARNESS_MIRRORS="URL=DIR …" pytest -m real_forks`; which addresses: `rounds/2020-08.yml`, `docs/voting.md`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.forks.mirrors import mirrors_of_environment
from harness.rounds.reading import load_round
from harness.rounds.round import GitUpstream

FILE = Path(__file__).resolve().parents[2] / "rounds" / "2020-08.yml"
SUBMITTED = ("loopring", "beaxy")
# What neither fork can have without having been built, made, connected and let trade.
LIVED = ("builds", "imports-and-constructs", "signs-requests", "limit-buy-and-sell")

pytestmark = pytest.mark.real_forks


@pytest.fixture(scope="module")
def mirrored() -> None:
    round_ = load_round(FILE)
    assert isinstance(round_.upstream, GitUpstream)
    wanted = [round_.upstream.git, *(each.repository for each in round_.candidates if each.repository)]
    missing = [url for url in wanted if mirrors_of_environment().source(url).mirror is None]
    if missing:
        pytest.skip(f"no mirror is given of {', '.join(missing)}")


def screened(folder: Path, sandbox: str) -> dict[str, Any]:
    """Each candidate's report, of a round run anew."""
    command = ["harness", "run", str(FILE), "--reports", str(folder), "--sandbox", sandbox, "--again"]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    names = (*SUBMITTED, "bitpanda")
    return {name: json.loads((folder / "2020-08" / name / "report.json").read_text()) for name in names}


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {item["requirement"]: item["status"] for item in report["outcomes"]}


@pytest.fixture(scope="module")
def reports(mirrored: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return screened(tmp_path_factory.mktemp("first-vote"), "bubblewrap")


@pytest.mark.parametrize("name", SUBMITTED)
def test_a_fork_of_2020_is_built_and_trades(reports: dict[str, Any], name: str) -> None:
    found = outcomes(reports[name])
    assert {slug: found[slug] for slug in LIVED} == dict.fromkeys(LIVED, "passed")
    assert "harness_error" not in found.values()


def test_a_candidate_without_a_repository_is_undetermined(reports: dict[str, Any]) -> None:
    assert reports["bitpanda"]["verdict"] == "undetermined"


def test_another_sandbox_finds_the_same(reports: dict[str, Any], tmp_path: Path) -> None:
    again = screened(tmp_path, "docker")
    for name, report in again.items():
        one, other = outcomes(reports[name]), outcomes(report)
        differing = {slug: (one.get(slug), other.get(slug)) for slug in one | other}
        assert not {slug: both for slug, both in differing.items() if both[0] != both[1]}, name
