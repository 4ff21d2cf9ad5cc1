"""Marks a test as an attack, so that `docs/security.md` can list it with what stands against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True)
class Attack:
    """One line each: what the fork tries, and what it runs into."""

    tries: str
    meets: str


def attack(tries: str, *, meets: str) -> Callable[[Test], Test]:
    """The test, marked. One that takes the `backend` fixture runs on every sandbox backend there is."""

    def mark(test: Test) -> Test:
        test.__dict__["attack"] = Attack(tries, meets)
        return test

    return mark
