"""Traces that a test made up, in place of those that scenarios leave."""

from __future__ import annotations

from typing import Any

from harness.checking import Undetermined
from harness.checking.attribution import Trial
from harness.checking.policy import Try
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import End, Ended, Header, Trace

PACE = 12.0
FIRST = Try(Trial.FIRST, PACE)


def trace_of(name: str, ended: Ended) -> Trace:
    header = Header(scenario=name, connector="one", dialect="binance", seed=1, pace=PACE, trial="first")
    return Trace(header, (ended,))


class Source:
    """No scenario was for this connector, but those that `ends` names; `asked` is what was wanted."""

    control = None
    unconfirmed: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - a protocol's attribute

    def __init__(
        self,
        ends: dict[str, Ended] | None = None,
        others: tuple[Trace, ...] = (),
        *,
        calmly: dict[str, Ended] | None = None,
        lacks: tuple[str, ...] = (),
    ) -> None:
        self._ends = ends or {}
        self._calmly = {**self._ends, **(calmly or {})}
        self._others = others
        self._lacks = lacks
        self._tries: list[tuple[str, float]] = []

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self._tries]

    def paces(self, scenario: Scenario[Any]) -> list[float]:
        """The paces at which it was asked for."""
        return [pace for name, pace in self._tries if name == scenario.name]

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        if scenario.name in self._lacks:
            raise Undetermined("Not decided: there is no such trace.", ())
        self._tries.append((scenario.name, attempt.pace))
        return self._made(scenario.name, attempt.pace)

    def _made(self, name: str, pace: float = PACE) -> Trace:
        ends = self._ends if pace == PACE else self._calmly
        return trace_of(name, ends.get(name, Ended(0.0, End.NOT_APPLICABLE, "not for this kind")))

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        raise AssertionError("nothing is tried elsewhere")

    def played(self) -> tuple[Trace, ...]:
        return (*map(self._made, dict.fromkeys(self.asked)), *self._others)
