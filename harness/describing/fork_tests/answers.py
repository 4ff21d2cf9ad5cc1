"""The replies that a fork's tests mock, by operation and by the request that they answer. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from harness.describing.documents.leaves import packed, parsed, unpacked
from harness.describing.documents.said import Place, Word
from harness.describing.documents.sentinels import SETS, Sentinels
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.source_code.operation_words import named_so
from harness.venue.described.placeholders import AS_JSON

# Members of upstream's test kit: the operation they are about and the order's status in them.
ABOUT: dict[str, tuple[str, str]] = {
    "configure_open_order_status_response": ("order_status", "open"),
    "configure_partially_filled_order_status_response": ("order_status", "partially_filled"),
    "configure_completely_filled_order_status_response": ("order_status", "filled"),
    "configure_canceled_order_status_response": ("order_status", "canceled"),
    "configure_partial_fill_trade_response": ("order_trades", "partially_filled"),
    "configure_full_fill_trade_response": ("order_trades", "filled"),
    "configure_successful_cancelation_response": ("cancel_order", "canceled"),
    "order_creation_request_successful_mock_response": ("place_order", "open"),
    "order_event_for_new_order_websocket_update": ("stream:orders", "open"),
    "order_event_for_canceled_order_websocket_update": ("stream:orders", "canceled"),
    "order_event_for_full_fill_websocket_update": ("stream:orders", "filled"),
    "trade_event_for_full_fill_websocket_update": ("stream:fills", "filled"),
    "balance_event_websocket_update": ("stream:balances", ""),
    "all_symbols_request_mock_response": ("symbols", ""),
    "trading_rules_request_mock_response": ("symbols", ""),
    "configure_all_symbols_response": ("symbols", ""),
    "configure_trading_rules_response": ("symbols", ""),
    "latest_prices_request_mock_response": ("ticker", ""),
    "network_status_request_successful_mock_response": ("server_time", ""),
    "balance_request_mock_response_for_base_and_quote": ("balances", ""),
    "position_event_for_full_fill_websocket_update": ("stream:positions", "filled"),
    "funding_info_mock_response": ("funding_rate", ""),
    "funding_payment_mock_response": ("funding_payments", ""),
    "configure_successful_set_position_mode": ("position_mode", ""),
    "configure_successful_set_leverage": ("set_leverage", ""),
    "funding_info_event_for_websocket_update": ("stream:mark_price", ""),
}
REFUSALS = {
    "configure_order_not_found_error_order_status_response": ("order_status", "unknown_order"),
    "configure_order_not_found_error_cancelation_response": ("cancel_order", "unknown_order"),
}
# The address of a reply that is a property.
ADDRESSES = {
    "all_symbols_request_mock_response": "all_symbols_url",
    "trading_rules_request_mock_response": "trading_rules_url",
    "latest_prices_request_mock_response": "latest_prices_url",
    "network_status_request_successful_mock_response": "network_status_url",
    "balance_request_mock_response_for_base_and_quote": "balance_url",
    "order_creation_request_successful_mock_response": "order_creation_url",
    "funding_info_mock_response": "funding_info_url",
    "funding_payment_mock_response": "funding_payment_url",
}

_REPLY, _MESSAGE = "_mock_response", "_websocket_update"
_CURRENCIES = re.compile(r"currenc(y|ies)", re.I)
_OF_FUNDING = re.compile(r"mark_?price|index_?price|funding")
_WRONG = re.compile(r"err|fail|empty|invalid|only_base")


@dataclass(frozen=True)
class Answer:
    """One reply of one member: `url` is an address or a pattern, empty for a stream's message.

    `text` is the reply as sent, `document` the same as JSON (None where it is none). `index` tells apart
    the replies of a member that mocks several; `again` is what it said when it was asked once more.
    `shared`: its address serves several operations, and the request says `word` (None: it is not known).
    """

    operation: str
    member: str
    index: int
    status: str
    sample: Sample
    method: str
    url: str
    code: int
    text: str
    document: JsonValue
    sentinels: Sentinels
    again: JsonValue = None
    word: Word | None = None
    shared: bool = False

    @property
    def streamed(self) -> bool:
        """Whether it is a stream's message."""
        return self.operation.startswith("stream:")

    @property
    def place(self) -> tuple[str, str] | None:
        """Host and path of the request that it answers."""
        return place_of(self.url)

    def with_document(self, document: JsonValue) -> Answer:
        """The same reply with other contents."""
        return replace(self, document=document, text=json.dumps(packed(document)))

    @property
    def asked(self) -> Place:
        """The place of that request."""
        host, path = self.place or ("", "")
        return host, self.method or "GET", path, self.word


def place_of(url: str) -> tuple[str, str] | None:
    """Host and path of an address, or of a pattern that upstream's kit makes of one, or None."""
    plain = re.sub(r"\\(.)", r"\1", url.removeprefix("^").removesuffix("$"))
    try:
        parts = urlsplit(plain)
    except ValueError:  # say of an address whose bracket is never closed
        return None
    path = parts.path.removesuffix(".*")
    return (parts.hostname, path) if parts.hostname and path.startswith("/") else None


