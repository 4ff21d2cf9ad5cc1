"""What a connector's code says of its exchange: pairs, order types, fees. Read as text; nothing of it runs.

`EXAMPLE_PAIR` stands in a connector's `*_utils.py`; `supported_order_types` is a method of the connector's
class (hummingbot's documentation, "Building connectors").
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from checks.static.fees import assigned, default_fees, in_words
from checks.static.source import Source
from checks.static.sources import CODE, seen
from harness.forks.errors import FileMissing, TooLarge
from harness.forks.submission import AddedConnector, Submission
from harness.forks.tree import Tree
from harness.screenings.run import ExchangeFacts

ORDER_TYPES = ("LIMIT", "LIMIT_MAKER", "MARKET", "AMM_SWAP")
PAIR = re.compile(r"[A-Za-z0-9.:_]{1,20}-[A-Za-z0-9.:_]{1,20}")
CCXT_ID = re.compile(r"[a-z0-9]{1,40}")
# `urls.www` in an exchange's own file of ccxt: an address, or a list of them.
WWW = re.compile(r"'www': \[?\s*'(https://[^'\s]{1,200})'")


def exchange_facts(tree: Tree, submission: Submission) -> ExchangeFacts:
    """What the submission's code says, and the site that ccxt names; empty where nothing does."""
    found = ExchangeFacts(site=site(submission.candidate.exchange.ccxt))
    for source in code_of(tree, submission.connectors):
        said = facts_in(source).model_dump(exclude_none=True, exclude_defaults=True)
        known = found.model_dump(exclude_none=True, exclude_defaults=True)
        found = ExchangeFacts(**(said | known))
    return found


def facts_in(source: Source) -> ExchangeFacts:
    """What one file says."""
    fees = default_fees(source)
    return ExchangeFacts(
        example_pair=_example_pair(source),
        maker_percent=_written(fees.maker) if fees else None,
        taker_percent=_written(fees.taker) if fees else None,
        order_types=_order_types(source),
    )


def site(ccxt_id: str | None) -> str | None:
    """The exchange's own site as ccxt's file of it has it. Importing all of ccxt takes seconds."""
    spec = find_spec("ccxt")
    name = (ccxt_id or "").partition("@")[0]
    if not CCXT_ID.fullmatch(name) or spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name(f"{name}.py")
    found = WWW.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[1] if found else None


def code_of(tree: Tree, connectors: Iterable[AddedConnector]) -> Iterator[Source]:
    """The connectors' code but for tests; files that are too large or not there are left out."""
    for connector in connectors:
        for path in tree.under(connector.path):
            if path.endswith(CODE):
                try:
                    source = Source(path, seen(tree.read(path)))
                except (FileMissing, TooLarge):
                    continue
                if not source.is_test:
                    yield source


def _example_pair(source: Source) -> str | None:
    """What `EXAMPLE_PAIR` says last, if it is a pair."""
    match assigned(source, "EXAMPLE_PAIR"):
        case ast.Constant(value=str(text)) if PAIR.fullmatch(text):
            return text
    return None


def _written(percent: Decimal | None) -> str | None:
    """None for what no exchange takes: it is a file's word, and shown on a page."""
    return None if percent is None or abs(percent) > 100 else in_words(percent)


def _order_types(source: Source) -> tuple[str, ...]:
    named = {
        inner.attr
        for node in source.nodes
        if isinstance(node, ast.FunctionDef) and node.name == "supported_order_types"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute) and source.full_name(inner.value).endswith("OrderType")
    }
    return tuple(each for each in ORDER_TYPES if each in named)
