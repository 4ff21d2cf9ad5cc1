"""A network namespace in which every address is this machine and every connection ends at the shim."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
from functools import cache

LIBRARY = "libnftables.so.1"
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
# linux/netlink.h and linux/rtnetlink.h.
_NLM_REQUEST, _NLM_ACK, _NLM_CREATE = 1, 4, 0x400
_RTM_NEWROUTE, _RTA_OIF = 24, 4
_RT_TABLE_LOCAL, _RTPROT_BOOT, _RT_SCOPE_HOST, _RTN_LOCAL = 255, 3, 254, 2
_ATTRIBUTE, _MESSAGE, _ROUTE = struct.Struct("=HHI"), struct.Struct("=IHHII"), struct.Struct("=8BI")


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(handle, _SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def redirect_all(tcp_port: int, dns_port: int, with_ipv6: bool) -> None:
    """Send all TCP to `tcp_port` and UDP 53 to `dns_port`, whatever the destination. Needs CAP_NET_ADMIN."""
    for family in (socket.AF_INET, socket.AF_INET6) if with_ipv6 else (socket.AF_INET,):
        _make_all_local(family)
    _apply(ruleset(tcp_port, dns_port))


def ruleset(tcp_port: int, dns_port: int) -> str:
    return f"""table inet harness {{
  chain out {{
    type nat hook output priority -100
    meta l4proto tcp redirect to :{tcp_port}
    udp dport 53 redirect to :{dns_port}
  }}
}}
"""


def _make_all_local(family: int) -> None:
    """`ip route add local default dev lo`: every address is local, so a hard-coded one gets an answer too."""
    fields = (family, 0, 0, 0, _RT_TABLE_LOCAL, _RTPROT_BOOT, _RT_SCOPE_HOST, _RTN_LOCAL, 0)
    route = _ROUTE.pack(*fields) + _ATTRIBUTE.pack(_ATTRIBUTE.size, _RTA_OIF, socket.if_nametoindex("lo"))
    flags = _NLM_REQUEST | _NLM_ACK | _NLM_CREATE
    header = _MESSAGE.pack(_MESSAGE.size + len(route), _RTM_NEWROUTE, flags, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as handle:
        handle.send(header + route)
        # The answer is an error message whose number is 0 when all went well.
        (number,) = struct.unpack_from("=i", handle.recv(4096), _MESSAGE.size)
    if number and -number != errno.EEXIST:
        raise OSError(-number, f"a route for all addresses: {os.strerror(-number)}")


@cache
def library() -> ctypes.CDLL:
    """libnftables, with types. Raises OSError where it is not installed."""
    nft = ctypes.CDLL(LIBRARY)
    nft.nft_ctx_new.restype = ctypes.c_void_p
    nft.nft_ctx_new.argtypes = [ctypes.c_uint32]
    nft.nft_ctx_buffer_error.argtypes = nft.nft_ctx_free.argtypes = [ctypes.c_void_p]
    nft.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
    nft.nft_ctx_get_error_buffer.argtypes = [ctypes.c_void_p]
    nft.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    return nft


def _apply(rules: str) -> None:
    """Load rules into this network namespace. Raises OSError with nftables' own words."""
    nft = library()
    context = nft.nft_ctx_new(0)
    try:
        nft.nft_ctx_buffer_error(context)
        if nft.nft_run_cmd_from_buffer(context, rules.encode()) != 0:
            words = nft.nft_ctx_get_error_buffer(context) or b""
            raise OSError(f"nftables: {words.decode('utf-8', 'replace').strip()[:1000]}")
    finally:
        nft.nft_ctx_free(context)
