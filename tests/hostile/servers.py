"""Servers of a stranger's own making: git's own protocol on a loopback port, and HTTPS."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from harness.gateway.tls import Authority

COMMIT, TREE, BLOB, REF_DELTA = 1, 2, 3, 7
PERSON = "Ann <ann@example.com> 1596240000 +0000"

RpcClient = Callable[[socket.socket], None]


@contextlib.contextmanager
def git_server(answer: RpcClient) -> Iterator[str]:
    """The git:// address of a server that gives `answer` to every connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = threading.Thread(target=_serve, args=(server, answer), daemon=True)
        listener.start()
        try:
            yield f"git://127.0.0.1:{server.getsockname()[1]}/fork"
        finally:
            server.shutdown(socket.SHUT_RDWR)  # a thread that waits in accept() would serve the next test
            listener.join(10)


def _serve(server: socket.socket, answer: RpcClient) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_answer, args=(connection, answer), daemon=True).start()


def _answer(connection: socket.socket, answer: RpcClient) -> None:
    with contextlib.suppress(OSError), connection:
        answer(connection)


def packet(text: bytes) -> bytes:
    """A pkt-line (gitprotocol-common(5))."""
    return b"%04x" % (len(text) + 4) + text


def advertised(tip: str, name: bytes = b"refs/heads/master") -> bytes:
    """The answer of version 0 to a client's first words: one ref, and few abilities."""
    return packet(tip.encode() + b" " + name + b"\0ofs-delta shallow\n") + b"0000"


def serving(tip: str, pack: Iterable[bytes]) -> RpcClient:
    """An exchange of messages that ends in `pack`, whatever was asked for."""

    def answer(connection: socket.socket) -> None:
        with connection.makefile("rb") as asked:
            _request(asked.read)
            connection.sendall(advertised(tip))
            first = True
            while (line := _request(asked.read)) is not None and line != b"done\n":
                if line == b"" and not first:
                    connection.sendall(packet(b"NAK\n"))
                first = first and line != b""
            if line is None:
                return
            connection.sendall(packet(b"NAK\n"))
            for part in pack:
                connection.sendall(part)

    return answer


def _request(read: Callable[[int], bytes]) -> bytes | None:
    """The next pkt-line's text, empty for a flush, None at the end."""
    length = read(4)
    if len(length) < 4:
        return None
    return read(int(length, 16) - 4) if length != b"0000" else b""


def header(kind: int, size: int) -> bytes:
    """An object's first bytes in a pack: its type, and the size that it claims."""
    out, value = bytearray(), (kind << 4) | (size & 15)
    size >>= 4
    while size:
        out.append(value | 0x80)
        value, size = size & 0x7F, size >> 7
    return bytes((*out, value))


def packed(kind: int, content: bytes, claimed: int | None = None) -> bytes:
    return header(kind, len(content) if claimed is None else claimed) + zlib.compress(content)


def delta(base: str, base_size: int, result_size: int, commands: bytes) -> bytes:
    """A delta against the object `base`."""
    body = _varint(base_size) + _varint(result_size) + commands
    return header(REF_DELTA, len(body)) + bytes.fromhex(base) + zlib.compress(body)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def pack_of(*objects: bytes, announced: int | None = None) -> bytes:
    count = len(objects) if announced is None else announced
    body = struct.pack(">4sII", b"PACK", 2, count) + b"".join(objects)
    return body + _sha1(body).digest()


def object_id(kind: str, content: bytes) -> str:
    return _sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


def _sha1(content: bytes) -> hashlib._Hash:
    return hashlib.sha1(content, usedforsecurity=False)


def lone_commit(tree: str) -> tuple[str, bytes]:
    """(id, content) of a commit without parents."""
    content = f"tree {tree}\nauthor {PERSON}\ncommitter {PERSON}\n\nx\n".encode()
    return object_id("commit", content), content


@contextlib.contextmanager
def https_server(
    place: Path, answer: Callable[[str], tuple[int, dict[str, str], bytes]]
) -> Iterator[tuple[str, list[str]]]:
    """(address, paths asked for) of a server that answers a path with status, headers and body.

    Its authority's certificate is `place`/ca.pem.
    """
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Nothing: the test looks at `asked`."""

    authority = Authority()
    authority.write_ca(place / "ca.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = authority.context_for("localhost").wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://localhost:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
