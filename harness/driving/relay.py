"""A socket that stays where it is while gateways come and go behind it.

A sandbox is shown one socket for its whole life, and a warm one outlives many scenarios, each with a gateway
of its own. What arrives here, descriptors included, is passed to whoever listens at the gateway's path then.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from pathlib import Path

from harness import temporary

MESSAGE = 1 << 16
MAX_DESCRIPTORS = 32
BACKLOG = 512
SEND_SECONDS = 5.0


class Relay:
    """Runs a thread of its own until `close()`. `path` is what a sandbox is to be given."""

    def __init__(self, gateway: Path) -> None:
        self._gateway = gateway
        self._folder = contextlib.ExitStack()
        folder = self._folder.enter_context(temporary.folder("switch"))
        folder.chmod(0o711)
        self.path = folder / "gateway.sock"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        # The shim may run as another user: who may reach the folder may reach the gateway.
        self.path.chmod(0o666)
        self._listener.listen(BACKLOG)
        self._selector = selectors.DefaultSelector()
        self._wake, wake_end = socket.socketpair()
        self._ends: dict[socket.socket, socket.socket] = {}
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(wake_end, selectors.EVENT_READ)
        self._wake_end = wake_end
        self._thread = threading.Thread(target=self._run, daemon=True, name="relay")
        self._thread.start()

    def close(self) -> None:
        """Close every connection. Harmless when done twice."""
        self._wake.close()
        self._thread.join()
        self._folder.close()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                end = key.fileobj
                if end is self._wake_end:
                    self._close_all()
                    return
                if end is self._listener:
                    self._connect()
                elif isinstance(end, socket.socket) and end in self._ends:
                    self._pass_on(end)

    def _connect(self) -> None:
        caller, _ = self._listener.accept()
        gateway = socket.socket(socket.AF_UNIX)
        gateway.settimeout(SEND_SECONDS)
        caller.settimeout(SEND_SECONDS)
        try:
            gateway.connect(str(self._gateway))
        except OSError:
            # No gateway just now: whoever connects sees a refused connection, as with a network that is down.
            gateway.close()
            caller.close()
            return
        for end, other in ((caller, gateway), (gateway, caller)):
            self._ends[end] = other
            self._selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end: socket.socket) -> None:
        descriptors: list[int] = []
        try:
            data, descriptors, _, _ = socket.recv_fds(end, MESSAGE, MAX_DESCRIPTORS)
            if data:
                sent = socket.send_fds(self._ends[end], [data], descriptors)
                self._ends[end].sendall(data[sent:])
            else:
                self._close_connection(end)
        except OSError:
            self._close_connection(end)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _close_connection(self, end: socket.socket) -> None:
        for each in (end, self._ends.get(end)):
            if each is not None and self._ends.pop(each, None) is not None:
                self._selector.unregister(each)
                each.close()

    def _close_all(self) -> None:
        for end in tuple(self._ends):
            self._close_connection(end)
        for each in (self._listener, self._wake_end):
            with contextlib.suppress(OSError):
                each.close()
        self._selector.close()
