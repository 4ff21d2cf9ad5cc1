"""Every connection and name look-up of a sandbox ends here and is handed to the gateway.

It runs in the sandbox's network namespace but outside its pid and mount namespaces: what runs in the sandbox
cannot see, signal or replace it, nor find the gateway's socket. It reads nothing of what is sent: an accepted
connection goes to the gateway as a file descriptor, beside one JSON line that says where it was meant to go.
Standard library only, Python 3.7 or newer.

Lines: {"kind": "tcp", "ip": …, "port": …} with the connection,
       {"kind": "dns", "name": …, "type": "A" | "AAAA" | … | "malformed"},
       {"kind": "udp", "ip": …, "port": …} once for each place that a datagram other than DNS was sent to.
"""

from __future__ import annotations

import array
import json
import select
import socket
import struct
from typing import Callable, NamedTuple, Optional

SO_ORIGINAL_DST = 80  # linux/netfilter_ipv4.h; the same number for IPv6
GATEWAY_SECONDS = 5
BACKLOG = 256
# A flood must not become a flood of messages; the gateway has seen the pattern long before.
MAX_REPORTS = 20_000
MAX_AT_ONCE = 64
RECORD_TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 65: "HTTPS",
    255: "ANY",
}  # fmt: skip
# linux/if_ether.h, linux/if_packet.h, asm-generic/socket.h and RFC 8200, 4.
_ETHERNET: "dict[int, int]" = {socket.AF_INET: 0x0800, socket.AF_INET6: 0x86DD}
_SO_ATTACH_FILTER = 26
_FRAGMENT = 44
_EXTENSIONS = [0, 43, _FRAGMENT, 60]  # hop-by-hop options, routing, fragment, destination options
_ANSWER = struct.pack("!HHHIH4s", 0xC00C, 1, 1, 60, 4, socket.inet_aton("127.0.0.1"))


class Sockets(NamedTuple):
    """What the shim listens on; the IPv4 and IPv6 ones share their ports."""

    tcp: "list[socket.socket]"
    dns: "list[socket.socket]"
    udp: "list[socket.socket]"

    @property
    def tcp_port(self) -> int:
        return int(self.tcp[0].getsockname()[1])

    @property
    def dns_port(self) -> int:
        return int(self.dns[0].getsockname()[1])

    @property
    def with_ipv6(self) -> bool:
        return len(self.tcp) > 1


def open_sockets() -> Sockets:
    """Bind all sockets. Needs CAP_NET_RAW for datagrams to any port; leaves IPv6 out where there is none."""
    tcp = _bound(socket.AF_INET, socket.SOCK_STREAM, 0)
    dns = _bound(socket.AF_INET, socket.SOCK_DGRAM, 0)
    sockets = Sockets([tcp], [dns], [_watching(socket.AF_INET)])
    if not _has_ipv6():
        return _listening(sockets)
    try:
        tcp_6 = _bound(socket.AF_INET6, socket.SOCK_STREAM, sockets.tcp_port)
        dns_6 = _bound(socket.AF_INET6, socket.SOCK_DGRAM, sockets.dns_port)
        udp_6 = _watching(socket.AF_INET6)
    except OSError:
        pass
    else:
        sockets.tcp.append(tcp_6)
        sockets.dns.append(dns_6)
        sockets.udp.append(udp_6)
    return _listening(sockets)


def _has_ipv6() -> bool:
    """Whether this namespace's loopback speaks IPv6; where it is switched off, no one inside can use it."""
    try:
        with open("/proc/sys/net/ipv6/conf/lo/disable_ipv6") as setting:
            return setting.read().strip() == "0"
    except OSError:
        return False


def _listening(sockets: Sockets) -> Sockets:
    for listener in sockets.tcp:
        listener.listen(BACKLOG)
    return sockets


def _bound(family: int, kind: int, port: int) -> socket.socket:
    handle = socket.socket(family, kind)
    if family == socket.AF_INET6:
        handle.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    handle.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))  # noqa: S104 - an empty namespace
    return handle


def _watching(family: int) -> socket.socket:
    """Sees each UDP packet of the family on the loopback, multicasts too, which raw sockets do not get."""
    handle = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    at, kinds = (
        (9, [socket.IPPROTO_UDP]) if family == socket.AF_INET else (6, [socket.IPPROTO_UDP, *_EXTENSIONS])
    )
    program = array.array("B", _only(at, kinds))
    address, size = program.buffer_info()
    handle.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", size // 8, address))
    handle.bind(("lo", _ETHERNET[family]))
    return handle


def _only(at: int, kinds: "list[int]") -> bytes:
    """A packet filter (linux/filter.h): the first 256 bytes of packets whose byte `at` is one of `kinds`."""
    steps = [(0x30, 0, 0, at)]  # load the byte
    # Equal: go on behind the refusal, which follows the last comparison.
    steps += [(0x15, len(kinds) - number, 0, kind) for number, kind in enumerate(kinds)]
    steps += [(0x06, 0, 0, 0), (0x06, 0, 0, 256)]
    return b"".join(struct.pack("@HBBI", *step) for step in steps)


