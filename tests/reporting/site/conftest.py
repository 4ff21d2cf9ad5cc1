"""A site of two rounds: the sample round, and an earlier one with one of its connectors and a result."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.commands.publish import publish
from harness.grading import Verdict
from harness.outcome import Status
from harness.reporting.json import render
from harness.reporting.model import Counted, Result
from harness.reporting.publish import RESULT, publish_round
from tests.reporting.parts import all_passed, catalogue, one_candidate, outcome
from tests.reporting.sample import write_round

BASE = "https://votes.example/hummingbot"


def write_reports(folder: Path) -> Path:
    publish_round(write_round(folder / "2026-11"), catalogue=catalogue())
    earlier = folder / "2026-10"
    waiver = '[{requirement: builds, reason: "in review", granted_by: A. Maintainer, until: "2027-01-31"}]'
    one_candidate(
        earlier,
        "binance",
        all_passed(builds=outcome("builds", Status.FAILED, "It did not build.")),
        waivers=waiver,
    )
    text = (earlier / "round.yml").read_text()
    for before, after in (("2026-11", "2026-10"), ("November", "October"), ("2026-12-02", "2026-11-01")):
        text = text.replace(before, after)
    (earlier / "round.yml").write_text(text)
    counted = Counted(name="binance", votes=3, verdict=Verdict.ELIGIBLE, page="binance/index.html")
    result = Result(
        round="2026-10",
        rule="plurality",
        source="votes.yml",
        votes=3,
        candidates=(counted,),
        winners=("binance",),
        tie=False,
    )
    (earlier / RESULT).write_text(render(result))
    publish_round(earlier, catalogue=catalogue())
    return folder


def publish_site(reports: Path, site: Path, base: str = BASE) -> str:
    out = io.StringIO()
    publish(reports, site, base, Console(file=out, width=200))
    return out.getvalue()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    publish_site(write_reports(folder / "reports"), folder / "public")
    return folder / "public"
