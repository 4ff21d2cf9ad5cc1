"""What the harness makes of a driver that says anything at all."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from harness.driving import conversation as module
from harness.driving.conversation import ConnectorError, ConnectorGone, ConnectorTimeout, Conversation
from harness.sandbox.protocol import Exit

Answer = Callable[[dict[str, object]], bytes]


class Scripted(io.RawIOBase):
    """A process whose answer to each request is what `answer` returns; b"" ends it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        reading, self._writing = os.pipe()
        self.stdout: BinaryIO = os.fdopen(reading, "rb")
        self.stdin = self
        self._answer = answer
        self.killed = False

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        said = self._answer(json.loads(data))
        if said:
            os.write(self._writing, said)
        else:
            self._hang_up()
        return len(data)

    def stderr_tail(self) -> str:
        return "its last words"

    def poll(self) -> Exit | None:
        return None

    def wait(self, timeout: float | None = None) -> Exit:
        return Exit(7, "exited")

    def kill(self) -> None:
        self.killed = True
        self._hang_up()

    def _hang_up(self) -> None:
        if self._writing >= 0:
            os.close(self._writing)
            self._writing = -1


def ask(answer: Answer, timeout: float = 5.0) -> object:
    process = Scripted(answer)
    talk = Conversation(process)
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
        b'{"id": "x"}\n', b'{"gone": "s1"}\n', b"[" * 100_000 + b"\n", b'{"id": ' + b"9" * 5000 + b"}\n",
    ],
    ids=lambda junk: repr(junk[:12]),
)  # fmt: skip
def test_junk_ends_the_conversation_and_says_so(junk: bytes) -> None:
    with pytest.raises(ConnectorGone, match="no answer"):
        ask(lambda _: junk)


def test_an_endless_line_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 1000)
    with pytest.raises(ConnectorGone, match="more than 1000 bytes"):
        ask(lambda _: b"x" * 2000)


def test_an_ended_process_gives_its_exit_and_last_words() -> None:
    with pytest.raises(ConnectorGone, match=r"exit code 7(.|\n)*its last words"):
        ask(lambda _: b"")


def test_silence_is_a_timeout() -> None:
    with pytest.raises(ConnectorTimeout, match=r"within 0\.1 s"):
        ask(lambda _: line(id=12345, value=1), timeout=0.1)


@pytest.mark.parametrize("said", [None, 7, [], {"message": {"a": 1}}, {"trace": ["x"]}, "text"])
def test_an_error_of_any_shape_is_an_error(said: object) -> None:
    with pytest.raises(ConnectorError):
        ask(lambda request: line(id=request["id"], error=said))


def test_a_later_question_to_an_ended_conversation_fails_at_once(tmp_path: Path) -> None:
    talk = Conversation(Scripted(lambda _: b""))
    for _ in range(2):
        with pytest.raises(ConnectorGone):
            talk.ask("question", timeout=5)
    assert talk.over
    talk.kill()