class Shim:
    """Serves until it is killed."""

    def __init__(self, sockets: Sockets, gateway: str) -> None:
        self._sockets = sockets
        self._gateway = gateway
        self._reports = 0
        self._seen: "set[tuple[str, int]]" = set()

    def serve(self) -> None:
        handlers: "dict[int, Callable[[], None]]" = {}
        # Datagrams first: what was sent before a connection is told before it, and before a job's quick end.
        for group, handle in (
            (self._sockets.udp, self._note_datagrams),
            (self._sockets.dns, self._answer_name),
            (self._sockets.tcp, self._take_connection),
        ):
            for one in group:
                one.setblocking(False)
                handlers[one.fileno()] = lambda handle=handle, one=one: handle(one)  # type: ignore[misc]
        poll = select.poll()
        for number in handlers:
            poll.register(number, select.POLLIN)
        while True:
            for number, _ in poll.poll():
                try:
                    handlers[number]()
                except OSError:
                    # A peer that has gone already, a gateway that is closing, no more datagrams: go on.
                    continue

    def _take_connection(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            ip, port = original_destination(connection)
            self._send({"kind": "tcp", "ip": ip, "port": port}, connection)

    def _answer_name(self, server: socket.socket) -> None:
        query, sender = server.recvfrom(4096)
        question = parse_question(query)
        reply = answer(query, question)
        if reply is not None:
            server.sendto(reply, sender)
        if question is None:
            self._report({"kind": "dns", "name": printable(query[:64]), "type": "malformed"})
        else:
            self._report({"kind": "dns", "name": question.name, "type": question.type})

    def _note_datagrams(self, watching: socket.socket) -> None:
        for _ in range(MAX_AT_ONCE):
            packet = watching.recv(256)  # an OSError when there are no more
            place = datagram_destination(packet, {53, self._sockets.dns_port})
            if place is not None and place not in self._seen and len(self._seen) < 1000:
                self._seen.add(place)
                self._report({"kind": "udp", "ip": place[0], "port": place[1]})

    def _report(self, message: "dict[str, object]") -> None:
        if self._reports < MAX_REPORTS:
            self._reports += 1
            self._send(message, None)

    def _send(self, message: "dict[str, object]", connection: "Optional[socket.socket]") -> None:
        rights = []
        if connection is not None:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [connection.fileno()]))]
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as handle:
            # The kernel's own time limit: a Python time-out makes connect fail at once while a queue is full.
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", GATEWAY_SECONDS, 0))
            handle.connect(self._gateway)
            handle.sendmsg([json.dumps(message).encode() + b"\n"], rights)


def original_destination(connection: socket.socket) -> "tuple[str, int]":
    """Where the client meant to go before the redirect."""
    if connection.family == socket.AF_INET6:
        raw = connection.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
        port, _, ip = struct.unpack_from("!2xHI16s", raw)
        return socket.inet_ntop(socket.AF_INET6, ip), port
    raw = connection.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
    port, ip = struct.unpack_from("!2xH4s", raw)
    return socket.inet_ntop(socket.AF_INET, ip), port


class Question(NamedTuple):
    """A DNS question; `end` is where it ends in the query."""

    name: str
    type: str
    end: int


def parse_question(query: bytes) -> "Optional[Question]":
    """The first question of a DNS query (RFC 1035, 4.1), None when it is not one."""
    if len(query) < 12 or query[2] & 0x80 or struct.unpack_from("!H", query, 4)[0] < 1:
        return None
    labels, at = [], 12
    while at < len(query) and query[at] != 0:
        length = query[at]
        if length > 63 or at - 12 > 255:
            return None
        labels.append(printable(query[at + 1 : at + 1 + length]))
        at += 1 + length
    if at + 5 > len(query):
        return None
    (number,) = struct.unpack_from("!H", query, at + 1)
    return Question(".".join(labels), RECORD_TYPES.get(number, "TYPE%d" % number), at + 5)


def answer(query: bytes, question: "Optional[Question]") -> "Optional[bytes]":
    """127.0.0.1 for every A question, "no such record" for other types, FORMERR for what is no question."""
    if question is None:
        return query[:2] + struct.pack("!HHHHH", 0x8181, 0, 0, 0, 0) if len(query) >= 12 else None
    is_address = question.type == "A"
    header = query[:2] + struct.pack("!HHHHH", 0x8580, 1, int(is_address), 0, 0)
    return header + query[12 : question.end] + (_ANSWER if is_address else b"")


def datagram_destination(packet: bytes, dns_ports: "set[int]") -> "Optional[tuple[str, int]]":
    """Where an IP packet with a datagram was going; None for DNS, its replies and what has no UDP header."""
    if len(packet) < 20:
        return None
    if packet[0] >> 4 == 4:
        start, ip = (packet[0] & 0x0F) * 4, socket.inet_ntop(socket.AF_INET, packet[16:20])
        is_first = not struct.unpack_from("!H", packet, 6)[0] & 0x1FFF
    else:
        start, is_first = _behind_extensions(packet)
        ip = socket.inet_ntop(socket.AF_INET6, packet[24:40]) if is_first else ""
    if not is_first or len(packet) < start + 4:
        return None
    source_port, port = struct.unpack_from("!HH", packet, start)
    return None if {source_port, port} & dns_ports else (ip, port)


def _behind_extensions(packet: bytes) -> "tuple[int, bool]":
    """Where an IPv6 packet's UDP header begins, and whether there is one: later fragments have none."""
    kind, at = packet[6], 40
    while kind in _EXTENSIONS and len(packet) >= at + 8:
        if kind == _FRAGMENT and struct.unpack_from("!H", packet, at + 2)[0] & 0xFFF8:
            return at, False
        kind, at = packet[at], at + (8 if kind == _FRAGMENT else (packet[at + 1] + 1) * 8)
    return at, kind == socket.IPPROTO_UDP


def printable(raw: bytes) -> str:
    """Bytes of somebody else's choosing as harmless ASCII."""
    return "".join(chr(byte) if 0x21 <= byte < 0x7F and byte != 0x5C else "\\x%02x" % byte for byte in raw)
