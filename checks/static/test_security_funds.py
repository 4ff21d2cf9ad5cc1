"""Whether the new code could move money out of an account."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.static.constants import Uses
from checks.static.source import Source
from checks.static.sources import Sources
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
PATH = re.compile(r"^(?:https?://|wss?://)?[\w{}./:?=&%-]+$")


@requirement("no-fund-movement")
def test_no_fund_movement(sources: Sources) -> None:
    """No request or message that withdraws or transfers is sent, and no function or call does so."""
    uses = Uses(sources)
    found = [
        source.evidence(line)
        for source in sources.shipped
        for line in sorted({*_endpoints(source, uses), *_functions(source), *_calls(source)})
    ]
    expect(
        not found,
        f"It contains code that could move money out of the account, in {places(found)}.",
        *found[:LISTED],
    )


def _endpoints(source: Source, uses: Uses) -> Iterator[int]:
    """Lines of paths and actions that may be sent; in Cython, which is not followed, of all."""
    if source.parsed.tree is None:
        yield from (text.line for text in source.strings if not text.prose and _moves(text.value))
        return
    sent = {
        node.lineno
        for node in source.nodes
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp)
        and node.lineno in source.added
        and _moves(text_of(node))
        and uses.may_be_sent(source, node)
    }
    yield from sorted(sent)


def _moves(text: str) -> bool:
    """A path with a step that moves money, or the type of an action that does."""
    is_path = "/" in text and PATH.match(text) and ENDPOINT.search(text)
    return bool(is_path and not READS.search(text)) or text in ACTIONS - {"withdraw"}


def text_of(node: ast.AST) -> str:
    """What a text says as far as it is written out; `{}` stands for the rest."""
    if isinstance(node, ast.Constant):
        value = node.value
        return (
            value if isinstance(value, str) else value.decode("latin-1") if isinstance(value, bytes) else "{}"
        )
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return "{}"


def _functions(source: Source) -> Iterator[int]:
    for item in source.definitions:
        if not item.is_class and item.line in source.added and FUNCTION.fullmatch(item.name):
            yield item.line


def _calls(source: Source) -> Iterator[int]:
    for reference in source.references:
        last = reference.name.rpartition(".")[2]
        if last in SDK_CALLS and "." in reference.name and (reference.call is not None or source.cython):
            yield reference.line
