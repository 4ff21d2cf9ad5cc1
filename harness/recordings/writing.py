"""A recording is written while it is made, so that one that is cut off holds what came until then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

from harness.clock import ScaledClock
from harness.gateway import codec
from harness.gateway.entries import Entry, Exchange, Handshake, Socket
from harness.gateway.record import Record
from harness.recordings.recording import End, Header, Note, as_line
from harness.recordings.redacting import Redactor

EVERY = 1.0  # real seconds between two writings
LEVEL = 6
STOPPED = "stopped"


class Writer:
    """What `record` and the notes hold goes into `file`, redacted; each time as a frame of its own."""

    def __init__(self, file: BinaryIO, record: Record, redactor: Redactor, clock: ScaledClock) -> None:
        self._file, self._record, self._redactor, self._clock = file, record, redactor, clock
        self._notes: list[Note] = []
        self._next = 0
        self._open: set[int] = set()  # that are to be completed
        self._lock = threading.Lock()

    def note(self, text: str) -> None:
        """Write something down; from any thread. The same is said once."""
        clean = self._redactor.text(text)[:500]
        with self._lock:
            if all(each.note != clean for each in self._notes):
                self._notes.append(Note(note=clean, at=self._clock.now()))

    @property
    def notes(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(each.note for each in self._notes)

    def begin(self, header: Header) -> None:
        self._write(header.model_dump_json() + "\n")

    def flush(self, *, last: bool = False) -> None:
        """Write down what is new, and what was completed since; an open socket is written twice."""
        new = self._record.entries(since=self._next)
        self._next += len(new)
        known = {
            each.number: each for each in self._record.entries(since=min(self._open, default=self._next))
        }
        completed = [known[number] for number in sorted(self._open) if last or _whole(known[number])]
        self._open -= {each.number for each in completed}
        self._open |= {each.number for each in new if not _whole(each)}
        told = [each for each in new if _whole(each) or isinstance(each, Socket) or last]
        told = [each for each in told if not isinstance(each, Handshake)]  # ours, not the exchange's
        self._write("".join(map(self._line, (*told, *completed))))

    def end(self, how: str) -> None:
        self.flush(last=True)
        with self._lock:
            notes = "".join(as_line(each.model_dump()) for each in self._notes)
        end = End(end=how, at=self._clock.now(), left_out=self._record.overflow)
        self._write(notes + end.model_dump_json() + "\n")

    def _line(self, entry: Entry) -> str:
        return as_line(codec.written(self._redactor.entry(entry), self._redactor.text))

    def _write(self, text: str) -> None:
        if text:
            self._file.write(zstandard.ZstdCompressor(level=LEVEL).compress(text.encode("utf-8")))
            self._file.flush()


def _whole(entry: Entry) -> bool:
    match entry:
        case Exchange():
            return entry.status is not None
        case Socket():
            return entry.closed_at is not None
    return True


@contextmanager
def written(
    path: Path, header: Header, record: Record, redactor: Redactor, clock: ScaledClock
) -> Iterator[Writer]:
    """Write the recording as long as the block lasts. Raises OSError where it cannot be written."""
    stop = threading.Event()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = Writer(file, record, redactor, clock)
        writer.begin(header)
        thread = threading.Thread(target=_go_on, args=(writer, stop), name="recording", daemon=True)
        thread.start()
        how = "interrupted"
        try:
            yield writer
            how = STOPPED
        finally:
            stop.set()
            thread.join()
            writer.end(how)


def _go_on(writer: Writer, stop: threading.Event) -> None:
    while not stop.wait(EVERY):
        writer.flush()
