"""One line a person can read for each kind of entry, and the few facts a report keeps of it."""

from __future__ import annotations

from pydantic import JsonValue

from harness.gateway.canaries import Sighting
from harness.gateway.entries import (
    Entry,
    Exchange,
    Frame,
    Handshake,
    Lookup,
    RejectedConnection,
    RejectionReason,
    Requested,
    Socket,
    Trouble,
)

_SHOWN = 600  # characters of a body

Description = tuple[str, dict[str, JsonValue]]


def describe(entry: Entry | Sighting) -> Description:
    """(text, data); neither is redacted yet."""
    match entry:
        case Exchange():
            return _exchange(entry)
        case Frame():
            return _frame(entry)
        case Socket():
            return _socket(entry)
        case RejectedConnection():
            return _rejected(entry)
        case Lookup():
            return f"look-up of {entry.name} ({entry.kind})", {"at": entry.at, "host": entry.name}
        case Handshake():
            end = "accepted" if entry.error is None else f"refused: {entry.error}"
            return (
                f"TLS handshake for {entry.host} with a certificate that is {entry.certificate}: {end}",
                {"at": entry.at, "host": entry.host, "certificate": entry.certificate, "error": entry.error},
            )
        case Trouble():
            return f"{entry.where}: {entry.detail}", {"at": entry.at}
        case Sighting():
            return (
                f"{entry.secret} in the {entry.place} to {entry.host} ({entry.spelling}): {entry.excerpt}",
                {"at": entry.at, "host": entry.host, "place": entry.place, "spelling": entry.spelling},
            )


def _exchange(entry: Exchange) -> Description:
    lines = [f"{entry.method} {entry.url}"]
    if entry.body:
        lines.append(_cut(entry.text))
    lines.append(_answer(entry))
    if entry.fault:
        lines.append(f"(fault: {entry.fault})")
    data: dict[str, JsonValue] = {
        "at": entry.at,
        "operation": entry.operation,
        "method": entry.method,
        "host": entry.host,
        "path": entry.path,
        "status": entry.status,
    }
    return "\n".join(lines), data | ({"fault": entry.fault} if entry.fault else {})


def _answer(entry: Requested) -> str:
    return f"→ {entry.status or 'no reply'} {_cut(entry.reply_text)}".rstrip()


def _frame(entry: Frame) -> Description:
    arrow = "→" if entry.direction == "sent" else "←"
    kind = "" if entry.opcode == "text" else f"{entry.opcode} "
    fault = f" (fault: {entry.fault})" if entry.fault else ""
    data: dict[str, JsonValue] = {
        "at": entry.at,
        "operation": entry.operation,
        "direction": entry.direction,
        "host": entry.host,
        "socket": entry.socket_id,
    }
    text = f"{arrow} {entry.host} {kind}{_cut(entry.text)}"
    if entry.asks:
        text += f"\n{_answer(entry)}"
        data["status"] = entry.status
    return f"{text}{fault}", data


def _socket(entry: Socket) -> Description:
    if entry.closed_at is None:
        end = "open"
    else:
        seconds = entry.closed_at - entry.opened_at
        end = f"closed by {entry.closed_by} with {entry.close_code} after {seconds:.1f} s"
    data: dict[str, JsonValue] = {
        "at": entry.opened_at,
        "host": entry.host,
        "path": entry.path,
        "closed_at": entry.closed_at,
        "close_code": entry.close_code,
    }
    return f"WebSocket {entry.url}: {end}", data


def _rejected(entry: RejectedConnection) -> Description:
    place = f"{entry.host or entry.ip or 'an unnamed host'}:{entry.port or '?'}"
    way = f"with TLS for {entry.sni or 'no name'}" if entry.tls else "without TLS"
    if entry.reason is RejectionReason.DATAGRAM:
        way = "by UDP"
    said = _cut(entry.first_bytes.decode("utf-8", errors="backslashreplace"))
    reason = entry.reason.value.replace("_", " ")
    data: dict[str, JsonValue] = {
        "at": entry.at,
        "reason": entry.reason.value,
        "host": entry.host,
        "ip": entry.ip,
        "port": entry.port,
        "tls": entry.tls,
        "sni": entry.sni,
    }
    return f"connection to {place} {way}, not served ({reason})" + (f": {said}" if said else ""), data


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
