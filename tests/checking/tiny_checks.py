"""A folder of tiny checks, and the pytest run of a screening over it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.checking.plan import Plan
from harness.outcome import Outcome, OutcomeLog

HEADER = {"commit": "c" * 40}


CHECKS = """
from harness.checking import expect, fail, measured, not_applicable, requirement, undetermined
from harness.driving.rpc_client import ConnectorError

@requirement("builds")
def test_passes(evidence):
    evidence(measured("seen"))

@requirement("files-parse")
def test_fails():
    fail("It does not parse.", measured("line 3"))

@requirement("usage-page-present")
def test_undetermined():
    undetermined("Nobody knows.")

@requirement("merges-cleanly")
def test_not_applicable():
    not_applicable("Nothing to merge.")

@requirement("no-stray-files")
def test_breaks():
    raise KeyError("ours")

@requirement("adds-a-connector")
def test_connector_breaks_off():
    raise ConnectorError("Traceback\\nValueError: theirs")

@requirement("config-templates-present")
def test_of_another_generation():
    fail("Not asked of this one.")

@requirement("naming-follows-convention")
def test_takes_a_name(connector_name):
    expect(connector_name == "good", f"{connector_name} is no name.")
"""


PLAYERS = """
import pytest
from harness.checking import expect, fail, measured, requirement, seen_in_ledger, undetermined
from harness.scenarios.catalogue import TRADING
from harness.scenarios.trace.model import Header, Trace

class Players:
    control = "kucoin"
    unconfirmed = {}
    def begin_elsewhere(self, scenario, attempt):
        pass
    def trace(self, scenario, attempt):
        header = Header(scenario=scenario.name, connector="good", dialect="binance", seed=1,
                        pace=attempt.pace, trial=attempt.trial.value)
        return Trace(header, ())
    def played(self):
        return ()

@pytest.fixture(scope="session")
def players():
    return Players()
"""


class World:
    """A folder of checks and the screening that runs them."""

    def __init__(self, folder: Path) -> None:
        self.checks = folder / "checks"
        self.checks.mkdir()
        self.log = OutcomeLog(folder / "outcomes.jsonl")
        self.plan = folder / "plan.json"
        self.folder = folder

    def run(
        self,
        checks: str = CHECKS,
        name: str = "test_tiny.py",
        scale: float = 10.0,
        connectors: tuple[str, ...] = ("good",),
    ) -> str:
        target = self.checks / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(checks)
        plan = Plan(
            round_file=self.folder / "round.yml",
            candidate="good",
            connectors=connectors,
            profile="v2-spot",
            submission_file=self.folder / "submission.json",
            outcomes_file=self.log.path,
            store=self.folder / "store",
            scale=scale,
            header=dict(HEADER),
        )
        self.plan.write_text(plan.model_dump_json())
        done = subprocess.run(
            [sys.executable, "-m", "pytest", str(self.checks), "-p", "harness.checking.pytest_plugin",
             "--plan", str(self.plan), "-c", os.devnull, "--rootdir", str(self.checks),
             "--import-mode=importlib", "-p", "no:cacheprovider", "-q"],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def outcomes(self) -> dict[str, Outcome]:
        return {outcome.requirement: outcome for outcome in self.log.outcomes()}
