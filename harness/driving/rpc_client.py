"""JSON lines with the driver's process. A fork can say anything here: all is bounded, nothing trusted."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from harness.driving.irregular import Irregularities
from harness.errors import HarnessError
from harness.sandbox.protocol import Process

MAX_LINE = 8 << 20  # as in the driver, which answers with an error instead
MAX_TEXT = 16384
# What a scenario's process may have to finish after its time is up, in real seconds.
GRACE = 5.0
_NUMBERS = 52  # bits that any JSON reader keeps
_SHAPES = ({"id", "value"}, {"id", "error"}, {"gone", "code", "left"})


class ConnectorError(HarnessError):
    """The code under test raised, or could not be talked to. The text is claimed by it, not seen by us."""

    @property
    def gist(self) -> str:
        """One line of it: a traceback's last."""
        lines = str(self).strip().splitlines()
        return lines[-1] if lines else type(self).__name__


class ConnectorTimeout(ConnectorError):  # noqa: N818 - the contract's name
    """No answer in time."""


class ConnectorGone(ConnectorError):  # noqa: N818 - the contract's name
    """Its process has ended, or speaks no sense any more."""

    @property
    def gist(self) -> str:
        """The first line, which is ours; what the process left on stderr follows it."""
        return str(self).partition("\n")[0]


@dataclass(frozen=True)
class _Pending:
    scenario: str | None
    answer: Future[JsonValue]


