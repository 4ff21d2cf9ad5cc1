"""The program that runs in the sandbox: one warm process, and a fresh child of it for every scenario.

Reads one JSON object a line from stdin and answers on what was stdout; stdout itself then points at stderr,
so that a stray print of a connector cannot break the protocol. A request for a scenario is handed to its
child unread. Nothing said here is believed: it shares its processes with the code under test.
"""

import json
import os
import selectors
import signal
import socket
import sys
from typing import Any, Callable, Dict, List, Optional

from . import adapters, application, integrity, leftovers, scenario, virtual_time, wire

CHUNK = 1 << 16
MAX_LINE = wire.MAX_LINE


class Lines:
    """Cuts a stream of bytes into lines; raises OverflowError on one that is too long."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> List[bytes]:
        *complete, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            raise OverflowError("a line of more than {} bytes".format(MAX_LINE))
        return complete


class Child:
    """A scenario's process as its parent sees it."""

    def __init__(self, name: str, pid: int, channel: socket.socket) -> None:
        self.name = name
        self.pid = pid
        self.channel = channel
        self.lines = Lines()


class Parent:
    """Answers `hello`, `warm`, `open` and `close`, and hands everything else to the children."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._lines = Lines()
        self._selector = selectors.DefaultSelector()
        self._children: Dict[str, Child] = {}
        self._adapter: Optional[Any] = None
        self._seal: Optional[integrity.Seal] = None

    def run(self) -> None:
        self._selector.register(self._reading, selectors.EVENT_READ, None)
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    data = os.read(self._reading, CHUNK)
                    if not data:
                        return
                    for text in self._lines.feed(data):
                        self._request(text)
                else:
                    self._heard(key.data)

    def say(self, message: Dict[str, Any]) -> None:
        self._write(wire.line(message))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._writing, view) :]

    def _request(self, text: bytes) -> None:
        request = json.loads(text.decode("utf-8"))
        command = request.get("command")
        commands: Dict[str, Callable[[Dict[str, Any]], Any]] = {
            "hello": self._hello, "warm": self._warm, "open": self._open, "close": self._close,
        }  # fmt: skip
        if command not in commands:
            self._hand_over(request, text)
            return
        try:
            value = commands[command](request)
        except Exception as exception:
            self.say({"id": request.get("id"), "error": wire.error(exception)})
        else:
            self.say({"id": request.get("id"), "value": value})

    def _hello(self, _: Dict[str, Any]) -> Any:
        return {"python": sys.version.split()[0], "pid": os.getpid()}

    def _warm(self, request: Dict[str, Any]) -> Any:
        self._adapter = adapters.load(str(request["generation"]))
        self._seal = integrity.Seal()
        return wire.plain(self._adapter.warm(str(request["connector"])))

    def _open(self, request: Dict[str, Any]) -> Any:
        name = str(request["scenario"])
        if self._adapter is None or self._seal is None:
            raise RuntimeError("open before warm")
        if name in self._children:
            raise RuntimeError("there is already a scenario {}".format(name))
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self._become_child(theirs, ours, self._seal, request["clock"])
        theirs.close()
        child = Child(name, pid, ours)
        self._children[name] = child
        self._selector.register(ours, selectors.EVENT_READ, child)
        return {"pid": pid}

    def _become_child(
        self, channel: socket.socket, other_end: socket.socket, seal: integrity.Seal, clock: List[float]
    ) -> None:
        """Never returns: runs the scenario and ends the process."""
        try:
            self._selector.close()
            other_end.close()
            for child in self._children.values():
                child.channel.close()
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, self._reading)
            os.dup2(null, self._writing)
            epoch, monotonic, scale = (float(number) for number in clock)
            virtual_time.configure(epoch, monotonic, scale)
            scenario.run(self._adapter, seal, channel)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(70)
        finally:
            os._exit(0)

    def _hand_over(self, request: Dict[str, Any], text: bytes) -> None:
        child = self._children.get(str(request.get("scenario")))
        if child is None:
            problem = RuntimeError("there is no scenario {}".format(request.get("scenario")))
            self.say({"id": request.get("id"), "error": wire.error(problem)})
            return
        try:
            child.channel.sendall(text + b"\n")
        except OSError:
            self._bury(child)

    def _heard(self, child: Child) -> None:
        try:
            data = child.channel.recv(CHUNK)
            lines = child.lines.feed(data)
        except (OSError, OverflowError):
            data, lines = b"", []
        for text in lines:
            self._write(text + b"\n")
        if not data:
            self._bury(child)

    def _close(self, request: Dict[str, Any]) -> Any:
        child = self._children.get(str(request["scenario"]))
        if child is not None:
            self._bury(child)
        return None

    def _bury(self, child: Child) -> None:
        """End and reap a scenario's process, and say so."""
        if self._children.pop(child.name, None) is None:
            return
        self._selector.unregister(child.channel)
        child.channel.close()
        ended, status = os.waitpid(child.pid, os.WNOHANG)
        if not ended:
            virtual_time.real_sleep(0.02)
            ended, status = os.waitpid(child.pid, os.WNOHANG)
        if not ended:
            os.kill(child.pid, signal.SIGKILL)
            _, status = os.waitpid(child.pid, 0)
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        left = leftovers.end_all_but({each.pid for each in self._children.values()})
        self.say({"gone": child.name, "code": code, "left": left})


def main() -> None:
    writing = os.dup(1)
    os.dup2(2, 1)
    reading = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = list(application.ARGV)
    virtual_time.install()
    leftovers.adopt()
    Parent(reading, writing).run()


if __name__ == "__main__":
    main()
