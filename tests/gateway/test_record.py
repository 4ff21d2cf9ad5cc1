"""The record: order, queries, limits, waiting, secrets and evidence."""

from __future__ import annotations

import base64
import hmac
import json
import random
import string
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest

from harness.gateway.canaries import Canaries
from harness.gateway.entries import (
    Entry,
    Exchange,
    Frame,
    Handshake,
    Lookup,
    RejectedConnection,
    RejectionReason,
    Socket,
    Trouble,
)
from harness.gateway.record import Record
from harness.outcome import Basis, EvidenceKind

SECRET = "9b/K+zzQ&x=7c0ffee"  # characters that change in URLs, JSON stays as it is

EXCHANGE = Exchange(
    at=1.0,
    host="api.tiny.test",
    port=443,
    tls=True,
    client="connector",
    operation="place_order",
    method="POST",
    path="/order",
    raw_query="symbol=BTC",
    headers=(("X-Key", "public"), ("User-Agent", "bot")),
    body=b"amount=1&symbol=ETH",
)
FRAME = Frame(2.0, "stream.tiny.test", 0, "connector", "sent", "stream:subscribe", '{"op":"sub"}')
SOCKET = Socket(1.5, "stream.tiny.test", 443, True, "connector", "stream:subscribe", "/ws")
REJECTED = RejectedConnection(
    3.0, RejectionReason.UNDECLARED_HOST, "connector", "evil.test", "10.0.0.1", 443, True, b"GET / "
)


def test_an_exchange_is_read_in_its_parts() -> None:
    exchange = replace(EXCHANGE, reply=b'{"id":1}', status=200)
    assert exchange.params == {"symbol": "ETH", "amount": "1"}
    assert exchange.header("x-KEY") == "public"
    assert exchange.reply_json() == {"id": 1}
    assert exchange.json() is None
    assert exchange.url == "https://api.tiny.test/order?symbol=BTC"
    assert replace(exchange, port=9443).url == "https://api.tiny.test:9443/order?symbol=BTC"


def test_entries_of_all_kinds_share_one_line() -> None:
    record = Record()
    numbers = [record.add(replace(each)) for each in (EXCHANGE, SOCKET, FRAME, REJECTED)]
    assert numbers == [0, 1, 2, 3] == [entry.number for entry in record.entries()]
    assert record.entries(since=2) == record.entries()[2:]
    assert (record.frames()[0].number, record.sockets()[0].number) == (2, 1)


def test_queries_narrow() -> None:
    record = Record()
    record.add(EXCHANGE)
    record.add(replace(EXCHANGE, operation="cancel_order", host="other.test"))
    record.add(replace(EXCHANGE, client="oracle"))
    record.add(replace(EXCHANGE, operation=None))
    mark = record.mark()
    record.add(replace(EXCHANGE, operation="order_book"))
    assert len(record.exchanges()) == 4
    assert len(record.exchanges(client=None)) == 5
    assert [e.operation for e in record.exchanges("*_order")] == ["place_order", "cancel_order"]
    assert [e.operation for e in record.exchanges(since=mark)] == ["order_book"]
    assert len(record.exchanges(host="other.test")) == 1
    record.add(FRAME)
    record.add(replace(FRAME, direction="received", socket_id=7))
    assert [f.socket_id for f in record.frames(direction="sent")] == [0]
    assert [f.direction for f in record.frames(socket_id=7)] == ["received"]


def test_an_exchange_is_completed_in_place() -> None:
    record = Record()
    number = record.add(EXCHANGE)
    before = record.exchanges()[0]
    record.complete(number, status=200, reply=b"ok")
    assert (before.status, record.exchanges()[0].status) == (None, 200)
    assert record.exchanges()[0].number == number


def test_what_does_not_fit_is_counted() -> None:
    record = Record(most_entries=2)
    numbers = [record.add(replace(FRAME)) for _ in range(5)]
    assert numbers == [0, 1, -1, -1, -1]
    assert (len(record.entries()), record.overflow) == (2, 3)
    record.complete(-1, fault="nothing happens")
    small = Record(most_bytes=2000)
    assert small.add(replace(EXCHANGE, body=b"x" * 5000)) == -1


def test_writers_of_many_threads_lose_nothing() -> None:
    record = Record()

    def write() -> None:
        for _ in range(500):
            record.add(replace(FRAME))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [entry.number for entry in record.entries()] == list(range(2000))


