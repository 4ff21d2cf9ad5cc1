"""The socket that outlives its gateways."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from harness.driving.relay import Relay


def listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(10)
    return listener


def call(board: Relay) -> socket.socket:
    caller = socket.socket(socket.AF_UNIX)
    caller.settimeout(10)
    caller.connect(str(board.path))
    return caller


def test_descriptors_reach_the_gateway_of_the_moment(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    board = Relay(path)
    try:
        for word in (b"first", b"second"):
            reading, writing = os.pipe()
            with listen(path) as gateway, call(board) as caller:
                socket.send_fds(caller, [word + b"\n"], [writing])
                answered, _ = gateway.accept()
                with answered:
                    data, descriptors, _, _ = socket.recv_fds(answered, 100, 4)
                    answered.sendall(b"thanks")
                    assert caller.recv(100) == b"thanks"
            os.write(descriptors[0], word)
            assert data == word + b"\n"
            assert os.read(reading, 100) == word
            for descriptor in (reading, writing, *descriptors):
                os.close(descriptor)
    finally:
        board.close()


def test_a_gateway_that_hangs_up_ends_the_call(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    board = Relay(path)
    with listen(path) as gateway, call(board) as caller:
        caller.sendall(b"hello")
        answered, _ = gateway.accept()
        answered.close()
        assert caller.recv(100) == b""
    board.close()


def test_without_a_gateway_callers_are_turned_away(tmp_path: Path) -> None:
    board = Relay(tmp_path / "nobody.sock")
    with call(board) as caller:
        assert caller.recv(100) == b""
    board.close()
    assert not board.path.exists()
