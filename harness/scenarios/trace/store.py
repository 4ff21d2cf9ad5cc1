"""Traces as files: a header and an entry a line, JSON, compressed with Zstandard."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import zstandard
from pydantic import ValidationError

from harness.errors import UserError
from harness.gateway.codec import Redact, kind_of
from harness.gateway.entries import Exchange, Frame
from harness.scenarios.trace.codec import read, written
from harness.scenarios.trace.model import Cut, Entry, Header, Trace

SUFFIX = ".ndjson.zst"
FOLDER = "traces"
MOST_BYTES = 64 << 20  # of text, before it is compressed
LEVEL = 6
PUBLIC = ("stream:book", "stream:trades", "stream:ticker", "stream:klines")


class TraceError(UserError):
    """A file that is no trace, or one that was cut off."""

    def __init__(self, message: str, where: str) -> None:
        super().__init__(message, where=where, hint="`harness trace list FOLDER` lists a report's traces")


def packed(
    header: Header, entries: Sequence[Entry], redact: Redact = str, most_bytes: int = MOST_BYTES
) -> bytes:
    """The file's contents, redacted.

    What would make it larger than `most_bytes` is left out, market data first; a last entry says how much.
    """
    lines = [_line(written(entry, redact)) for entry in entries]
    kept = _that_fit(entries, lines, most_bytes)
    left_out = Counter(kind_of(entry) for number, entry in enumerate(entries) if number not in kept)
    texts = [header.model_dump_json() + "\n", *(lines[number] for number in sorted(kept))]
    if left_out:
        at = entries[-1].at
        texts.append(_line(written(Cut(at, dict(left_out)), redact)))
    return zstandard.ZstdCompressor(level=LEVEL).compress("".join(texts).encode("utf-8"))


def unpacked(contents: bytes, where: str = "these bytes") -> Trace:
    """Raises TraceError where it is no trace."""
    lines = _lines(contents, where)
    try:
        header = Header.model_validate_json(next(lines, ""))
        return Trace(header, tuple(read(json.loads(line)) for line in lines))
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise TraceError(f"this is not a trace: {_gist(error)}", where) from error


def header_of(path: Path) -> Header:
    """The header alone. Raises TraceError."""
    try:
        return Header.model_validate_json(next(_lines(path.read_bytes(), str(path)), ""))
    except ValidationError as error:
        raise TraceError(f"this is not a trace: {_gist(error)}", str(path)) from error


def _gist(error: Exception) -> str:
    """What is wrong with it, in a line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return ": ".join(filter(None, (".".join(map(str, first["loc"])), str(first["msg"]))))[:300]
    return str(error)[:300]


def write(path: Path, contents: bytes) -> None:
    """All of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(contents)
    partial.replace(path)


def load(path: Path) -> Trace:
    """Raises TraceError."""
    try:
        return unpacked(path.read_bytes(), str(path))
    except OSError as error:
        raise TraceError(f"it cannot be read: {error.strerror}", str(path)) from error


def name_of(header: Header) -> str:
    """`<scenario>-<pace>-<try>.ndjson.zst`, after the header's prefix."""
    words = [header.prefix] if header.prefix else []
    words += [header.scenario, f"{header.pace:g}", header.trial]
    return "-".join(re.sub(r"[^0-9A-Za-z_.]+", "_", word) for word in words) + SUFFIX


def kept_in(folder: Path) -> tuple[Path, ...]:
    """The files of the traces in a folder, by name."""
    return tuple(sorted(folder.glob(f"*{SUFFIX}")))


def _line(plain: Mapping[str, object]) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n"


def _lines(contents: bytes, where: str) -> Iterator[str]:
    stream = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(contents))
    try:
        # JSON Lines end with \n; other characters that Python takes for the end of a line may stand in a text
        yield from io.TextIOWrapper(stream, encoding="utf-8", newline="\n")
    except (zstandard.ZstdError, UnicodeDecodeError) as error:
        raise TraceError(f"this is not a trace: {error}", where) from error


def _that_fit(entries: Iterable[Entry], lines: Sequence[str], most_bytes: int) -> set[int]:
    """The numbers of the entries that fit: first all but the wire, requests, private frames, market data."""
    ranked = sorted(enumerate(entries), key=lambda each: _rank(each[1]))
    room, kept = most_bytes, set[int]()
    for number, entry in ranked:
        size = len(lines[number].encode("utf-8"))
        if size <= room or not _rank(entry):
            kept.add(number)
            room -= size
    return kept


def _rank(entry: Entry) -> int:
    """What is kept first; 0: whatever its size, which is bounded where it comes from."""
    if not isinstance(entry, Frame):
        return 1 if isinstance(entry, Exchange) else 0
    if entry.asks:
        return 1
    return 3 if entry.operation in PUBLIC and entry.direction == "received" else 2
