"""Which connectors a submission adds or changes, and of which generation its framework is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from harness.forks.submission import AddedConnector, Change, Generation, Kind

# Upstream moved connectors from market/ to connector/exchange/ between v0.30.0 and v0.31.0.
_FOLDER = re.compile(
    r"(?P<path>hummingbot/(?:connector/(?P<kind>exchange|derivative)|market)/(?P<name>[A-Za-z0-9]\w*))/(?P<file>.+)"
)
# What tells the generations apart: the base class of today's connectors, that of the ones before them (which
# is still there), and the models of settings that today's connectors describe their keys with.
_TODAY = "hummingbot/connector/exchange_py_base.py"
_BEFORE = ("hummingbot/connector/exchange_base.pyx", "hummingbot/connector/exchange_base.py")
_SETTINGS = "hummingbot/client/config/config_data_types.py"


def generation(paths: Collection[str]) -> Generation:
    """`v2` for today's framework, `v1` for autumn 2020 to mid 2022, `v0` for the votes of 2020 (Cython)."""
    before = any(path in paths for path in _BEFORE)
    if _TODAY in paths and (_SETTINGS in paths or not before):
        return "v2"
    return "v1" if before else "v0"


def connectors(changes: Iterable[Change], upstream_paths: Iterable[str]) -> tuple[AddedConnector, ...]:
    """Connector packages in which code was added or changed, new ones first, then by name.

    A package is new when upstream has no code in a folder of its name.
    """
    known = {match["path"] for match in map(_code, upstream_paths) if match}
    found: dict[str, AddedConnector] = {}
    for change in changes:
        match = _code(change.path) if change.status != "deleted" else None
        if match:
            path = match["path"]
            found[path] = AddedConnector(match["name"], _kind(match["kind"]), path, path not in known)
    return tuple(sorted(found.values(), key=lambda item: (not item.new, item.name, item.path)))


def existing(name: str, paths: Iterable[str]) -> tuple[AddedConnector, ...]:
    """The packages of that name that have code among these paths, none of them new."""
    found = {match["path"]: match for match in map(_code, paths) if match and match["name"] == name}
    return tuple(AddedConnector(name, _kind(match["kind"]), path, False) for path, match in found.items())


def named_in(paths: Iterable[str]) -> frozenset[str]:
    """The connectors that have code among these paths."""
    return frozenset(match["name"] for match in map(_code, paths) if match)


def _code(path: str) -> re.Match[str] | None:
    return _FOLDER.fullmatch(path) if path.endswith((".py", ".pyx")) else None


def _kind(folder: str | None) -> Kind:
    if folder == "exchange":
        return "exchange"
    return "derivative" if folder == "derivative" else "market"
