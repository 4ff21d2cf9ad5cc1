"""Disputes that were settled stay settled: what is true of a trace is what its check finds.

A false accusation, or a defect that was missed, is closed by a row in a file beside this one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.checking import slugs_of
from harness.checking.policy import Try
from harness.checking.runner import policy_for, run
from harness.outcome import Status
from harness.requirement import Catalogue
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Trace
from tests.adjudicated import traces

HERE = Path(__file__).parent


class Case(BaseModel):
    """`check` is `module.function` in checks/conformance, for a row whose `trace` traces.py makes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    repository: str = Field(pattern="^(https://|pypi:)")
    commit: str = Field(pattern="^([0-9a-f]{40}|[0-9]{8})$")
    requirement: str
    met: bool
    truth: str = Field(min_length=20)
    check: str | None = None
    trace: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Case:
        if (self.check is None) != (self.trace is None):
            raise ValueError("a trace needs its check, and a check its trace")
        return self

    @property
    def name(self) -> str:
        return f"{self.repository.rpartition('/')[2]}-{self.commit[:9]}-{self.requirement}"


CASES = [
    Case.model_validate(row)
    for path in sorted(HERE.glob("*.yml"))
    for row in yaml.safe_load(path.read_text(encoding="utf-8"))
]
OF_TRACES = [case for case in CASES if case.trace is not None]


class Seen:
    """The same trace, whoever plays it: only the fork's check is asked, not whose fault it is."""

    control: str | None = None
    unconfirmed: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        assert self._trace.header.scenario == scenario.name
        return self._trace

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        return

    def played(self) -> tuple[Trace, ...]:
        return (self._trace,)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_row_is_about_a_requirement(case: Case) -> None:
    assert case.requirement in Catalogue.load().by_id


def test_no_finding_is_decided_twice() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", OF_TRACES, ids=lambda case: case.name)
def test_what_was_settled_is_found(case: Case) -> None:
    assert case.check is not None
    assert case.trace is not None
    module, name = case.check.split(".")
    check: Callable[..., object] = getattr(importlib.import_module(f"checks.conformance.{module}"), name)
    assert case.requirement in slugs_of(check)
    policy = policy_for(check, 12.0, None, of_the_running=True)
    ending = run(check, policy, Seen(getattr(traces, case.trace)()), {})
    found = policy.believed(ending, Catalogue.load()[case.requirement].severity)
    assert found.status is (Status.PASSED if case.met else Status.FAILED), found.summary