def at_asked_hosts(found: Sequence[Answer], asked: Iterable[tuple[str, str]]) -> tuple[Answer, ...]:
    """The same; those that tests mock at hosts that were never asked, at one that was asked for such a path.

    `asked` are hosts and paths of requests. Tests may run on an exchange's test network, and the connector
    on its main one.
    """
    paths = {path: host for host, path in asked}
    hosts = set(paths.values())
    pairs = [(each.place[0], paths[each.place[1]]) for each in found if each.place and each.place[1] in paths]
    moved = {one: other for one, other in pairs if one not in hosts}
    return tuple(
        replace(each, url=f"https://{moved[each.place[0]]}{each.place[1]}")
        if each.place and each.place[0] in moved
        else each
        for each in found
    )


def answers(harvest: Harvest, sets: Iterable[Sentinels] = SETS) -> tuple[Answer, ...]:
    """Every reply in the harvest, in its order. `sets` are those that its tests were asked with."""
    named = {each.name: each for each in sets}
    addresses = _addresses(harvest)
    found = [
        answer
        for sample in harvest.samples
        if sample.set in named
        for answer in _of(sample, named[sample.set], addresses)
    ]
    known = {each.place for each in found if not _is_added(each.member)}
    found = [each for each in found if not _is_added(each.member) or each.place not in known]
    held = {place for each in found if each.streamed for place in _holding(each.document)}
    return tuple(
        replace(each, document=None) if each.streamed and not held <= _holding(each.document) else each
        for each in found
    )


def _holding(document: JsonValue) -> set[str]:
    """The keys of a message whose texts hold what it says: where some do, one without them is no message."""
    items = document.items() if isinstance(document, dict) else ()
    return {key for key, value in items if isinstance(value, dict) and AS_JSON in value}


def _addresses(harvest: Harvest) -> dict[tuple[str, str], str]:
    """The text of each `…_url` member, by member and set."""
    return {
        (sample.member, sample.set): str(sample.answers[0])
        for sample in harvest.samples
        if sample.member.endswith("_url") and sample.answers
    }


def _of(sample: Sample, sentinels: Sentinels, addresses: dict[tuple[str, str], str]) -> Iterator[Answer]:
    own = sample.member.removesuffix(_REPLY) + "_url" if sample.member.endswith(_REPLY) else ""
    address = addresses.get((ADDRESSES.get(sample.member, own), sample.set), "")
    editions = [list(_replies(each)) for each in sample.answers]
    operation, status = ABOUT.get(sample.member) or REFUSALS.get(sample.member) or ("", "")
    mocked = [address or url for _, url, *_ in editions[0]] if editions else []
    operation = operation or _of_added(sample.member, mocked)
    if not operation or not editions:
        return
    for index, (method, url, code, text) in enumerate(editions[0]):
        again = unpacked(parsed(editions[-1][index][3])) if index < len(editions[-1]) else None
        yield Answer(
            operation,
            sample.member,
            index,
            status,
            sample,
            method,
            url or address,
            code,
            text,
            unpacked(parsed(text)),
            sentinels,
            again,
        )


def _is_added(member: str) -> bool:
    """Whether it mocks a reply of which the kit knows nothing: it counts where no other answers there."""
    return member.startswith("configure_") and member not in ABOUT and member not in REFUSALS


def _of_added(member: str, mocked: Sequence[str]) -> str:
    """The operation of a member that these tests add to the kit's, by what it mocks; empty where none is.

    Who asks for the markets of each currency asks for the currencies first.
    """
    if _WRONG.search(member):
        return ""
    if member.endswith(_MESSAGE):
        return "stream:mark_price" if _OF_FUNDING.search(member) else ""
    place = place_of(mocked[0]) if len(mocked) == 1 else None
    if place is None:
        return ""
    return named_so(place[1]) or ("symbols" if _CURRENCIES.search(place[1]) else "")


class _Mocked(BaseModel):
    """A reply as our recorder notes it; a fork's tests may have written into it since."""

    method: str
    url: str
    pattern: str
    status: int
    body: str


_MOCKED = TypeAdapter(tuple[_Mocked, ...])


def _replies(answer: JsonValue) -> Iterable[tuple[str, str, int, str]]:
    """(method, url, status, text) of what one answer of a member mocks or is."""
    if not isinstance(answer, dict) or set(answer) != {"mocked", "returned"}:
        if isinstance(answer, dict | list | str):
            yield "", "", 200, json.dumps(answer)
        return
    try:
        mocked = _MOCKED.validate_python(answer["mocked"])
    except ValidationError:
        return
    for each in mocked:
        yield each.method, each.pattern or each.url, each.status, each.body
    if not mocked and isinstance(answer["returned"], dict | list):
        yield "", "", 200, json.dumps(answer["returned"])
