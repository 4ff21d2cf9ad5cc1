"""JSON lines with the driver's process. A fork can say anything here: all is bounded, nothing trusted."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from harness.errors import HarnessError
from harness.sandbox.protocol import Process

MAX_LINE = 16 << 20
MAX_TEXT = 16384
# What a scenario's process may have to finish after its time is up, in real seconds.
GRACE = 5.0


class ConnectorError(HarnessError):
    """The code under test raised, or could not be talked to. The text is claimed by it, not seen by us."""


class ConnectorTimeout(ConnectorError):  # noqa: N818 - the contract's name
    """No answer in time."""


class ConnectorGone(ConnectorError):  # noqa: N818 - the contract's name
    """Its process has ended, or speaks no sense any more."""


@dataclass(frozen=True)
class _Pending:
    scenario: str | None
    answer: Future[JsonValue]


class Conversation:
    """Requests to one driver process and its answers. Thread-safe."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._pending: dict[int, _Pending] = {}
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
        number = next(self._numbers)
        request = {"id": number, "command": command, **fields}
        if scenario is not None:
            request["scenario"] = scenario
        if arguments is not None:
            request["arguments"] = arguments
        pending = _Pending(scenario, Future())
        with self._lock:
            self._refuse_if_gone(scenario)
            self._pending[number] = pending
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            return pending.answer.result(timeout)
        except TimeoutError as error:
            raise ConnectorTimeout(f"no answer to {command} within {timeout:.1f} s of real time") from error
        except (BrokenPipeError, ValueError) as error:
            raise ConnectorGone(self._obituary()) from error
        finally:
            with self._lock:
                self._pending.pop(number, None)

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
                self._heard(line)
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            reason = f"it said something that is no answer ({type(error).__name__}: {str(error)[:200]})"
            self._process.kill()
        self._finish(reason)

    def _heard(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
        said = json.loads(line)
        if "gone" in said:
            self._scenario_ended(str(said["gone"]), int(said["code"]))
            return
        with self._lock:
            pending = self._pending.get(int(said["id"]))
        if pending is None or pending.answer.done():
            return
        if "error" in said:
            pending.answer.set_exception(_error(said["error"]))
        else:
            pending.answer.set_result(said.get("value"))

    def _scenario_ended(self, scenario: str, code: int) -> None:
        with self._lock:
            self._ended[scenario] = code
            lost = [each.answer for each in self._pending.values() if each.scenario == scenario]
        for answer in lost:
            if not answer.done():
                answer.set_exception(ConnectorGone(_ended_with(code) + self._last_words()))

    def _finish(self, reason: str) -> None:
        with self._lock:
            self._end = reason or self._obituary()
            lost = [each.answer for each in self._pending.values()]
        for answer in lost:
            if not answer.done():
                answer.set_exception(ConnectorGone(self._end))

    def _obituary(self) -> str:
        try:
            end = self._process.wait(GRACE)
        except (TimeoutError, HarnessError) as error:
            return f"the driver's process does not answer any more: {error}"
        how = f"exit code {end.code}" if end.code is not None else end.reason
        return f"the driver's process has ended: {how} {end.detail}".rstrip() + self._last_words()

    def _last_words(self) -> str:
        words = self._process.stderr_tail().strip()[-2000:]
        return f"\n{words}" if words else ""


def _ended_with(code: int) -> str:
    return f"the connector's process has ended with code {code}"


def _error(said: Any) -> ConnectorError:
    fields = said if isinstance(said, dict) else {"message": said}
    trace = str(fields.get("trace", ""))[-MAX_TEXT:].rstrip()
    summary = f"{fields.get('type', 'error')}: {fields.get('message', '')}"[:MAX_TEXT]
    return ConnectorError(trace if trace else summary)
