"""A certificate authority of one run: right certificates for any host, and wrong ones on demand."""

from __future__ import annotations

import random
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from harness.gateway.faults import CertificateKind

RIGHT = "right"
MOST_CERTIFICATES = 512  # a client could ask for any number of names
MOST_COMMON_NAME = 64  # characters (RFC 5280, upper bounds)
_AUTHORITIES = ("Meridian Trust Services", "Northgate Certification", "Lumen Global CA", "Arcadia Sign")
_OTHER_NAME = "some-other-host.invalid"

Choice = Callable[[str | None], ssl.SSLContext | None]


class CertificateRefused(Exception):  # noqa: N818 - not an error of ours: what a client asked for
    """No certificate can be made for that name."""


class Authority:
    """Issues certificates that clients who trust `ca_pem` accept. Thread-safe."""

    def __init__(self) -> None:
        # Named as public authorities are, by chance: a client that looks learns nothing.
        self._ca, self._unknown = (
            trustme.CA(organization_name=name, organization_unit_name=f"{name} Root R{number}")
            for number, name in enumerate(random.SystemRandom().sample(_AUTHORITIES, 2), start=1)
        )
        self._lock = threading.Lock()
        self._contexts: dict[tuple[str, str], ssl.SSLContext] = {}

    @property
    def ca_pem(self) -> bytes:
        """What a client must trust."""
        return self._ca.cert_pem.bytes()

    def write_ca(self, path: Path) -> Path:
        path.write_bytes(self.ca_pem)
        return path

    def client_context(self) -> ssl.SSLContext:
        """For a client that verifies and trusts this authority alone."""
        return ssl.create_default_context(cadata=self.ca_pem.decode())

    def context_for(self, host: str, certificate: CertificateKind | None = None) -> ssl.SSLContext:
        """A server's context with the right certificate for `host`, or one wrong in that way.

        Raises `CertificateRefused` for a name no certificate can carry, or when too many were asked for.
        """
        key = (host, certificate or RIGHT)
        with self._lock:
            context = self._contexts.get(key)
            if context is None:
                if len(self._contexts) >= MOST_CERTIFICATES:
                    raise CertificateRefused(f"more than {MOST_CERTIFICATES} certificates asked for")
                context = self._contexts[key] = self._new_context(host, certificate)
        return context

    def _new_context(self, host: str, certificate: CertificateKind | None) -> ssl.SSLContext:
        authority = self._unknown if certificate == "unknown_authority" else self._ca
        name = _OTHER_NAME if certificate == "wrong_name" else host
        end = datetime.now(UTC) + timedelta(days=-1 if certificate == "expired" else 60)
        begin = end - timedelta(days=90)
        try:
            leaf = authority.issue_cert(
                name,
                common_name=name[:MOST_COMMON_NAME],
                organization_name=name.rpartition(".")[0][:MOST_COMMON_NAME] or name[:MOST_COMMON_NAME],
                organization_unit_name="Operations",
                not_before=begin,
                not_after=end,
            )
        except ValueError as error:
            raise CertificateRefused(f"{host!r} is no host name: {error}") from error
        context = _server_context()
        leaf.configure_cert(context)
        return context


def sni_context(choose: Choice) -> ssl.SSLContext:
    """A context for one connection that picks the real one by the name in the client's hello.

    `choose` gets the name (None: the client sent none) and returns a context, or None to refuse with a TLS
    alert. It is called once, in the thread of the event loop, and must not raise.
    """

    def by_name(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        context = choose(name)
        if context is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = context
        return None

    context = _server_context()
    context.sni_callback = by_name
    return context


def name_in(hello: bytes) -> str | None:
    """The name that a client's hello asks for, read without an answer; None: no name, or no whole hello."""
    names: list[str | None] = []

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int:
        names.append(name)
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context = _server_context()
    context.sni_callback = note
    heard = ssl.MemoryBIO()
    heard.write(hello)
    with suppress(ssl.SSLError):
        context.wrap_bio(heard, ssl.MemoryBIO(), server_side=True).do_handshake()
    return names[0] if names else None


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    # Each connection has a context of its own, so no session could be resumed: no tickets.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context