def test_waiting_ends_when_it_is_there_and_when_time_is_up() -> None:
    record = Record()
    threading.Timer(0.2, record.add, args=(EXCHANGE,)).start()
    assert record.wait_for(record.exchanges, 20)
    began = time.monotonic()
    assert not record.wait_for(record.rejected, 0.1)
    assert time.monotonic() - began >= 0.1


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda s: s,
    "url-encoded": lambda s: quote(s, safe=""),
    "half url-encoded": lambda s: s.replace("/", "%2f"),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 inside": lambda s: base64.b64encode(f"k:{s}!".encode()).decode(),
    "base64url": lambda s: base64.urlsafe_b64encode(f"abc{s}".encode()).decode(),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "reversed": lambda s: s[::-1],
}

PLACES: dict[str, Callable[[str], Entry]] = {
    "url": lambda s: replace(EXCHANGE, raw_query=f"key={s}"),
    "header X-Debug": lambda s: replace(EXCHANGE, headers=(("X-Debug", s),)),
    "body": lambda s: replace(EXCHANGE, body=f'{{"k": "{s}"}}'.encode()),
    "frame": lambda s: replace(FRAME, text=f"auth {s}"),
    "first bytes": lambda s: replace(REJECTED, first_bytes=f"GET /?{s} HTTP/1.1".encode()),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_found_however_it_leaves(place: str, spelling: str) -> None:
    record = Record({"api_secret": SECRET})
    record.add(EXCHANGE)
    record.add(PLACES[place](SPELLINGS[spelling](SECRET)))
    (sighting,) = record.find_secret("api_secret")
    assert sighting.place == place
    assert "‹api_secret›" in record.evidence(sighting).text
    for text in (sighting.excerpt, record.evidence(sighting).text):
        assert SECRET not in text
        assert SPELLINGS[spelling](SECRET) not in text


@pytest.mark.parametrize(
    "name",
    [
        base64.b32encode(SECRET.encode()).decode().rstrip("=").lower() + ".evil.test",
        ".".join(SECRET.encode().hex()[i : i + 10] for i in range(0, 36, 10)) + ".evil.test",
    ],
    ids=["base32", "hex in pieces"],
)
def test_a_secret_in_a_host_name_is_found(name: str) -> None:
    record = Record({"api_secret": SECRET})
    record.add(Lookup(1.0, name))
    record.add(Handshake(1.0, name, "10.0.0.1", 443, "connector", "right", None))
    assert [sighting.place for sighting in record.find_secret("api_secret")] == ["look-up", "host name"]


def test_replies_and_the_oracle_may_carry_secrets() -> None:
    record = Record({"api_secret": SECRET})
    record.add(replace(EXCHANGE, reply=SECRET.encode(), reply_headers=(("X", SECRET),)))
    record.add(replace(FRAME, direction="received", text=SECRET))
    record.add(replace(EXCHANGE, client="oracle", body=SECRET.encode()))
    assert record.find_secret("api_secret") == ()
    assert len(record.find_secret("api_secret", client=None)) == 1


def test_a_secret_may_be_given_by_itself() -> None:
    record = Record()
    record.add(replace(EXCHANGE, body=SECRET.encode()))
    assert len(record.find_secret(SECRET)) == 1


def test_settings_are_no_secrets() -> None:
    record = Record({"sub_domain": "www"})
    assert record.redact("https://www.tiny.test") == "https://www.tiny.test"
    assert record.find_secret("sub_domain") == ()


@pytest.mark.parametrize(
    "entry",
    [
        replace(EXCHANGE, raw_query=f"key={SECRET}", body=SECRET.encode(), status=200, reply=b"ok"),
        replace(FRAME, text=SECRET),
        replace(SOCKET, raw_query=SECRET, closed_at=9.0, close_code=1006),
        replace(REJECTED, first_bytes=SECRET.encode()),
        Lookup(1.0, "api.tiny.test"),
        Handshake(1.0, "api.tiny.test", None, None, "connector", "expired", "bad certificate"),
        Trouble(1.0, "accept", f"it broke at {SECRET}"),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_every_entry_becomes_redacted_evidence(entry: Entry) -> None:
    evidence = Record({"api_secret": SECRET}).evidence(entry)
    assert (evidence.basis, evidence.kind) == (Basis.OBSERVED, EvidenceKind.WIRE)
    assert evidence.text
    assert SECRET not in evidence.model_dump_json()


ALPHABET = string.ascii_letters + string.digits


def token(seed: int, size: int = 64) -> str:
    return "".join(random.Random(seed).choices(ALPHABET, k=size))  # noqa: S311 - the same in every run


PIECES: dict[str, Callable[[str], list[str]]] = {
    "twelve characters": lambda s: [f"x-{s[30:42]}"],
    "half, as hex": lambda s: [s[:32].encode().hex()],
    "eight at a time": lambda s: [f"k={s[i : i + 8]};" for i in range(0, 64, 8)],
    "nine bytes of base64 at a time": lambda s: [
        base64.b64encode(s[i : i + 9].encode()).decode() for i in range(0, 63, 9)
    ],
    "as a list of letters": lambda s: [json.dumps(list(s))],
    "as a list of numbers": lambda s: [json.dumps(list(s.encode()))],
    "as escapes": lambda s: ["".join(f"\\u{ord(c):04x}" for c in s)],
    "as some escapes": lambda s: ["".join(f"\\u{ord(c):04x}" if i % 5 else c for i, c in enumerate(s))],
    "as entities": lambda s: ["".join(f"&#{ord(c)};" for c in s)],
    "in other letter case": lambda s: [s.swapcase()],
}


@pytest.mark.parametrize("cut", PIECES)
def test_a_secret_in_pieces_is_found(cut: str) -> None:
    secret = token(1)
    record = Record({"api_secret": secret})
    for piece in PIECES[cut](secret):
        record.add(replace(FRAME, text=piece))
        assert piece not in record.redact(f"it said {piece}!")
    assert record.find_secret("api_secret")


def test_pieces_over_several_look_ups_are_found() -> None:
    secret = token(2)
    record = Record({"api_secret": secret})
    text = base64.b32encode(secret.encode()).decode().rstrip("=").lower()
    for number in range(0, len(text), 16):
        record.add(Lookup(1.0, f"{text[number : number + 16]}.{number}.evil.test"))
    assert len(record.find_secret("api_secret")) == len(text) // 16


def test_one_short_piece_tells_nothing() -> None:
    secret = token(3)
    record = Record({"api_secret": secret})
    for _ in range(10):
        record.add(replace(FRAME, text=f"order {secret[20:29]}"))
    assert record.find_secret("api_secret") == ()


def test_honest_traffic_shows_no_trace() -> None:
    """Keys, signatures, listen keys, order ids and certificates' noise beside sixty secrets."""
    canaries = Canaries({f"secret {number}": token(number) for number in range(60)})
    for number in range(1000, 1400):
        signature = hmac.new(token(number).encode(), b"text", "sha256").hexdigest()
        noise = random.Random(number).randbytes(300)  # noqa: S311 - the same in every run
        text = f"timestamp={number}1700000&signature={signature}&listenKey={token(number)} {noise!r}"
        assert canaries.redact(text) == text


def test_the_hello_of_a_handshake_is_searched() -> None:
    secret = token(5)
    record = Record({"api_secret": secret})
    hello = b"\x16\x03\x01\x00\x10api.tiny.test\x00\x40" + secret.encode()
    record.add(Handshake(1.0, "api.tiny.test", None, 443, "connector", "right", None, hello))
    (sighting,) = record.find_secret("api_secret")
    assert sighting.place == "TLS hello"


def test_secrets_of_several_scenarios_may_share_a_name() -> None:
    canaries = Canaries({"api_secret": token(6)})
    canaries.know({"api_secret": token(7)})
    record = Record(canaries)
    record.add(replace(FRAME, text=token(6)))
    record.add(replace(FRAME, text=token(7)))
    assert len(record.find_secrets(["api_secret", "another"])) == 2


def test_digits_of_an_amount_are_no_piece_of_a_key() -> None:
    """Keys of some exchanges are numbers of seventy digits, eight of which stand in some amount by chance."""
    key = "".join(random.Random(3).choices(string.digits, k=76))  # noqa: S311
    canaries = Canaries({"private_key": key})
    assert canaries.redact(f"1581.4{key[20:30]}000") == f"1581.4{key[20:30]}000"
    assert key[20:34] not in canaries.redact(f"1581.4{key[20:34]}000")
    assert key not in canaries.redact(f"key={key}")
    amounts = [replace(EXCHANGE, body=key[at : at + 9].encode()) for at in (3, 20, 61)]
    assert not list(canaries.sightings({"private_key"}, amounts))
    pieces = [replace(EXCHANGE, body=key[at : at + 9].encode()) for at in range(0, 76, 9)]
    assert list(canaries.sightings({"private_key"}, pieces))


def test_digits_in_the_hex_of_a_word_are_a_piece_of_it() -> None:
    """Most letters' hex has digits alone: sixteen of them say eight characters of a secret."""
    key = "qwertyuiopasdfgh1234567890zxcvbnQWERTYUI"
    spelt = key.encode().hex()
    canaries = Canaries({"api_secret": key})
    pieces = [spelt[at : at + 16] for at in range(len(spelt) - 16) if spelt[at : at + 16].isdigit()]
    assert pieces
    assert not any(piece in canaries.redact(f"{piece}.0.evil.test") for piece in pieces)
