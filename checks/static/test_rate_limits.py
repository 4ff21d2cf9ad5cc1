"""Whether the connector says how many requests the exchange allows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.static.packages import Package
from checks.static.source import Source
from checks.static.wording import places
from harness.checking import Attach, expect, fail, measured, requirement, seen_in_file

LISTED = 20
REQUESTS = frozenset({"_api_get", "_api_post", "_api_put", "_api_delete", "_api_request"})


@requirement("rate-limits-declared")
def test_rate_limits_are_declared(package: Package, evidence: Attach) -> None:
    """There are `RateLimit`s, and each path that is requested by name has one."""
    limits = [node for source in package.sources for node in _limits(source)]
    if not limits and not _takes_them_over(package):
        constants = package.role("constants") or package.main
        fail(
            "It declares no rate limits.",
            seen_in_file(
                constants.path if constants else package.path, None, "no RateLimit(…) in the connector"
            ),
        )
    evidence(measured(f"{len(limits)} limits declared", limits=len(limits)))
    named = [tuple(_limited(node)) for node in limits]
    if not all(named):
        return  # ids made in a loop or by a function: the names say nothing, the running connector does
    mentioned = {name for names in named for name in names}
    mentioned |= {name for source in package.sources for name in _listed_names(source)}
    values = {name: value for source in package.sources for name, value in _values(source)}
    known = {_final(name, values) for name in mentioned}
    missing = [
        (source, line, name)
        for source in package.sources
        for line, name in _requested(source)
        if _final(name, values) not in known
    ]
    expect(
        not missing,
        f"It sends requests without a declared rate limit, in {places(missing)}.",
        *(source.evidence(line) for source, line, _ in missing[:LISTED]),
    )


def _limits(source: Source) -> Iterator[ast.Call]:
    for reference in source.all_references:
        if reference.call is not None and reference.name.rpartition(".")[2] == "RateLimit":
            yield reference.call


def _takes_them_over(package: Package) -> bool:
    """From a sibling, or from what several exchanges run on."""
    if package.takes_over("rate_limits_rules"):
        return True
    if package.main_class is None:
        return False
    rules = [node for node in package.methods(package.main_class[1]) if node.name == "rate_limits_rules"]
    return any(
        isinstance(part, ast.Return) and isinstance(part.value, ast.Attribute | ast.Name | ast.Call)
        for node in rules
        for part in ast.walk(node)
    )


def _limited(node: ast.Call) -> Iterator[str]:
    """The constant that a limit is declared for: `RateLimit(limit_id=PING_URL, …)`."""
    ids = [*node.args[:1], *(item.value for item in node.keywords if item.arg == "limit_id")]
    yield from (name for value in ids for name in _constants(value) if name.isupper())


def _listed_names(source: Source) -> Iterator[str]:
    """Constants in lists and tables, from which limits may be made."""
    for node in source.nodes:
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            yield from (name for part in parts if part is not None for name in _constants(part))


def _values(source: Source) -> Iterator[tuple[str, str]]:
    """What constants stand for: a text, or another constant."""
    for node in source.nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            if isinstance(node.value, ast.Constant):
                yield node.targets[0].id, repr(node.value.value)
            elif isinstance(node.value, ast.Name | ast.Attribute):
                yield node.targets[0].id, ast.unparse(node.value).rpartition(".")[2]


def _final(name: str, values: dict[str, str]) -> str:
    for _ in range(5):
        name = values.get(name, name)
    return name


def _constants(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Subscript):
        yield from _constants(node.value)


def _requested(source: Source) -> Iterator[tuple[int, str]]:
    """Upper-case constants passed as `path_url` without a `limit_id` of their own."""
    for node in source.nodes:
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Attribute)
            or node.func.attr not in REQUESTS
        ):
            continue
        given = {item.arg: item.value for item in node.keywords}
        path = given.get("path_url") or (node.args[0] if node.args else None)
        if path is None or "limit_id" in given:
            continue
        yield from ((node.lineno, name) for name in _constants(path) if name.isupper())
