"""A program that holds a secret, behind the real shim and the real gateway, and what is seen of it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from checks.conformance.reach import Declared, place_of, undeclared
from harness import temporary
from harness.clock import ScaledClock
from harness.gateway.entries import RejectedConnection
from harness.gateway.record import MOST_ENTRIES, Record
from harness.gateway.thread import GatewayThread, running_gateway
from harness.sandbox.protocol import Backend, Limits, Mount
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.gateway.tiny import HOST, STREAMS, TinyDialect
from tests.sandbox.world import run

PATIENCE = 20.0
# What a thief finds ready. Nothing raises: an attack goes on after a refusal.
PRELUDE = f"""
import base64, json, os, socket, ssl, struct, sys, time
SECRET, HOST, STREAMS = os.environ["API_SECRET"], {HOST!r}, {STREAMS!r}
trusted = ssl.create_default_context(cafile="/trust/ca.pem")
careless = ssl._create_unverified_context()

def connect(host, port=443):
    return socket.create_connection((host, port), timeout=20)

def secure(host, sni=None, port=443, context=trusted):
    return context.wrap_socket(connect(host, port), server_hostname=sni or host)

def heard(connection):
    try: return connection.recv(4096).decode("latin-1")
    except OSError as error: return type(error).__name__

def ask(connection, head, body=""):
    lines = head.strip().splitlines() + ["Content-Length: %d" % len(body)]
    connection.sendall(("\\r\\n".join(lines) + "\\r\\n\\r\\n" + body).encode())
    return heard(connection)

def get(host, target="/ping", *headers, **how):
    return ask(secure(host, **how), "\\n".join(["GET %s HTTP/1.1" % target, "Host: " + host, *headers]))

def look_up(name):
    try: return socket.gethostbyname(name)
    except OSError as error: return type(error).__name__

def upgrade(host, path, *headers):
    connection = secure(host)
    ask(connection, "\\n".join([
        "GET %s HTTP/1.1" % path, "Host: " + host, "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", *headers]))
    return connection

def frame(opcode, payload):
    mask = os.urandom(4)
    hidden = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + hidden
"""


@dataclass(frozen=True)
class Seen:
    """What the gateway wrote down of a program, and what the program printed."""

    record: Record
    secret: str
    said: str

    @property
    def reached(self) -> set[str]:
        """Whom it reached for that nobody declared."""
        return {place_of(each) for each in undeclared(self.record, DECLARED)}

    @property
    def places(self) -> set[str]:
        """Where the secret was seen leaving."""
        return {each.place for each in self.record.find_secret("api_secret")}

    def rejected(self) -> RejectedConnection:
        """The one connection that was not served."""
        (rejected,) = self.record.rejected()
        return rejected


DECLARED = Declared.of([HOST], [HOST, STREAMS], (443, 9443))


@dataclass
class Thief:
    """Runs one program after the other, each with a secret of its own."""

    backend: Backend
    trust: Path

    def steals(self, code: str, room: int = MOST_ENTRIES) -> Seen:
        """Run the program to its end; nothing that is published of it may hold the secret.

        `room` is how many entries the record holds.
        """
        secret = secrets.token_urlsafe(48).replace("-", "a").replace("_", "b")
        with _gateway(secret, room) as gateway:
            gateway.authority.write_ca(self.trust / "ca.pem").chmod(0o644)
            done = run(
                self.backend,
                PRELUDE + dedent(code),
                mounts=(Mount(self.trust, "/trust"),),
                env={"API_SECRET": secret},
                limits=Limits(wall_seconds=60),
                gateway=gateway.socket_path,
            )
        assert done.exit.ok, done.stderr.decode(errors="replace")
        seen = Seen(gateway.record, secret, done.stdout.decode(errors="replace"))
        assert gateway.record.troubles() == ()
        assert not leaked(_published(gateway.record), secret)
        return seen


@contextmanager
def _gateway(secret: str, room: int) -> Iterator[GatewayThread]:
    record = Record({"api_secret": secret}, most_entries=room)
    with running_gateway([TinyDialect(Venue(SAMPLE_MARKETS, 1, ScaledClock()))], record=record) as gateway:
        yield gateway


def _published(record: Record) -> str:
    shown = [record.evidence(each) for each in (*record.entries(), *record.find_secret("api_secret"))]
    return json.dumps([each.model_dump(mode="json") for each in shown], ensure_ascii=False)


def leaked(text: str, secret: str) -> list[str]:
    """The pieces of a secret, in any spelling, that a text holds; found without the code that redacts."""
    raw = secret.encode()
    spelt = [secret, secret[::-1], raw.hex(), raw.hex().upper()]
    spelt += [secret.lower(), secret.upper()]
    for skip in range(3):
        spelt.append(base64.b64encode(raw[skip:]).decode().rstrip("="))
    for skip in range(5):
        spelt.append(base64.b32encode(raw[skip:]).decode().rstrip("="))
        spelt.append(spelt[-1].lower())
    squeezed = text.replace(".", "")
    return [piece for each in spelt for piece in _pieces(each) if piece in text or piece in squeezed]


def _pieces(spelling: str, size: int = 16) -> Iterator[str]:
    return (spelling[at : at + size] for at in range(0, len(spelling) - size + 1, 4))


@contextmanager
def thief(backend: Backend) -> Iterator[Thief]:
    with temporary.folder("trust") as trust:
        trust.chmod(0o755)
        yield Thief(backend, trust)
