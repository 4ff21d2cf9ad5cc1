"""A loopback of its own, or one way out: the shim."""

from __future__ import annotations

from harness.sandbox.protocol import Backend
from tests.sandbox.world import Listener, run, said

CONNECT = """
import socket, sys
with socket.create_connection(({host!r}, {port}), 20) as s:
    print(s.recv(100).decode(), end="")
"""
OWN_LOOPBACK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
with socket.create_connection(server.getsockname()) as client:
    server.accept()[0].send(b"own loopback")
    print(client.recv(100).decode())
"""


def test_without_a_gateway_the_own_loopback_works(backend: Backend) -> None:
    assert said(run(backend, OWN_LOOPBACK)) == "own loopback\n"


def test_a_connection_reaches_the_gateway_with_its_destination(backend: Backend, gateway: Listener) -> None:
    gateway.reply = b"from the gateway"
    done = run(backend, CONNECT.format(host="93.184.216.34", port=443), gateway=gateway.path)
    assert said(done) == "from the gateway"
    assert gateway.next() == {"kind": "tcp", "ip": "93.184.216.34", "port": 443, "descriptors": 1}


def test_names_resolve_to_the_shim_and_are_reported(backend: Backend, gateway: Listener) -> None:
    gateway.reply = b"hello"
    done = run(backend, CONNECT.format(host="api.exchange.example", port=9443), gateway=gateway.path)
    assert said(done) == "hello"
    seen = gateway.until("kind", "tcp")
    names = {(one["name"], one["type"]) for one in seen if one["kind"] == "dns"}
    assert ("api.exchange.example", "A") in names
    assert (seen[-1]["ip"], seen[-1]["port"]) == ("127.0.0.1", 9443)
