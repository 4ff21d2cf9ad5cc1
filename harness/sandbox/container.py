"""A job in a container: its streams, its end and its removal."""

from __future__ import annotations

import contextlib
import io
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

import docker
from docker.errors import APIError, DockerException, NotFound

from harness.sandbox.launcher import watch
from harness.sandbox.monitor import Monitor
from harness.sandbox.pipes import Collector, CountedReader, Watched
from harness.sandbox.protocol import Exit, Job, Reason, SandboxFailure

_HEADER = struct.Struct(">BxxxL")
_STDERR = 2
_SIGNAL = 128
_SIGKILL, _SIGXCPU = 9, 24
_NOT_FOUND = 127
_LOOK_SECONDS = 0.2


def attach(client: docker.DockerClient, container: Any) -> socket.socket:
    """The container's three streams as one socket, taken before it starts so that no word is lost."""
    wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    handle = client.api.attach_socket(container.id, params=wanted)
    # The SDK hands out a reader of the socket on some transports; the copy is ours to close.
    with contextlib.closing(cast(socket.socket, getattr(handle, "_sock", handle))) as theirs:
        stream = theirs.dup()
    handle.close()
    stream.settimeout(None)
    return stream


def frames(reader: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The engine's frames: the number of the stream, 2 for stderr, and what was written to it."""
    while len(header := reader.read(_HEADER.size)) == _HEADER.size:
        number, size = _HEADER.unpack(header)
        yield number, reader.read(size)


def _remove(container: Any) -> None:
    with contextlib.suppress(DockerException):
        container.remove(force=True, v=True)


class _Stdin(io.RawIOBase):
    """The writing half of the attached socket."""

    def __init__(self, stream: socket.socket) -> None:
        super().__init__()
        self._stream = stream.dup()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._stream.sendall(data)
        return len(data)

    def end(self) -> None:
        """Let nobody wait for a job that is over: engines leave who writes to it waiting for minutes."""
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        if not self.closed:
            self.end()
            self._stream.close()
        super().close()


class ContainerProcess(Watched):
    """Starts a created container once `ready` returns; its watcher thread removes it when it is over."""

    def __init__(
        self,
        client: docker.DockerClient,
        container: Any,
        job: Job,
        ready: Callable[[], None],
        clean_up: Callable[[], None],
    ) -> None:
        self._container, self._job, self._clean_up = container, job, clean_up
        self._ended_by: Reason | None = None
        self._detail = ""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._exit: Exit | None = None
        self._failure: SandboxFailure | None = None
        with contextlib.ExitStack() as undo:
            undo.callback(_remove, container)
            self._stream = undo.enter_context(attach(client, container))
            ready()
            container.start()
            undo.pop_all()
        self._started = time.monotonic()
        self._stdin = _Stdin(self._stream)
        self.stdin = cast(BinaryIO, self._stdin)
        stdout, self._stdout_end = os.pipe()
        stderr, self._stderr_end = os.pipe()
        self.stdout: BinaryIO = io.BufferedReader(self._counted(stdout))
        self._stderr = Collector(self._counted(stderr))
        late = ("wall_clock", f"still running after {job.limits.wall_seconds:g} s")
        self._timer = threading.Timer(job.limits.wall_seconds, self._end, late)
        self._timer.daemon = True
        self._timer.start()
        for work in (self._pump, self._watch, self._monitor):
            threading.Thread(target=work, daemon=True, name=f"sandbox{work.__name__}").start()

    def _counted(self, handle: int) -> CountedReader:
        most = self._job.limits.output_bytes
        return CountedReader(handle, most, lambda: self._end("output", f"wrote more than {most} bytes"))

    def exit(self) -> Exit:
        if self._failure:
            raise self._failure
        assert self._exit is not None  # noqa: S101 - one of the two is set before the event
        return self._exit

    def kill(self) -> None:
        self._end("killed")
        self._over.wait()

    def _end(self, reason: Reason, detail: str = "") -> None:
        with self._lock:
            if self._ended_by or self._over.is_set():
                return
            self._ended_by, self._detail = reason, detail
        with contextlib.suppress(APIError):
            self._container.kill()

    def _pump(self) -> None:
        """Sort the engine's frames into the two pipes."""
        ends = {_STDERR: self._stderr_end}
        try:
            with self._stream, self._stream.makefile("rb") as reader:
                for number, data in frames(reader):
                    self._pass_on(ends.get(number, self._stdout_end), data)
        except OSError:
            # Whoever reads has closed its end, or the engine has: either way there is nothing more to say.
            pass
        finally:
            os.close(self._stdout_end)
            os.close(self._stderr_end)

    def _pass_on(self, end: int, data: bytes) -> None:
        """Wait for the reader as long as the job lives, then drop: no engine ends a job whose words wait."""
        rest = memoryview(data)
        while rest and not self._ended_by:
            if select.select([], [end], [], _LOOK_SECONDS)[1]:
                # What fits without waiting, whatever the pipe holds already.
                rest = rest[os.write(end, rest[: select.PIPE_BUF]) :]

    def _watch(self) -> None:
        try:
            self._container.wait(timeout=None)
            self._exit = self._describe()
        except (DockerException, OSError, SandboxFailure) as error:
            self._failure = error if isinstance(error, SandboxFailure) else SandboxFailure(str(error))
        finally:
            self._timer.cancel()
            self._stdin.end()
            _remove(self._container)
            try:
                self._clean_up()
            except OSError as error:
                self._failure = SandboxFailure(
                    f"the job's output could not be copied out of the sandbox: {error}"
                )
            finally:
                self._over.set()

    def _monitor(self) -> None:
        """End a job that uses too much, and one whose use cannot be seen."""
        try:
            state = self._container.client.api.inspect_container(self._container.id)["State"]
            monitor = Monitor(self._job, self._container.id, int(state["Pid"]))
            while not self._over.wait(watch.SECONDS):
                if found := monitor.look():
                    return self._end(found.reason, found.detail)
        except NotFound:
            pass  # it was over as soon as that
        except (DockerException, OSError) as error:
            self._end("killed", f"what it used could not be seen: {error}")

    def _describe(self) -> Exit:
        self._container.reload()
        state = self._container.attrs["State"]
        code, limits = int(state["ExitCode"]), self._job.limits
        if self._ended_by:
            return Exit(None, self._ended_by, self._detail)
        if state["OOMKilled"] and code:
            return Exit(None, "memory", f"needed more than {limits.memory_bytes} bytes")
        busy = time.monotonic() - self._started >= limits.cpu_seconds
        if code == _SIGNAL + _SIGXCPU or (code == _SIGNAL + _SIGKILL and busy):
            return Exit(None, "cpu", f"used {limits.cpu_seconds} s of processor time")
        if code == _NOT_FOUND:
            self._check_program()
        return Exit(code, "exited")

    def _check_program(self) -> None:
        """Tell a job that says 127 from a program that is not there, which is our mistake."""
        program = self._job.argv[0]
        try:
            self._container.get_archive(program)
        except NotFound as error:
            raise SandboxFailure(f"no program {program} in the sandbox") from error