class RpcClient:
    """Requests to one driver process and its answers. Thread-safe.

    Requests have numbers that cannot be guessed, so whoever answers without having been asked, or before
    the driver does, is noticed; such `irregular` things are written down.
    """

    def __init__(self, process: Process, irregular: Irregularities | None = None) -> None:
        self._process = process
        self._irregular = irregular or Irregularities()
        self._lock = threading.Lock()
        self._pending: dict[int, _Pending] = {}
        self._answered: set[int] = set()
        self._given_up: set[int] = set()
        self._open: set[str] = set()
        self._ended: dict[str, int] = {}
        self._end: str | None = None
        self._reader = threading.Thread(target=self._read, daemon=True, name="driver-answers")
        self._reader.start()

    @property
    def over(self) -> bool:
        return self._end is not None

    def ask(
        self,
        command: str,
        *,
        scenario: str | None = None,
        timeout: float,
        arguments: dict[str, Any] | None = None,
        **fields: Any,
    ) -> JsonValue:
        """One request and its answer; `timeout` in real seconds.

        Raises ConnectorError (the code under test raised), ConnectorTimeout and ConnectorGone.
        """
        number = secrets.randbits(_NUMBERS)
        request = {"id": number, "command": command, **fields}
        if scenario is not None:
            request["scenario"] = scenario
        if arguments is not None:
            request["arguments"] = arguments
        pending = _Pending(scenario, Future())
        with self._lock:
            self._refuse_if_gone(scenario)
            self._pending[number] = pending
            if command == "open" and scenario is not None:
                self._open.add(scenario)
        try:
            self._send(json.dumps(request).encode() + b"\n", timeout)
            return pending.answer.result(timeout)
        except TimeoutError as error:
            raise ConnectorTimeout(f"no answer to {command} within {timeout:.1f} s of real time") from error
        except (BrokenPipeError, ValueError) as error:
            raise ConnectorGone(self._exit_reason()) from error
        finally:
            with self._lock:
                if self._pending.pop(number, None) is not None:
                    self._given_up.add(number)

    def _send(self, request: bytes, timeout: float) -> None:
        """Write it; a process that was stopped and reads no more is ended, or we would wait for ever."""
        patience = threading.Timer(timeout, self._process.kill)
        patience.start()
        try:
            self._process.stdin.write(request)
        finally:
            patience.cancel()

    @property
    def printed(self) -> str:
        """The end of what the process wrote to stderr, where its stdout leads too."""
        return self._process.stderr_tail()

    def kill(self) -> None:
        """End the process and every scenario in it."""
        self._process.kill()
        self._reader.join(GRACE)
        if not self._reader.is_alive():
            with contextlib.suppress(OSError):
                self._process.stdout.close()
                self._process.stdin.close()

    def _refuse_if_gone(self, scenario: str | None) -> None:
        if self._end is not None:
            raise ConnectorGone(self._end)
        if scenario in self._ended:
            raise ConnectorGone(_ended_with(self._ended[scenario]))

    def _read(self) -> None:
        reason = ""
        try:
            while line := self._process.stdout.readline(MAX_LINE + 1):
                if len(line) <= MAX_LINE and not line.endswith(b"\n"):
                    break  # cut short when the process ended
                self._heard(line)
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            reason = f"it said something that is no answer ({type(error).__name__}: {str(error)[:200]})"
            self._process.kill()
        self._finish(reason)

    def _heard(self, line: bytes) -> None:
        try:
            said = _message(line)
        except (ValueError, TypeError, RecursionError):
            self._irregular.note("what is no message at all was said in the driver's name", line)
            raise
        if "gone" in said:
            self._scenario_ended(str(said["gone"]), int(said["code"]), int(said["left"]), line)
        else:
            self._answer(int(said["id"]), said, line)

    def _answer(self, number: int, said: dict[str, Any], line: bytes) -> None:
        with self._lock:
            pending = self._pending.pop(number, None)
            again, late = number in self._answered, number in self._given_up
            if pending is not None:
                self._answered.add(number)
        if pending is None:
            if not late:
                how = "twice" if again else "without having been asked"
                self._irregular.note(f"somebody answered {how} in the driver's name", line)
            return
        if "error" in said:
            pending.answer.set_exception(_error(said["error"]))
        else:
            pending.answer.set_result(said["value"])

    def _scenario_ended(self, scenario: str, code: int, left: int, line: bytes) -> None:
        with self._lock:
            known = scenario in self._open and scenario not in self._ended
            if known:
                self._ended[scenario] = code
            lost = [number for number, each in self._pending.items() if known and each.scenario == scenario]
            answers = [self._pending.pop(number).answer for number in lost]
            self._given_up.update(lost)
        if not known:
            self._irregular.note("somebody said that a scenario was over which was not open", line)
        elif left:
            self._irregular.note(f"{left} processes outlived the scenario that they were started in")
        for answer in answers:
            answer.set_exception(ConnectorGone(_ended_with(code) + self._last_output()))

    def _finish(self, reason: str) -> None:
        with self._lock:
            self._end = reason or self._exit_reason()
            lost = [each.answer for each in self._pending.values()]
            self._pending.clear()
        for answer in lost:
            answer.set_exception(ConnectorGone(self._end))

    def _exit_reason(self) -> str:
        try:
            end = self._process.wait(GRACE)
        except (TimeoutError, HarnessError) as error:
            return f"the driver's process does not answer any more: {error}"
        how = f"exit code {end.code}" if end.code is not None else end.reason
        return f"the driver's process has ended: {how} {end.detail}".rstrip() + self._last_output()

    def _last_output(self) -> str:
        words = self._process.stderr_tail().strip()[-2000:]
        return f"\n{words}" if words else ""


def _message(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        raise ValueError(f"a line of more than {MAX_LINE} bytes")
    said = json.loads(line)
    if not isinstance(said, dict) or said.keys() not in _SHAPES:
        raise ValueError("neither an answer nor the end of a scenario")
    for name in said.keys() - {"value", "error", "gone"}:
        if type(said[name]) is not int:
            raise TypeError(f"{name} is no number")
    return said


def _ended_with(code: int) -> str:
    return f"the connector's process has ended with code {code}"


def _error(said: Any) -> ConnectorError:
    fields = said if isinstance(said, dict) else {"message": said}
    trace = str(fields.get("trace", ""))[-MAX_TEXT:].rstrip()
    summary = f"{fields.get('type', 'error')}: {fields.get('message', '')}"[:MAX_TEXT]
    return ConnectorError(trace if trace else summary)
