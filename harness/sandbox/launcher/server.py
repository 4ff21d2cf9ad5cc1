"""The warm launcher: waits for jobs and forks a supervisor for each."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys

from . import network, supervisor


def main() -> None:
    """Serve the socket (SOCK_SEQPACKET) whose number is the last argument, until the harness is gone.

    A message carries the descriptors that `supervisor.serve` takes; the answer is the supervisor's number.
    """
    control = socket.socket(fileno=int(sys.argv[-1]))
    # A fork of the harness may hold the socket, or a job's lifeline, for longer than the harness lives.
    harness = os.pidfd_open(os.getppid())
    # Supervisors report by a pipe; nobody waits for them here.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        network.library()  # loaded once for all; a job that needs it says what is wrong with it
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(harness, select.POLLIN)
    while harness not in dict(poll.poll()):
        _, handles, _, _ = socket.recv_fds(control, 1, supervisor.HANDLES, socket.MSG_CMSG_CLOEXEC)
        if not handles:
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            supervisor.serve(handles, harness)
        for handle in handles:
            os.close(handle)
        control.send(str(pid).encode())
