"""Whether the new code could move money out of an account."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.static.sources import Source, Sources
from checks.static.wording import places
from harness.checking import expect, requirement

LISTED = 20
# A request's path with such a step in it; those with one of the words below only read.
ENDPOINT = re.compile(
    r"(?:^|[/.:_-])(?:withdraw(?:als?)?|transfers?|payouts?"
    r"|(?:sub|inner|universal|internal|asset|wallet|account|fund)-?_?transfers?|send[-_]?(?:money|funds|asset|token|coin))(?:$|[/?.:_-])",
    re.IGNORECASE,
)
READS = re.compile(r"history|quota|limit|fee|address|record|list|status|able|rate|available", re.IGNORECASE)
# Message types of exchanges that take signed actions instead of paths.
ACTIONS = frozenset({
    "withdraw", "withdraw3", "usdSend", "spotSend", "sendAsset", "usdClassTransfer", "vaultTransfer",
    "subAccountTransfer", "cDeposit", "cWithdraw", "private/withdraw", "private/transfer", "MsgSend",
    "MsgWithdraw", "MsgExternalTransfer",
})  # fmt: skip
FUNCTION = re.compile(
    r"_*(?:(?:execute|submit|request|do|api|post|create|make|place)_)?(?:withdraw(?:al)?|transfer|payout)"
    r"(?:_(?:funds?|assets?|tokens?|coins?|balances?|money|all|to|from|out|request|crypto|usdt?|usdc).*)?",
    re.IGNORECASE,
)
SDK_CALLS = frozenset({
    "withdraw", "withdraw_funds", "transfer", "transfer_funds", "send_coins", "send_tokens",
    "transfer_money", "send_transaction", "MsgSend", "MsgWithdraw", "MsgExternalTransfer",
    "universal_transfer", "make_universal_transfer",
})  # fmt: skip
GETTERS = frozenset({"_api_get", "api_get", "get"})
PASSIVE = frozenset({"RateLimit", "LinkedLimitWeightPair", "len", "str", "repr"})
PATH = re.compile(r"^(?:https?://|wss?://)?[\w{}./:?=&%-]+$")


@requirement("no-fund-movement")
def test_no_fund_movement(sources: Sources) -> None:
    """No request, message, function or call that withdraws or transfers."""
    readers = _reading_constants(sources.shipped)
    found = [
        source.evidence(line)
        for source in sources.shipped
        for line in sorted({*_endpoints(source, readers), *_functions(source), *_calls(source)})
    ]
    expect(
        not found,
        f"It contains code that could move money out of the account, in {places(found)}.",
        *found[:LISTED],
    )


def _endpoints(source: Source, readers: frozenset[str]) -> Iterator[int]:
    reading_lines = {
        line
        for node in source.nodes
        if isinstance(node, ast.Assign | ast.AnnAssign) and _target(node) in readers
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for text in source.strings:
        if text.prose or text.line in reading_lines:
            continue
        is_path = "/" in text.value and PATH.match(text.value) and ENDPOINT.search(text.value)
        if (is_path and not READS.search(text.value)) or text.value in ACTIONS - {"withdraw"}:
            yield text.line


def _target(node: ast.Assign | ast.AnnAssign) -> str | None:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return target.id if isinstance(target, ast.Name) else None


def _reading_constants(sources: tuple[Source, ...]) -> frozenset[str]:
    """Names of paths that are only ever asked for with GET."""
    got: set[str] = set()
    sent: set[str] = set()
    for source in sources:
        for node in source.nodes:
            if isinstance(node, ast.Call):
                name = _called(node)
                used = {part.attr for part in _own_arguments(node) if isinstance(part, ast.Attribute)}
                used |= {part.id for part in _own_arguments(node) if isinstance(part, ast.Name)}
                if name in GETTERS or _says_get(node):
                    got |= used
                elif name not in PASSIVE:
                    sent |= used
    return frozenset(got - sent)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _own_arguments(node: ast.Call) -> Iterator[ast.AST]:
    """Arguments without those of calls inside them."""
    waiting: list[ast.AST] = [*node.args, *(item.value for item in node.keywords)]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, ast.Call):
            waiting.extend(ast.iter_child_nodes(part))


def _says_get(node: ast.Call) -> bool:
    return any(
        (isinstance(value, ast.Attribute) and value.attr == "GET")
        or (isinstance(value, ast.Constant) and value.value == "GET")
        for value in (*node.args, *(item.value for item in node.keywords))
    )


def _functions(source: Source) -> Iterator[int]:
    for item in source.definitions:
        if not item.is_class and item.line in source.added and FUNCTION.fullmatch(item.name):
            yield item.line


def _calls(source: Source) -> Iterator[int]:
    for reference in source.references:
        last = reference.name.rpartition(".")[2]
        if last in SDK_CALLS and "." in reference.name and (reference.call is not None or source.cython):
            yield reference.line
