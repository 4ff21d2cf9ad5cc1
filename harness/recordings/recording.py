"""A recording as a file: a header and an entry a line, JSON, compressed with Zstandard, written as it comes.

A line may complete an earlier one: of entries with one number the last counts. The last line of all says how
it ended; a file without one was cut off, and what it holds until there can be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import zstandard
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import UserError
from harness.gateway import codec
from harness.gateway.entries import Entry, Exchange
from harness.gateway.wire import Wire

SUFFIX = ".recording.ndjson.zst"
MOST_BYTES = 1 << 30  # of text that is read from a file
LONGEST_LINE = 64 << 20
_STEP = 1 << 20
_HINT = "make one with `harness record` (docs/exchanges.md)"


class Header(BaseModel):
    """Of which exchange it is, since when, and by whom it was asked. Times are Unix seconds.

    `private`: with keys of an account; else public data alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recording: Literal[1] = 1
    exchange: str
    hosts: tuple[str, ...]
    began: float
    pairs: tuple[str, ...]
    clients: tuple[str, ...]
    private: bool = False
    harness: str = ""


class Note(BaseModel):
    """Something that was not handed on, or not understood, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str
    at: float


class End(BaseModel):
    """How it ended. `left_out` entries had no room."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    end: str
    at: float
    left_out: int = 0


@dataclass(frozen=True)
class Recording:
    """`end` is None where the file was cut off."""

    header: Header
    entries: tuple[Entry, ...]
    notes: tuple[Note, ...] = ()
    end: End | None = None
    where: str = field(default="", compare=False)

    @cached_property
    def wire(self) -> Wire:
        return Wire(self.entries)

    @cached_property
    def answered(self) -> tuple[Exchange, ...]:
        """The requests that the exchange answered."""
        return tuple(each for each in self.wire.exchanges(client=None) if each.status is not None)

    @property
    def until(self) -> float:
        """When the last of it was seen."""
        return max((each.at for each in self.entries), default=self.header.began)

    @property
    def summary(self) -> str:
        """What it holds, in a sentence, and whether it is whole."""
        frames = [each for each in self.wire.frames(client=None) if each.direction == "received"]
        said = (
            f"{len(self.answered)} answered requests and {len(frames)} messages of {self.header.exchange} "
            f"in {self.until - self.header.began:.0f} s, {'with' if self.header.private else 'without'} keys"
        )
        if self.end is None:
            return f"{said}; it was cut off, and what follows rests on what it holds until there"
        if self.end.left_out:
            return f"{said}; {self.end.left_out} entries had no room"
        return said


def load(path: Path) -> Recording:
    """Raises UserError where it is no recording."""
    lines = _lines(path)
    try:
        header = Header.model_validate_json(next(lines, ""))
    except ValidationError as error:
        raise _no_recording(path, f"{error.errors()[0]['msg']} in its first line") from error
    found: dict[int, Entry] = {}
    notes: list[Note] = []
    end: End | None = None
    for number, line in enumerate(lines, start=2):
        try:
            said = json.loads(line)
            if not isinstance(said, dict):
                raise ValueError(f"{line[:80]!r} is no object")
            if "note" in said:
                notes.append(Note.model_validate(said))
            elif "end" in said:
                end = End.model_validate(said)
            else:
                entry = codec.read(said)
                found[entry.number] = entry
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise _no_recording(path, f"line {number}: {str(error)[:200]}") from error
    return Recording(header, tuple(found[each] for each in sorted(found)), tuple(notes), end, str(path))


def _no_recording(path: Path, why: str) -> UserError:
    return UserError(f"this is not a recording: {why}", where=str(path), hint=_HINT)


def _lines(path: Path) -> Iterator[str]:
    """Whole lines; of a file that was cut off, those until there."""
    kept = b""
    for part in _parts(path):
        *whole, kept = (kept + part).split(b"\n")
        if len(kept) > LONGEST_LINE:
            raise _no_recording(path, "a line without an end")
        for line in whole:
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _no_recording(path, str(error)) from error


def _parts(path: Path) -> Iterator[bytes]:
    try:
        with (
            path.open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as stream,
        ):
            left = MOST_BYTES
            while part := stream.read(_STEP):
                left -= len(part)
                if left < 0:
                    raise _no_recording(path, f"more than {MOST_BYTES >> 20} MiB")
                yield part
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(path), hint=_HINT) from error
    except zstandard.ZstdError as error:
        raise _no_recording(path, str(error)) from error


def as_line(plain: dict[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n"
