"""What is asked about operations that an order's life cannot do without, and that nobody showed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import JsonValue

from harness.describing.assembling import Assembled
from harness.describing.documents.placed import Placed
from harness.describing.documents.reply_rows import ROWS
from harness.describing.review_lines import Question, left_open, line, route_line, usual_connection
from harness.describing.routes.unasked_routes import OF_AN_ACCOUNT
from harness.describing.source_code.read_replies import template
from harness.describing.source_code.source import NEEDED
from harness.describing.streams.subscriptions import PRIVATE

OPERATIONS = (*NEEDED, "stream:book", "stream:trades", "stream:orders")
_METHODS = ("GET ", "POST ", "PUT ", "DELETE ", "PATCH ")


def missing_operations(made: Assembled) -> Iterator[Question]:
    status = [part for part in made.placed if part.operation == "order_status"]
    fills_in_status = any(
        "fill.trade_id" in part.facts or made.sources.source.asks(part.name.split(" ")[1], "order_trades")
        for part in status
    )
    for rank, operation in enumerate(OPERATIONS):
        if operation in made.operations or (operation == "order_trades" and fills_in_status):
            continue
        if operation.startswith("stream:"):
            yield _missing_channel(made, rank, operation)
        else:
            yield _missing_route(made, rank, operation)
    heard_of = {each.operation for each in made.placed if _is_told(each)}
    for part in made.placed:
        told = _answer_of(part)
        another = told == "tells" and part.operation in heard_of  # one topic of several tells it
        if part.operation in OPERATIONS and not _is_told(part) and not another:
            text = f"What does {part.name} answer?"
            said: JsonValue = "…"
            if told == "tells":
                text = f"What do messages of {part.name} say?"
            elif part.operation == "symbols" and (read := made.sources.source.markets) is not None:
                text += " You see what the connector's source reads of it."
                said = left_open(template(read, "symbols"))
            yield Question(OPERATIONS.index(part.operation), text, (line((*part.at, told), said),))


def _answer_of(part: Placed) -> str:
    return "tells" if part.operation.startswith("stream:") else "reply"


def _is_told(part: Placed) -> bool:
    return any(_answer_of(part) in each.at for each in part.fields)


def _missing_route(made: Assembled, rank: int, operation: str) -> Question:
    """A route that nobody showed: as the connector's source has it, else one to be written whole."""
    private = operation in OF_AN_ACCOUNT
    named = made.sources.source.asks_for(operation)
    if named is None:
        return Question(
            rank,
            f"Which route is {operation.replace('_', ' ')}? Put its method and path in place of "
            "METHOD /path, its parameters under takes, and its answer under reply.",
            (route_line("METHOD /path", operation, private=private),),
        )
    method, path = named
    name = f"{method or 'METHOD'} {_beginning(made)}/{path.strip('/')}"
    reading = made.sources.source.of(path, operation)
    rows = ROWS.get(operation, "")
    reply = left_open(template(reading, operation, rows)) if reading is not None else None
    reply = reply if isinstance(reply, dict | list) else {}
    return Question(
        rank,
        f"What are the parameters and the answer of {operation.replace('_', ' ')}? The connector's source "
        f"requests {name}: write its parameters under takes, and complete the reply, which has only the "
        "fields that the source reads.",
        (
            route_line(
                name, operation, private=private, reply=reply if isinstance(reply, dict | list) else {}
            ),
        ),
    )


def _beginning(made: Assembled) -> str:
    """What most routes that were seen have before the path that the source names (`/api/v2`)."""
    known = [*made.sources.source.asked, *made.sources.source.routes]
    seen = [part.name.split(" ")[1] for part in made.placed if part.name.startswith(_METHODS)]
    found = Counter(
        path[: -len(end)].rstrip("/")
        for path in seen
        for end in {f"/{each.strip('/')}" for each in known}
        if len(end) > 1 and path.endswith(end)
    )
    return found.most_common(1)[0][0] if found else ""


def _missing_channel(made: Assembled, rank: int, operation: str) -> Question:
    """A channel that nobody showed, on a connection that is there, else on one that is not either."""
    name = operation.partition(":")[2]
    channel = {"operation": operation, "topic": "…", "private": operation in PRIVATE, "tells": {}}
    known = made.data.get("connections")
    text = f"How does a stream send {name}? topic is what the client subscribes with, tells the message."
    if not isinstance(known, dict) or not known:
        whole = {**usual_connection("/"), "channels": {name: channel}}
        return Question(rank, f"{text} No connection was seen.", (line(("connections", "stream"), whole),))
    fitting = [key for key, each in known.items() if _logs_in(each) == (operation in PRIVATE)] or list(known)
    return Question(rank, text, (line(("connections", fitting[0], "channels", name), channel),))


def _logs_in(connection: JsonValue) -> bool:
    return isinstance(connection, dict) and "login" in connection
