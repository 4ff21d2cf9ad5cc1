"""The real sandbox, the real shim and the real gateway."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pytest

from harness.gateway.entries import RejectionReason
from harness.gateway.thread import GatewayThread
from harness.sandbox.protocol import Job, Limits, Mount
from tests.gateway.emulated import PATIENCE
from tests.gateway.tiny import HOST
from tests.sandbox.fixtures import at_hand

PYTHON = str(Path(sys.executable).resolve())

INSIDE = f"""
import json, socket, ssl, urllib.request, urllib.error
trusted = ssl.create_default_context(cafile="/trust/ca.pem")

def get(url, context=trusted):
    try:
        with urllib.request.urlopen(url, context=context, timeout=20) as reply:
            return [reply.status, reply.read().decode()]
    except urllib.error.HTTPError as error:
        return [error.code, ""]
    except OSError as error:
        return [type(error.reason).__name__ if hasattr(error, "reason") else type(error).__name__, ""]

print(json.dumps([
    get("https://{HOST}/ping?n=7"),
    get("https://telemetry.test/collect"),
    get("https://{HOST}:8443/ping"),
    get("http://{HOST}/ping"),
    get("https://{HOST}/ping", ssl.create_default_context()),
]))
"""


@pytest.fixture
def answers(gateway: GatewayThread) -> list[list[object]]:
    backend = at_hand()
    with tempfile.TemporaryDirectory() as folder:
        trust = Path(folder)
        trust.chmod(0o755)
        gateway.authority.write_ca(trust / "ca.pem").chmod(0o644)
        job = Job(
            (PYTHON, "-I", "-S", "-c", INSIDE),
            mounts=(Mount(trust, "/trust"),),
            limits=Limits(wall_seconds=100),
            gateway=gateway.socket_path,
        )
        done = backend.run(job)
    assert done.exit.ok, done.stderr.decode(errors="replace")
    found: list[list[object]] = json.loads(done.stdout)
    return found


def test_what_gets_out_of_a_sandbox(gateway: GatewayThread, answers: list[list[object]]) -> None:
    assert answers == [
        [200, '{"pong":"7"}'],
        [421, ""],
        [421, ""],
        [421, ""],
        ["SSLCertVerificationError", ""],
    ]
    record = gateway.record
    (exchange,) = record.exchanges()
    assert (exchange.client, exchange.host, exchange.params) == ("connector", HOST, {"n": "7"})
    assert [(s.reason, s.host, s.port) for s in record.rejected()] == [
        (RejectionReason.UNDECLARED_HOST, "telemetry.test", 443),
        (RejectionReason.UNDECLARED_PORT, HOST, 8443),
        (RejectionReason.NO_TLS, HOST, 80),
    ]
    assert {HOST, "telemetry.test"} <= {lookup.name.rstrip(".") for lookup in record.lookups()}
    refused = record.wait_for(lambda: [h for h in record.handshakes() if h.error], PATIENCE)
    assert refused
    assert refused[0].host == HOST
    assert record.troubles() == ()
