"""Which faults happen when: declared on operations, composable, seeded, for a span of time."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase

from harness.gateway.entries import Client
from harness.gateway.fault import Fault, Point, Traffic

ALWAYS = (-math.inf, math.inf)


class Rule:
    """A fault in the plan. `applied` counts how often it happened."""

    def __init__(
        self,
        plan: FaultPlan,
        fault: Fault,
        operation: str,
        *,
        times: int | None,
        after: int,
        match: Callable[[Traffic], bool] | None,
        host: str,
        client: Client | None,
        on: Point | None,
        chance: float,
        span: tuple[float, float],
    ) -> None:
        self._plan = plan
        self.fault = fault
        self.operation = operation
        self.applied = 0
        self._left = times
        self._skip = after
        self._match = match
        self._host = host
        self._client = client
        self._points = fault.points if on is None else fault.points & {on}
        self._chance = chance
        self._span = span

    def remove(self) -> None:
        self._plan.remove(self)

    @property
    def exhausted(self) -> bool:
        return self._left == 0

    def claims(self, traffic: Traffic) -> bool:
        """Whether it happens to this traffic; counts what passes. The plan's lock is held."""
        if self.exhausted or not self._fits(traffic):
            return False
        if self._skip > 0:
            self._skip -= 1
            return False
        if self._left is not None:
            self._left -= 1
        self.applied += 1
        return True

    def _fits(self, traffic: Traffic) -> bool:
        return (
            traffic.point in self._points
            and self._client in (None, traffic.client)
            and fnmatchcase(traffic.operation, self.operation)
            and fnmatchcase(traffic.host, self._host)
            and self._span[0] <= traffic.at < self._span[1]
            and (self._match is None or self._match(traffic))
            and (self._chance >= 1 or self._plan.random.random() < self._chance)
        )


class FaultPlan:
    """The faults in force. Thread-safe: a check adds and removes while the gateway takes.

    `seed` decides which traffic a fault with a chance below one happens to, in the order in which it passes.
    `now` is the clock of its history, in virtual Unix seconds.
    """

    def __init__(self, seed: int = 0, now: Callable[[], float] = time.time) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a repeatable schedule, not a secret
        self._lock = threading.Lock()
        self._rules: tuple[Rule, ...] = ()
        self._now = now
        self._begun: list[tuple[float, Rule]] = []
        self._ended: dict[Rule, float] = {}

    def add(
        self,
        fault: Fault,
        operation: str = "*",
        *,
        times: int | None = 1,
        after: int = 0,
        match: Callable[[Traffic], bool] | None = None,
        host: str = "*",
        client: Client | None = "connector",
        on: Point | None = None,
        chance: float = 1.0,
        span: tuple[float, float] = ALWAYS,
    ) -> Rule:
        """Let `fault` happen to `operation` (a pattern: `stream:*`) `times` times (None: until removed).

        The first `after` that fit pass unharmed. `match` sees the traffic under the plan's lock and must only
        look. `on` narrows a fault that can happen at several points to one. A handshake has no operation.
        `chance` is how likely it happens to each that fits; `span` the virtual times (Unix seconds, the end
        excluded) between which it can. Raises ValueError when the fault cannot happen there.
        """
        if on is not None and on not in fault.points:
            raise ValueError(f"{fault} cannot happen on a {on}")
        rule = Rule(
            self,
            fault,
            operation,
            times=times,
            after=after,
            match=match,
            host=host,
            client=client,
            on=on,
            chance=chance,
            span=span,
        )
        with self._lock:
            self._rules = (*self._rules, rule)
            self._begun.append((self._now(), rule))
        return rule

    @contextmanager
    def during(
        self, fault: Fault, operation: str = "*", *, host: str = "*", on: Point | None = None
    ) -> Iterator[Rule]:
        """The fault happens every time for as long as the block lasts."""
        rule = self.add(fault, operation, times=None, host=host, on=on)
        try:
            yield rule
        finally:
            rule.remove()

    def remove(self, rule: Rule) -> None:
        """Stop a rule; nothing when it is not in the plan."""
        with self._lock:
            self._rules = tuple(each for each in self._rules if each is not rule)
            self._ended.setdefault(rule, self._now())

    def clear(self) -> None:
        with self._lock:
            for rule in self._rules:
                self._ended.setdefault(rule, self._now())
            self._rules = ()

    def history(self) -> tuple[tuple[float, float | None, Rule], ...]:
        """Every rule there was, with the virtual times when it began and ended; None: it is in force."""
        with self._lock:
            return tuple((began, self._ended.get(rule), rule) for began, rule in self._begun)

    def rules(self) -> tuple[Rule, ...]:
        """Those that can still happen."""
        return tuple(rule for rule in self._rules if not rule.exhausted)

    @property
    def idle(self) -> bool:
        """No rule at all."""
        return not self._rules

    def take(self, traffic: Traffic) -> tuple[Fault, ...]:
        """The faults that happen to this traffic, and count as having happened."""
        if not self._rules:
            return ()
        taken: list[Fault] = []
        with self._lock:
            for rule in self._rules:
                if rule.claims(traffic):
                    taken.append(rule.fault)
                    if rule.fault.ends:
                        break
        return tuple(taken)
