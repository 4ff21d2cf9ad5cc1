"""How the application of 2020 makes a market: its own lines for it, read from its source and run.

`HummingbotApplication._initialize_markets` has a branch `elif market_name == "NAME":` for each market, which
reads its keys from the map of settings and calls the class (upstream's tag v0.30.0,
`hummingbot/client/hummingbot_application.py`). The whole application asks for far more than a market does, so
only that branch is run, and only what it names is imported. A branch that hands over the user's Ethereum
wallet is run after the lines of `_initialize_wallet` that make it, from a private key where a file would be.
"""

import ast
import importlib
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

ASKED = "market_name"
MADE = "market"
SETTINGS = "global_config_map"
MAKES_WALLET = "_initialize_wallet"
WALLET = "ethereum_wallet"  # the setting that names the wallet


class NotHereError(Exception):
    """The application hands a market something that the sandbox has none of; the message names it."""


class Making:
    """The branches of an application's source, by the market that each makes."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(source)
        self._branches = dict(_branches(tree))
        self._imports = dict(_imports(tree))
        self._wallet = list(_wallet_lines(tree))

    @property
    def known(self) -> Set[str]:
        return set(self._branches)

    def settings_read(self, name: str) -> List[str]:
        """The keys of the settings that a market's branch asks for, in order."""
        branch = self._branches[name]
        found = []
        for statement in [*self._wallet, *branch] if _takes_a_wallet(branch) else branch:
            for node in ast.walk(statement):
                key = _key_read(node)
                if key is not None:
                    found.append(key)
        return found

    def kind(self, name: str) -> Any:
        """The class of a market. Raises what its import does, KeyError where the branch makes nothing."""
        for statement in self._branches[name]:
            for node in ast.walk(statement):
                called = _made_by(node)
                if called is not None:
                    return self._imported(called)
        raise KeyError("the application makes nothing for {}".format(name))

    def make(self, name: str, symbols: List[str], trading_required: bool, settings: Dict[str, Any]) -> Any:
        """Run the branch for these symbols. Raises what it does, NotHereError where it cannot be run here."""
        rpc = settings.get("ethereum_rpc_url")
        scope: Dict[str, Any] = {
            "self": SimpleNamespace(wallet=None, _trading_required=trading_required),
            ASKED: name,
            "trading_pairs": symbols,
            "ethereum_rpc_url": rpc.value if rpc is not None else None,
            SETTINGS: settings,
        }
        branch = self._branches[name]
        if _takes_a_wallet(branch):
            self._run(self._wallet, self._for_a_wallet(scope, symbols))
            if scope["self"].wallet is None:
                raise NotHereError("Ethereum wallet")
        self._run(branch, scope)
        return scope[MADE]

    def _run(self, lines: List[ast.stmt], scope: Dict[str, Any]) -> None:
        for named in _names(lines):
            if named in self._imports and named not in scope:
                scope[named] = self._imported(named)
        code = compile(ast.Module(body=lines, type_ignores=[]), "<the application>", "exec")
        exec(code, scope)  # noqa: S102 - the fork's own lines, where all of its code runs

    @staticmethod
    def _for_a_wallet(scope: Dict[str, Any], symbols: List[str]) -> Dict[str, Any]:
        """What a wallet is made with: the symbols' assets, and its key where an opened file's would be."""
        setting = scope[SETTINGS].get(WALLET)
        key = setting.value if setting is not None else None
        assets = [asset for symbol in symbols for asset in symbol.split("-")]
        opened = SimpleNamespace(_private_keys={key: key})
        return {**scope, "token_trading_pairs": assets, "Security": opened}

    def _imported(self, name: str) -> Any:
        module, original = self._imports[name]
        return getattr(importlib.import_module(module), original)


def _branches(tree: ast.AST) -> Iterator[Tuple[str, List[ast.stmt]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Compare):
            name = _text(node.test.comparators[0])
            if _is_name(node.test.left, ASKED) and isinstance(node.test.ops[0], ast.Eq) and name is not None:
                yield name, node.body


def _wallet_lines(tree: ast.AST) -> Iterator[ast.stmt]:
    """The lines that make the wallet, but for those that look whether one is wanted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == MAKES_WALLET:
            for statement in node.body:
                if not isinstance(statement, ast.If):
                    yield statement


def _imports(tree: ast.AST) -> Iterator[Tuple[str, Tuple[str, str]]]:
    """Each name that the application imports from a module: module and name there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, (node.module, alias.name)


def _made_by(node: ast.AST) -> Optional[str]:
    """Of `market = Class(…)`, the class's name."""
    if isinstance(node, ast.Assign) and any(_is_name(each, MADE) for each in node.targets):
        function = getattr(node.value, "func", None)
        return function.id if isinstance(function, ast.Name) else None
    return None


def _takes_a_wallet(branch: List[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "wallet" and _is_name(node.value, "self")
        for each in branch
        for node in ast.walk(each)
    )


def _names(branch: List[ast.stmt]) -> Set[str]:
    return {node.id for each in branch for node in ast.walk(each) if isinstance(node, ast.Name)}


def _key_read(node: ast.AST) -> Optional[str]:
    """Of `global_config_map.get("key")` or `global_config_map["key"]`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        return _text(node.args[0]) if _is_name(node.func.value, SETTINGS) else None
    if isinstance(node, ast.Subscript) and _is_name(node.value, SETTINGS):
        return _text(node.slice) or _text(getattr(node.slice, "value", None))  # wrapped before Python 3.9
    return None


def _text(node: Any) -> Optional[str]:
    """What a string literal says; `Constant` has it from Python 3.8 on, `Str` before."""
    said = getattr(node, "value", getattr(node, "s", None))
    return said if isinstance(said, str) else None


def _is_name(node: Any, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
