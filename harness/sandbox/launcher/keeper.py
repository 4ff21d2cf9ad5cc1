"""What runs in the network's own container on Docker: the redirect, then the shim with no rights left.

It ends when its stdin does, which the harness holds: with the harness goes the way out.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module

from . import kernel, network

shim = import_module("inside.shim")


def main(gateway: str) -> None:
    """Print `ready` when connections are taken, then serve.

    Begins as the container's root with CAP_NET_ADMIN and CAP_NET_RAW; the shim becomes the owner of the
    gateway's socket, whom the socket lets in.
    """
    network.raise_loopback()
    sockets = shim.open_sockets()
    network.redirect_all(sockets.tcp_port, sockets.dns_port, sockets.with_ipv6)
    owner = os.stat(gateway).st_uid
    if owner:
        kernel.become(owner)
    kernel.drop_capabilities()
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    shim.Shim(sockets, gateway).serve()


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)
