"""The shim's reading of packets; its sockets are tested in test_network.py."""

from __future__ import annotations

import socket
import struct

import pytest

from harness.sandbox.inside import shim

HEADER = bytes.fromhex("1234 0100 0001 0000 0000 0000")
NAME = b"\x03api\x07example\0"


def query(name: bytes = NAME, kind: int = 1) -> bytes:
    return HEADER + name + struct.pack("!HH", kind, 1)


def test_a_question_is_read() -> None:
    question = shim.parse_question(query())
    assert question is not None
    assert (question.name, question.type) == ("api.example", "A")


@pytest.mark.parametrize(("kind", "expected"), [(28, "AAAA"), (16, "TXT"), (65, "HTTPS"), (4242, "TYPE4242")])
def test_record_types_have_names(kind: int, expected: str) -> None:
    question = shim.parse_question(query(kind=kind))
    assert question is not None
    assert question.type == expected


def test_odd_bytes_in_a_name_become_harmless() -> None:
    question = shim.parse_question(query(b"\x06a\x1b[2J\n\x03x y\0"))
    assert question is not None
    assert question.name == "a\\x1b[2J\\x0a.x\\x20y"


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        HEADER,
        query()[:-3],
        query(b"\xc0\x0c"),
        HEADER[:2] + b"\x81\x80" + query()[4:],
        HEADER[:4] + b"\0\0" + query()[6:],
        query(
            b"\x3f" + b"a" * 63 + b"\x3f" + b"b" * 63 + b"\x3f" + b"c" * 63 + b"\x3f" + b"d" * 63 + b"\x01e\0"
        ),
    ],
    ids=["empty", "no question", "cut", "pointer", "a reply", "no questions", "too long"],
)
def test_what_is_no_question_is_none(packet: bytes) -> None:
    assert shim.parse_question(packet) is None


def test_address_questions_get_the_loopback_address() -> None:
    packet = query()
    reply = shim.answer(packet, shim.parse_question(packet))
    assert reply is not None
    assert reply.startswith(b"\x124\x85\x80\0\x01\0\x01")
    assert reply.endswith(socket.inet_aton("127.0.0.1"))


def test_other_questions_get_no_record() -> None:
    packet = query(kind=28)
    assert (
        shim.answer(packet, shim.parse_question(packet)) == b"\x124\x85\x80\0\x01\0\0\0\0\0\0" + packet[12:]
    )


def test_nonsense_is_refused_or_left_alone() -> None:
    assert shim.answer(HEADER, None) == b"\x124\x81\x81" + bytes(8)
    assert shim.answer(b"\0\1", None) is None


def ipv4(source_port: int, port: int, offset: int = 0) -> bytes:
    addresses = socket.inet_aton("127.0.0.1") + socket.inet_aton("8.8.4.4")
    head = b"\x45" + bytes(5) + struct.pack("!H", offset) + b"\x40\x11\0\0"
    return head + addresses + struct.pack("!HHHH", source_port, port, 9, 0) + b"x"


def ipv6(kind: int, rest: bytes) -> bytes:
    addresses = socket.inet_pton(socket.AF_INET6, "::1") + socket.inet_pton(socket.AF_INET6, "ff02::fb")
    return b"\x60" + bytes(5) + bytes([kind, 64]) + addresses + rest


UDP = struct.pack("!HHHH", 40000, 123, 9, 0) + b"x"
THERE = ("8.8.4.4", 123)
THERE_6 = ("ff02::fb", 123)


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (ipv4(40000, 123), THERE),
        (ipv4(40000, 5353), None),
        (ipv4(53, 40000), None),
        (ipv4(40000, 123)[:22], None),
        (ipv4(40000, 123, offset=0x2000), THERE),
        (ipv4(40000, 123, offset=185), None),
        (ipv6(17, UDP), THERE_6),
        (ipv6(43, bytes([17, 1]) + bytes(14) + UDP), THERE_6),
        (ipv6(0, bytes([44, 0]) + bytes(6) + bytes([17, 0, 0, 1]) + bytes(4) + UDP), THERE_6),
        (ipv6(44, bytes([17, 0, 0, 8]) + bytes(4) + UDP), None),
        (ipv6(43, bytes([17, 255])), None),
        (ipv6(0, bytes([58, 0]) + bytes(6) + UDP), None),
        (b"", None),
    ],
    ids=["a datagram", "a question", "its answer", "cut", "a first fragment", "a later one", "IPv6", "routed",
         "with options and in fragments", "a later IPv6 one", "a cut header", "another protocol", "nothing"],
)  # fmt: skip
def test_datagrams_but_dns_have_a_destination(packet: bytes, expected: tuple[str, int] | None) -> None:
    assert shim.datagram_destination(packet, {53, 5353}) == expected
