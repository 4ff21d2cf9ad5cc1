"""A good connector spoilt one way, and what the check meant for it must say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from checks.static import test_submission
from tests.checks.static.specimens import World, today


@dataclass(frozen=True)
class Bad:
    """A spoilt connector; `where` must be among the places that the finding names."""

    what: str
    check: Callable[..., None]
    world: World
    where: str | None = None
    says: str = ""
    status: str = "failed"


def line_of(world: World, path: str, text: str) -> str:
    lines = world.files[path].split("\n")
    return f"{path}:{next(number for number, line in enumerate(lines, 1) if text in line)}"


def spoilt(what: str, check: Callable[..., None], path: str, text: str, mark: str, says: str = "") -> Bad:
    """`text` is appended to a file of the connector; the finding must point at the line with `mark`."""
    world = today().appending(path, text)
    return Bad(what, check, world, line_of(world, path, mark), says)


def extra(**fields: object) -> World:
    return replace(today(), extra=fields)


def assert_found(bad: Bad) -> None:
    result = bad.world.run(bad.check)
    assert (result.status, result.summary) == (bad.status, result.summary), bad.what
    assert bad.says in result.summary
    if bad.where is not None:
        assert bad.where in result.places
    if bad.status == "failed" and bad.check.__module__ != test_submission.__name__:
        assert result.evidence


def named(bad: Bad) -> str:
    return f"{bad.check.__name__}: {bad.what}"
