"""Whether the connector is built as Hummingbot's are, and finished."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.static.packages import LAYOUTS, Package, is_empty
from checks.static.source import Source
from checks.static.sources import Sources
from checks.static.wording import counted, places
from harness.checking import Attach, expect, requirement
from harness.outcome import Evidence

LISTED = 20
BASES_TODAY = {
    "exchange": {"main": {"ExchangePyBase"}, "book": {"OrderBookTrackerDataSource"}},
    "derivative": {
        "main": {"PerpetualDerivativePyBase"},
        "book": {"PerpetualAPIOrderBookDataSource", "OrderBookTrackerDataSource"},
    },
}
SHARED_BASES = {"stream": {"UserStreamTrackerDataSource"}, "auth": {"AuthBase"}}
BASES_OF_2020 = {
    "main": {"MarketBase", "ExchangeBase"},
    "book": {"OrderBookTrackerDataSource"},
    "tracker": {"OrderBookTracker"},
    "stream": {"UserStreamTracker"},
    "in-flight": {"InFlightOrderBase"},
}
# Signing had no base class yet, and user streams were followed by trackers of each connector's own.
BASES_BETWEEN = {
    "main": {"ExchangeBase", "DerivativeBase", "ExchangePyBase", "PerpetualDerivativePyBase"},
    "book": {"OrderBookTrackerDataSource", "PerpetualAPIOrderBookDataSource"},
    "stream": {"UserStreamTracker", "UserStreamTrackerDataSource"},
}

# Without these a connector cannot trade: the base class leaves them to it. A connector that goes another way
# overrides what calls them (batches, one request for all orders): then the others stand in.
ESSENTIAL: dict[str, frozenset[str]] = {
    "_place_order": frozenset({"_place_order_and_process_update", "_create_order", "batch_order_create"}),
    "_place_cancel": frozenset({"_execute_order_cancel", "_execute_order_cancel_and_process_update"}),
    "_format_trading_rules": frozenset({"_update_trading_rules"}),
    "_initialize_trading_pair_symbols_from_exchange_info": frozenset({"_initialize_trading_pair_symbol_map"}),
    "_request_order_status": frozenset({"_update_orders_with_error_handler", "_update_order_status"}),
    "_all_trade_updates_for_order": frozenset({"_update_orders_fills", "_update_order_status"}),
    "_update_balances": frozenset(),
    # Where the exchange has no private stream, or an SDK brings its events, the connector says so by these.
    "_user_stream_event_listener": frozenset(
        {
            "_is_user_stream_initialized",
            "_create_user_stream_tracker",
            "_create_user_stream_tracker_task",
        }
    ),
    "_get_last_traded_price": frozenset({"get_last_traded_prices"}),
    "_get_fee": frozenset(),
    "supported_order_types": frozenset(),
    "rate_limits_rules": frozenset(),
    "execute_buy": frozenset(),
    "execute_sell": frozenset(),
    "execute_cancel": frozenset(),
}
SIGNER = "rest_authenticate"
# Each reads a line once, however many of its marks it holds.
NOTE = re.compile(r"^[^#]*#.*\b(TODO|FIXME|XXX|HACK)\b", re.IGNORECASE)
UNWRITTEN = re.compile(r"^[^#]*#(?>.*?\b(?:TODO|FIXME)\b).*\bimplement\b", re.IGNORECASE)
# Exchanges whose names are also words of English, or of trading.
WORDS_TOO = frozenset({"derive", "lighter", "backpack", "gemini", "liquid", "paper", "vertex", "architect"})
PART_OF_A_PAIR = re.compile(r"[A-Z0-9]*[-/][A-Z0-9]*")  # an asset may be called as an exchange is
CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")


@requirement("uses-current-base-classes")
def test_base_classes(package: Package) -> None:
    """Each part derives from the base class that its generation has for it."""
    today = {**BASES_TODAY.get(package.kind, {}), **SHARED_BASES}
    wanted = {"v0": BASES_OF_2020, "v1": BASES_BETWEEN, "v2": today}[package.generation]
    wrong: list[Evidence] = []
    for role, bases in wanted.items():
        source = package.role(role)
        if source is None or not source.classes or (role == "auth" and not needs_a_signer(package)):
            continue
        if not any(package.bases(source, item) & bases for item in source.classes):
            main = package.main_class if role == "main" else None
            wrong.append(source.evidence((main[1] if main else source.classes[0]).line))
    expect(
        not wrong,
        f"{counted(len(wrong), 'part is', 'parts are')} not built on Hummingbot's base classes.",
        *wrong,
    )


def needs_a_signer(package: Package) -> bool:
    """Whether Hummingbot's web assistant is to sign, and no class is written to do it.

    `AuthBase` brings no behaviour of its own: what counts is the method that is called.
    """
    auth = package.role("auth")
    written = auth is not None and any(
        item.name == SIGNER and item.node is not None and not is_empty(item.node) for item in auth.definitions
    )
    return not written and any(
        isinstance(node, ast.keyword) and node.arg == "is_auth_required" and not _is_false(node.value)
        for source in package.sources
        for node in source.nodes
    )


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


@requirement("no-stubs-left")
def test_no_stubs(package: Package, sources: Sources, evidence: Attach) -> None:
    """No essential function is empty, and no other exchange's name was left behind."""
    stubs = [package.main.evidence(line) for line in _stubs(package.main)] if package.main else []
    others = other_names(package, sources)
    names = [source.evidence(line) for source in package.sources for line in foreign_names(source, others)]
    evidence(*(source.evidence(line) for source in package.sources for line in _notes(source)))
    parts = []
    if stubs:
        parts.append(f"{counted(len(stubs), 'function')} that trading depends on not written")
    if names:
        parts.append(f"another exchange's name left in {places(names)}")
    expect(not parts, f"The connector is unfinished: {'; '.join(parts)}.", *stubs[:LISTED], *names[:LISTED])


