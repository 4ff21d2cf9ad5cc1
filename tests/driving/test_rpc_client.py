"""What the harness makes of a driver that says anything at all."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from harness.driving import rpc_client as module
from harness.driving.irregular import MOST, Irregularities
from harness.driving.rpc_client import ConnectorError, ConnectorGone, ConnectorTimeout, RpcClient
from harness.sandbox.protocol import Exit

Answer = Callable[[dict[str, object]], bytes]


class Scripted(io.RawIOBase):
    """A process whose answer to each request is what `answer` returns; b"" ends it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        reading, self._writing = os.pipe()
        self.stdout: BinaryIO = os.fdopen(reading, "rb")
        self.stdin = cast(BinaryIO, self)
        self._answer = answer
        self._hanging_up = threading.Lock()
        self.killed = False
        self.ended = threading.Event()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        said = self._answer(json.loads(data))
        if said:
            os.write(self._writing, said)
        else:
            self._close_connection()
        return len(data)

    def stderr_tail(self) -> str:
        return "its last words"

    def poll(self) -> Exit | None:
        return None

    def wait(self, timeout: float | None = None) -> Exit:
        return Exit(7, "exited")

    def kill(self) -> None:
        self.killed = True
        self._close_connection()

    def _close_connection(self) -> None:
        """Once only: the tests end it from two threads, and a number closed twice may be another's file."""
        with self._hanging_up:
            writing, self._writing = self._writing, -1
        if writing >= 0:
            os.close(writing)


def ask(answer: Answer, timeout: float = 5.0, irregular: Irregularities | None = None) -> object:
    process = Scripted(answer)
    talk = RpcClient(process, irregular)
    try:
        return talk.ask("question", timeout=timeout)
    finally:
        talk.kill()


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_an_answer_comes_back_by_its_number() -> None:
    assert ask(lambda request: line(id=999, value="stray") + line(id=request["id"], value=[1, "2"])) == [
        1,
        "2",
    ]


@pytest.mark.parametrize(
    "junk",
    [
        b"\n", b"hello\n", b"\xff\xfe\n", b"[]\n", b"7\n", b"null\n", b'{"value": 1}\n', b'{"id": null}\n',
        b'{"id": "x"}\n', b'{"id": 1.5, "value": 1}\n', b'{"id": true, "value": 1}\n', b'{"gone": "s1"}\n',
        b'{"id": 1, "value": 1, "more": 1}\n', b'{"gone": "s", "code": NaN, "left": 0}\n',
        b"[" * 100_000 + b"\n", b'{"id": ' + b"9" * 5000 + b"}\n",
    ],
    ids=lambda junk: repr(junk[:12]),
)  # fmt: skip
def test_junk_ends_the_rpc_and_says_so(junk: bytes) -> None:
    irregular = Irregularities()
    with pytest.raises(ConnectorGone, match="no answer"):
        ask(lambda _: junk, irregular=irregular)
    (told,) = irregular.all()
    assert told.startswith("what is no message at all was said in the driver's name")


def test_numbers_cannot_be_guessed() -> None:
    asked: list[object] = []

    def answer(request: dict[str, object]) -> bytes:
        asked.append(request["id"])
        return line(id=request["id"], value=None)

    for _ in range(20):
        ask(answer)
    assert len(set(map(str, asked))) == 20
    assert all(int(str(each)) > 1000 for each in asked)


def test_who_answers_unasked_or_twice_is_written_down() -> None:
    irregular = Irregularities()

    def answer(request: dict[str, object]) -> bytes:
        first = line(id=request["id"], value="first")
        return line(id=1, value="a guess") + first + line(id=request["id"], value="second")

    assert ask(answer, irregular=irregular) == "first"
    unasked, twice = irregular.all()
    assert "without having been asked" in unasked
    assert "a guess" in unasked
    assert "twice" in twice
    assert "second" in twice


def test_an_end_that_nobody_began_is_written_down() -> None:
    irregular = Irregularities()

    def answer(request: dict[str, object]) -> bytes:
        return line(gone="s9", code=0, left=0) + line(id=request["id"], value=7)

    assert ask(answer, irregular=irregular) == 7
    assert "not open" in irregular.all()[0]


def test_a_late_answer_is_nothing_irregular() -> None:
    irregular = Irregularities()
    asked: list[object] = []

    def answer(request: dict[str, object]) -> bytes:
        asked.append(request["id"])
        return (
            b" " if len(asked) == 1 else line(id=asked[0], value="late") + line(id=asked[1], value="in time")
        )

    talk = RpcClient(Scripted(answer), irregular)
    with pytest.raises(ConnectorTimeout):
        talk.ask("question", timeout=0.1)
    assert talk.ask("question", timeout=5) == "in time"
    talk.kill()
    assert irregular.all() == ()


def test_a_line_cut_short_by_the_end_is_nothing_irregular() -> None:
    irregular = Irregularities()
    process = Scripted(lambda _: b'{"id": 12')
    talk = RpcClient(process, irregular)
    threading.Timer(0.2, process.kill).start()
    with pytest.raises(ConnectorGone, match="exit code 7"):
        talk.ask("question", timeout=10)
    talk.kill()
    assert irregular.all() == ()


def test_only_so_many_irregularities_are_kept() -> None:
    irregular = Irregularities()
    for number in range(MOST + 5):
        irregular.note("odd", b"\x1b[2J" + str(number).encode() * 1000)
    *kept, last = irregular.all()
    assert len(kept) == MOST
    assert last == "and 5 more"
    assert all(len(each) < 300 and "\x1b" not in each for each in kept)


def test_a_flood_of_one_kind_hides_none_of_another() -> None:
    irregular = Irregularities()
    for number in range(MOST + 5):
        irregular.note("odd", str(number).encode())
    irregular.note("a process outlived the scenario")
    for number in range(9 * MOST):
        irregular.note(f"kind {number}")
    assert "a process outlived the scenario" in irregular.all()
    assert len(irregular.all()) <= 2 * MOST + 1


def test_a_process_that_reads_no_more_is_ended() -> None:
    """A stopped driver: the pipe to it is full, and writing would take for ever."""

    class Stopped(Scripted):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            assert self.ended.wait(30)
            raise BrokenPipeError

        def kill(self) -> None:
            super().kill()
            self.ended.set()

    process = Stopped(lambda _: b"")
    talk = RpcClient(process)
    with pytest.raises(ConnectorGone):
        talk.ask("question", timeout=0.2)
    assert process.killed
    talk.kill()


def test_an_endless_line_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 1000)
    with pytest.raises(ConnectorGone, match="more than 1000 bytes"):
        ask(lambda _: b"x" * 2000)


def test_an_ended_process_gives_its_exit_and_last_output() -> None:
    with pytest.raises(ConnectorGone, match=r"exit code 7(.|\n)*its last words"):
        ask(lambda _: b"")


def test_silence_is_a_timeout() -> None:
    with pytest.raises(ConnectorTimeout, match=r"within 0\.1 s"):
        ask(lambda _: line(id=12345, value=1), timeout=0.1)


@pytest.mark.parametrize("said", [None, 7, [], {"message": {"a": 1}}, {"trace": ["x"]}, "text"])
def test_an_error_of_any_shape_is_an_error(said: object) -> None:
    with pytest.raises(ConnectorError):
        ask(lambda request: line(id=request["id"], error=said))


def test_a_call_after_the_end_fails_at_once(tmp_path: Path) -> None:
    talk = RpcClient(Scripted(lambda _: b""))
    for _ in range(2):
        with pytest.raises(ConnectorGone):
            talk.ask("question", timeout=5)
    assert talk.over
    talk.kill()
