"""A small, strict YAML reader that remembers on which line each value stands.

Every scalar stays text (so `1.10`, `no` and `20260922` mean what they look like) but a bare `null`, `~` or
nothing at all.
Anchors, aliases, tags, merge keys, duplicate keys and second documents are mistakes, not features.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from harness.text import one_line

SIZE_LIMIT = 1024 * 1024  # a thousand rows are a third of it
DEPTH_LIMIT = 12
NODE_LIMIT = 60_000
# The same events, several times as fast where libyaml is there.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NULLS = frozenset({"", "~", "null", "Null", "NULL"})

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """Something wrong at a line (from 1) of a file; `field` is a dotted path, `fix` what to do about it."""

    line: int
    field: str
    what: str
    fix: str

    def __str__(self) -> str:
        field = one_line(self.field, 120)
        return f"{self.line}: {field + ': ' if field else ''}{one_line(self.what)} — {one_line(self.fix)}"


@dataclass
class Located:
    """The plain data of a file, the line of each key or item, and what was wrong with its form."""

    data: object = None
    lines: dict[Location, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, location: Location) -> int:
        """The line of `location`, or of the nearest thing around it."""
        for length in range(len(location), -1, -1):
            if location[:length] in self.lines:
                return self.lines[location[:length]]
        return 1


class _UnusableError(Exception):
    """The rest of the file cannot be read."""

    def __init__(self, line: int, what: str, fix: str) -> None:
        super().__init__(what)
        self.mistake = Mistake(line, "", what, fix)


def read_located(path: Path) -> Located:
    """Read `path`; what is wrong in it goes into `mistakes`. Raises OSError where there is no such file."""
    raw = _bytes(path)
    located = Located()
    try:
        if len(raw) > SIZE_LIMIT:
            raise _UnusableError(
                1, f"larger than {SIZE_LIMIT // 1024} KiB", "a round file is a page or two: split it"
            )
        located.data = _Reader(_decoded(raw), located).document()
    except _UnusableError as unusable:
        located.mistakes.append(unusable.mistake)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else 1
        located.mistakes.append(
            Mistake(line, "", f"not YAML: {what}", "look at indentation, colons and quotes")
        )
    except yaml.YAMLError as error:
        located.mistakes.append(Mistake(1, "", f"not YAML: {error}", "save it as plain UTF-8 text"))
    return located


def _bytes(path: Path) -> bytes:
    """The file's bytes up to the limit and one more. A pipe or device, which may never end, is no file."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    with path.open("rb") as stream:
        return stream.read(SIZE_LIMIT + 1)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _UnusableError(line, "not UTF-8", "save it as UTF-8") from error


class _Reader:
    """Builds data from parser events; the parser itself keeps no recursion, we bound ours."""

    def __init__(self, text: str, located: Located) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=LOADER)
        self._located = located
        self._nodes = 0

    def document(self) -> object:
        first = self._next_of(yaml.DocumentStartEvent)
        if first is None:
            raise _UnusableError(
                1, "the file is empty", "start from the candidates.yml at the top of the project"
            )
        data = self._value(next(self._events), ())
        second = self._next_of(yaml.DocumentStartEvent)
        if second is not None:
            raise _UnusableError(
                _line(second), "a second document", "one file holds one round: remove the `---`"
            )
        return data

    def _next_of(self, kind: type[yaml.Event]) -> yaml.Event | None:
        return next((event for event in self._events if isinstance(event, kind)), None)

    def _value(self, event: yaml.Event, location: Location) -> object:
        self._nodes += 1
        self._located.lines.setdefault(location, _line(event))
        if self._nodes > NODE_LIMIT:
            raise _UnusableError(_line(event), f"more than {NODE_LIMIT} values", "split the round")
        if len(location) > DEPTH_LIMIT:
            raise _UnusableError(
                _line(event), f"nested more than {DEPTH_LIMIT} deep", "close a bracket, or unindent"
            )
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _UnusableError(
                _line(event), "an anchor or alias (`&`, `*`)", "write the value out, or quote it"
            )
        if getattr(event, "tag", None):
            raise _UnusableError(_line(event), f"a tag ({event.tag})", "remove it; tags have no meaning here")  # type: ignore[attr-defined]
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(location)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(location)
        assert isinstance(event, yaml.ScalarEvent)  # noqa: S101 — the parser has no other node
        return None if not event.style and event.value in NULLS else event.value

    def _sequence(self, location: Location) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*location, len(items))))
        return items

    def _mapping(self, location: Location) -> dict[str, object]:
        items: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _UnusableError(_line(event), "a key that is not plain text", "write `name: value`")
            key, line = event.value, _line(event)
            inner = (*location, key)
            if key == "<<":
                raise _UnusableError(line, "a merge key (`<<`)", "write the values out")
            if key in items:
                first = self._located.lines[inner]
                self._located.mistakes.append(
                    Mistake(line, dotted(inner), f"given twice, first in line {first}", "keep one of them")
                )
                self._value(next(self._events), (*inner, "again"))
                continue
            self._located.lines[inner] = line
            items[key] = self._value(next(self._events), inner)
        return items


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def dotted(location: Location) -> str:
    """`candidates[2].exchange.hosts[0]`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")
