"""No network at all, or one way out: the shim."""

from __future__ import annotations

import json

import pytest

from harness.sandbox.protocol import Backend
from tests.sandbox.world import Listener, run, said

CONNECT = """
import socket, sys
with socket.create_connection(({host!r}, {port}), 20) as s:
    print(s.recv(100).decode(), end="")
"""
TRY_ALL = """
import errno, json, socket
def attempt(family, kind, address):
    with socket.socket(family, kind) as s:
        s.settimeout(5)
        try:
            s.connect(address); s.send(b"x"); s.recv(1); return "answered"
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error))
print(json.dumps([
    attempt(socket.AF_INET, socket.SOCK_STREAM, ("93.184.216.34", 443)),
    attempt(socket.AF_INET, socket.SOCK_DGRAM, ("8.8.8.8", 53)),
    attempt(socket.AF_INET6, socket.SOCK_STREAM, ("2606:2800:220:1::1", 443)),
    attempt(socket.AF_INET, socket.SOCK_STREAM, ("169.254.169.254", 80)),
]))
"""
OWN_LOOPBACK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
with socket.create_connection(server.getsockname()) as client:
    server.accept()[0].send(b"own loopback")
    print(client.recv(100).decode())
"""


def test_without_a_gateway_no_address_is_reachable(backend: Backend) -> None:
    answers = json.loads(said(run(backend, TRY_ALL)))
    assert set(answers) <= {"ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"}


def test_without_a_gateway_the_own_loopback_works(backend: Backend) -> None:
    assert said(run(backend, OWN_LOOPBACK)) == "own loopback\n"


@pytest.mark.parametrize(
    ("ip", "port"), [("93.184.216.34", 443), ("10.1.2.3", 31337), ("127.0.0.1", 15888), ("2001:db8::7", 8443)]
)
def test_any_address_and_port_reaches_the_gateway_under_its_own_name(
    backend: Backend, gateway: Listener, ip: str, port: int
) -> None:
    gateway.reply = b"from the gateway"
    done = run(backend, CONNECT.format(host=ip, port=port), gateway=gateway.path)
    assert said(done) == "from the gateway"
    assert gateway.next() == {"kind": "tcp", "ip": ip, "port": port, "descriptors": 1}


def test_names_resolve_to_the_shim_and_are_reported(backend: Backend, gateway: Listener) -> None:
    gateway.reply = b"hello"
    done = run(backend, CONNECT.format(host="api.exchange.example", port=9443), gateway=gateway.path)
    assert said(done) == "hello"
    seen = [gateway.next()]
    while seen[-1]["kind"] != "tcp":
        seen.append(gateway.next())
    names = {(one["name"], one["type"]) for one in seen if one["kind"] == "dns"}
    assert ("api.exchange.example", "A") in names
    assert (seen[-1]["ip"], seen[-1]["port"]) == ("127.0.0.1", 9443)


def test_a_query_to_a_foreign_name_server_is_answered(backend: Backend, gateway: Listener) -> None:
    query = bytes.fromhex("abcd01000001000000000000") + b"\x06secret\x04evil\x04test\0\0\x10\0\x01"
    code = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(20)
s.sendto({query!r}, ("8.8.8.8", 53)); print(s.recv(100)[:2].hex())
"""
    assert said(run(backend, code, gateway=gateway.path)) == "abcd\n"
    assert gateway.next() == {"kind": "dns", "name": "secret.evil.test", "type": "TXT", "descriptors": 0}


def test_datagrams_to_other_ports_are_reported(backend: Backend, gateway: Listener) -> None:
    code = """
import socket
for family, ip in ((socket.AF_INET, "8.8.4.4"), (socket.AF_INET6, "2001:db8::9")):
    socket.socket(family, socket.SOCK_DGRAM).sendto(b"secret", (ip, 4433))
# The shim saw both before it sees this.
socket.create_connection(("1.1.1.1", 1), 20).recv(1)
"""
    said(run(backend, code, gateway=gateway.path))
    found = [gateway.next() for _ in range(3)]
    places = {(one["kind"], one["ip"], one["port"]) for one in found}
    assert places == {("udp", "8.8.4.4", 4433), ("udp", "2001:db8::9", 4433), ("tcp", "1.1.1.1", 1)}


def test_a_flood_of_connections_ends_and_the_shim_still_serves(backend: Backend, gateway: Listener) -> None:
    code = """
import socket
for n in range(400):
    s = socket.socket(); s.setblocking(False)
    s.connect_ex(("5.6.7.8", 1000 + n))
    if n % 2: s.close()
    else: globals().setdefault("kept", []).append(s)
with socket.create_connection(("9.9.9.9", 999), 50) as s:
    print(s.recv(100).decode())
"""
    gateway.reply = b"still here"
    assert said(run(backend, code, gateway=gateway.path)) == "still here\n"


def test_a_gateway_that_is_gone_closes_connections(backend: Backend, gateway: Listener) -> None:
    code = """
import socket
for _ in range(2):
    with socket.create_connection(("9.9.9.9", 999), 50) as s:
        print(s.recv(1))
"""
    process_path = gateway.path.with_name("nobody-listens.sock")
    process_path.hardlink_to(gateway.path)
    assert said(run(backend, code, gateway=process_path)).splitlines() == ["b''", "b''"]
