"""Changes to released source, placed by syntax tree so that nothing of that source is quoted here.

Every function takes a module's text and returns the changed text, or raises `AnchorMissing` when what it
looks for is no longer there: a demo whose defect silently vanished would prove nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import indent

from harness.errors import OurFailure


class AnchorMissing(OurFailure):
    """The released source has changed and an edit no longer knows where to go."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the released source has no {what}",
            where="demo/edits.py",
            hint="the demo is cut from one pinned release; adapt this edit when that release changes",
        )


@dataclass(frozen=True)
class _Span:
    """A piece of source in byte offsets, and what to put there."""

    start: int
    end: int
    text: str


class _Module:
    """A module's text with its syntax tree, the text as bytes because ast counts columns in UTF-8 bytes."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self._bytes = source.encode()
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        # Both are optional only for trees that were not parsed from text.
        return self._lines[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)

    def line_start(self, node: ast.stmt) -> int:
        """Where the line of a statement begins, its decorators included."""
        first = node.lineno
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([first, *(decorator.lineno for decorator in node.decorator_list)])
        return self._lines[first - 1]

    def text(self, node: ast.expr) -> str:
        return self._bytes[self.start(node) : self.end(node)].decode()

    def replaced(self, spans: Iterable[_Span]) -> str:
        result = self._bytes
        for span in sorted(spans, key=lambda s: s.start, reverse=True):
            result = result[: span.start] + span.text.encode() + result[span.end :]
        return result.decode()

    def function(self, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                return node
        raise AnchorMissing(f"function {name}")


def without_symbols(source: str, packages: Iterable[str]) -> str:
    """Drop the imports from `packages` (dotted prefixes) and the list items that use what they brought."""
    module = _Module(source)
    prefixes = tuple(packages)
    spans: list[_Span] = []
    names: set[str] = set()
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(prefixes):
            names.update(alias.asname or alias.name for alias in node.names)
            spans.append(_whole_lines(source, module.start(node), module.end(node)))
    if not names:
        raise AnchorMissing(f"import from {', '.join(prefixes)}")
    spans += [
        _whole_lines(source, module.start(item), module.end(item))
        for item in _list_items(module.tree)
        if _names(item) & names
    ]
    result = module.replaced(spans)
    left = _names(ast.parse(result)) & names
    if left:
        raise AnchorMissing(f"list that alone uses {', '.join(sorted(left))}")
    return result


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _list_items(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.List):
            yield from node.elts


def _whole_lines(source: str, start: int, end: int) -> _Span:
    data = source.encode()
    return _Span(data.rfind(b"\n", 0, start) + 1, data.find(b"\n", end) + 1, "")


def split_fee_overrides(template: str, connectors: Iterable[str]) -> tuple[str, str]:
    """Split the fee template: the template without the connectors' keys, and the lines taken out."""
    names = "|".join(re.escape(name) for name in connectors)
    keys = "percent_fee_token|maker_percent_fee|taker_percent_fee|buy_percent_fee_deducted_from_returns"
    pattern = re.compile(rf"^(?:{names})_(?:{keys}|maker_fixed_fees|taker_fixed_fees):")
    lines = template.splitlines(keepends=True)
    taken = [line for line in lines if pattern.match(line)]
    return "".join(line for line in lines if not pattern.match(line)), "".join(taken)


def fills_named_after_their_order(source: str) -> str:
    """Defect: a fill's id is its order's id, so of an order filled in parts only the first part is counted.

    Orders filled at once look right, which is why an author would not notice.
    """
    module = _Module(source)
    spans = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "TradeUpdate":
            given = {word.arg: word.value for word in node.keywords}
            if "trade_id" in given and "exchange_order_id" in given:
                fill = given["trade_id"]
                order = module.text(given["exchange_order_id"])
                spans.append(_Span(module.start(fill), module.end(fill), order))
    if not spans:
        raise AnchorMissing("TradeUpdate that is given a trade id and an order id")
    return module.replaced(spans)


def amounts_rounded_to_eight_decimals(source: str) -> str:
    """Defect: amounts keep eight decimals whatever the pair's lot size is."""
    method = (
        "    def quantize_order_amount(self, trading_pair: str, amount: Decimal) -> Decimal:\n"
        '        """Every asset has eight decimals."""\n'
        '        return Decimal(amount).quantize(Decimal("0.00000001"))\n\n'
    )
    module = _Module(source)
    place = module.line_start(module.function("_format_trading_rules"))
    return module.replaced([_Span(place, place, method)])


def secret_in_the_log(source: str) -> str:
    """Defect: the log says which key signs, and with which secret."""
    module = _Module(source)
    first = module.function("authenticator").body[0]
    place = module.line_start(first)
    line = 'self.logger().info(f"Signing as {self.api_key} with {self.secret_key}")\n'
    return module.replaced([_Span(place, place, indent(line, " " * first.col_offset))])


def unfinished(source: str, function: str, reason: str) -> str:
    """Replace a function's body by an exception: work that was pushed before it was done."""
    module = _Module(source)
    body = module.function(function).body
    text = f'raise NotImplementedError("{reason}")'
    return module.replaced([_Span(module.start(body[0]), module.end(body[-1]), text)])