def _notes(source: Source) -> list[int]:
    return [number for number in sorted(source.added) if NOTE.search(source.lines[number - 1])][:LISTED]


def _stubs(source: Source) -> Iterator[int]:
    """Lines of essential functions with nothing in them, or with a note that says so."""
    lines = sorted(item.line for item in source.definitions)
    names = {item.name for item in source.definitions if item.node is None or not is_empty(item.node)}
    for item in source.definitions:
        if item.name not in ESSENTIAL or item.line not in source.added or ESSENTIAL[item.name] & names:
            continue
        following = next((line for line in lines if line > item.line), len(source.lines) + 1)
        noted = any(UNWRITTEN.search(line) for line in source.lines[item.line : following - 1])
        if noted or (item.node is not None and is_empty(item.node)):
            yield item.line


def foreign_names(source: Source, others: frozenset[str]) -> Iterator[int]:
    """Lines whose class, function or quoted name carries the name of another connector."""
    for item in source.definitions:
        if item.line in source.added and _carried(item.name, others):
            yield item.line
    for text in source.strings:
        named = text.value.isascii() and " " not in text.value and not PART_OF_A_PAIR.fullmatch(text.value)
        if not text.prose and named and _flat(text.value) in others:
            yield text.line


def other_names(package: Package, sources: Sources) -> frozenset[str]:
    """Upstream's other exchanges, as their names look in code: lower case, letters and digits only."""
    names = set()
    for path in sources.base.paths():
        for layout in LAYOUTS.values():
            if path.startswith(layout + "/") and path.count("/") > layout.count("/") + 1:
                names.add(path[len(layout) + 1 :].split("/", 1)[0])
    flat = {_flat(name.removesuffix("_perpetual")) for name in names}
    own = _flat(package.name)
    return frozenset(
        name for name in flat - WORDS_TOO if len(name) > 2 and name not in own and own not in name
    )


def _carried(name: str, others: frozenset[str]) -> bool:
    flat = _flat(name)
    words = {word.lower() for word in CAMEL.findall(name)}
    return any(other in words or flat.startswith(other) for other in others)


def _flat(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
