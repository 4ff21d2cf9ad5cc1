"""What the user is asked for when connecting."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.static.fees import default_fees, in_words
from checks.static.packages import Package
from checks.static.source import Source
from checks.static.sources import Sources
from checks.static.tables import signs_with_a_wallet
from checks.static.wording import counted
from harness.checking import expect, fail, not_applicable, requirement, seen_in_file, undetermined
from harness.outcome import Evidence

CONFIG_MAP = "BaseConnectorConfigMap"
MUST_HIDE = ("secret", "passphrase", "password", "private_key", "mnemonic", "seed")
# `USE_ETHEREUM_WALLET = True` in a connector's settings module.
BY_WALLET = "USE_ETHEREUM_WALLET"
GLOBAL_MAP = "hummingbot/client/config/global_config_map.py"
# The dearest exchanges take less, from their smallest customers too (Coinbase Advanced: 1.2 of a taker).
DEAREST = 2  # percent


@requirement("asks-for-its-keys")
def test_asks_for_its_keys(package: Package, sources: Sources) -> None:
    """Each connect key has a prompt, and secrets are stored encrypted and not shown."""
    wrong = _of_today(package) if package.generation == "v2" else _of_variables(package, sources)
    expect(
        not wrong,
        f"Connecting to {package.name} does not ask for {counted(len(wrong), 'field')} as it should.",
        *wrong,
    )


@requirement("default-fees-are-shares")
def test_default_fees_are_shares(package: Package) -> None:
    """No default fee is so high that it must be a percentage instead of a share."""
    utils = package.role("utils")
    fees = default_fees(utils) if utils else None
    if utils is None or fees is None:
        not_applicable("It sets no default fees.")
    if fees.maker is None or fees.taker is None:
        undetermined("Its default fees are not written as numbers.")
    expect(
        max(fees.maker, fees.taker) < DEAREST,
        f"Its default fees are {in_words(fees.maker)} % for makers and {in_words(fees.taker)} % for takers.",
        utils.evidence(fees.line),
    )


def _of_today(package: Package) -> list[Evidence]:
    utils = package.role("utils")
    maps = [
        (source, item)
        for source in package.sources
        for item in source.classes
        if item.node and _is_map(item.bases)
    ]
    if utils is None or not maps:
        fail(
            f"{package.name} declares no keys.",
            seen_in_file(utils.path if utils else package.path, None, f"no class derived from {CONFIG_MAP}"),
        )
    return [seen for source, item in maps for seen in _map_faults(source, item.node)]


def _is_map(bases: tuple[str, ...]) -> bool:
    return any(base == CONFIG_MAP for base in bases)


def _map_faults(source: Source, node: ast.AST | None) -> Iterator[Evidence]:
    for field in getattr(node, "body", []):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.value, ast.Call):
            continue
        options = dict(_options(field.value))
        if not options:
            continue
        name = ast.unparse(field.target)
        if _has_default(field.value):
            options.pop("is_connect_key", None)
        for fault in _field_faults(name, ast.unparse(field.annotation), options):
            yield seen_in_file(source.path, field.lineno, f"{name}: {fault}")


def _has_default(call: ast.Call) -> bool:
    """A field with a value of its own need not be asked for."""
    default = next((item.value for item in call.keywords if item.arg == "default"), None)
    default = default or next(iter(call.args), None)
    return default is not None and not (isinstance(default, ast.Constant) and default.value is ...)


def _options(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """What `Field(json_schema_extra={…})` (or the older `client_data=ClientFieldData(…)`) says."""
    for keyword in call.keywords:
        if keyword.arg == "json_schema_extra" and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant):
                    yield str(key.value), value
        elif keyword.arg == "client_data" and isinstance(keyword.value, ast.Call):
            yield from ((item.arg, item.value) for item in keyword.value.keywords if item.arg)


def _field_faults(name: str, annotation: str, options: dict[str, ast.expr]) -> Iterator[str]:
    prompt, asked = options.get("prompt"), options.get("is_connect_key")
    if _is_true(asked) and (prompt is None or (isinstance(prompt, ast.Constant) and not prompt.value)):
        yield "no prompt"
    if any(word in name.lower() for word in MUST_HIDE) and not _is_public(name):
        if not _is_true(options.get("is_secure")):
            yield "shown on the screen and stored as plain text (is_secure is not set)"
        elif "SecretStr" not in annotation:
            yield f"typed {annotation}, not SecretStr"


def _is_public(name: str) -> bool:
    return name.lower().endswith(("_type", "_mode", "_id", "_name", "_path", "_format"))


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _of_variables(package: Package, sources: Sources) -> list[Evidence]:
    """Entries of the table that held every setting in 2020, or of the connector's own that came after."""
    own = package.role("utils") if package.generation == "v1" else None
    places = [own] if own is not None else []
    places += [sources[GLOBAL_MAP]] if GLOBAL_MAP in sources.paths else []
    if own is not None and any(isinstance(node, ast.Name) and node.id == BY_WALLET for node in own.nodes):
        not_applicable("Its users sign with their wallet, which Hummingbot asks for itself.")
    if signs_with_a_wallet(package, sources):
        not_applicable("Its users sign with their wallet, which Hummingbot asks for itself.")
    fields = [
        (source, node)
        for source in places
        for node in source.nodes
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "ConfigVar"
        and _key(node).startswith(package.name + "_")
    ]
    if places and not fields:
        fail(
            f"Nothing says which keys {package.name} needs.",
            seen_in_file(places[0].path, None, f"no {package.name}_… key"),
        )
    return [
        seen_in_file(source.path, node.lineno, f"{_key(node)}: {fault}")
        for source, node in fields
        for fault in _old_faults(node)
    ]


def _key(node: ast.Call) -> str:
    values = [*node.args[:1], *(item.value for item in node.keywords if item.arg == "key")]
    return next((str(value.value) for value in values if isinstance(value, ast.Constant)), "")


def _old_faults(node: ast.Call) -> Iterator[str]:
    given = {item.arg: item.value for item in node.keywords}
    if "prompt" not in given:
        yield "no prompt"
    if any(word in _key(node) for word in MUST_HIDE) and not _is_true(given.get("is_secure")):
        yield "shown on the screen and stored as plain text (is_secure is not set)"
