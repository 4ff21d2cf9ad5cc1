"""What a submission changes, by the part of the repository. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.forks.submission import AddedConnector, Change

CONNECTOR, TESTS = "The connector", "Its tests"
OTHERS, FRAMEWORK, FRAMEWORK_TESTS = "Other connectors", "The framework", "The framework's tests"
SCRIPTS, DOCUMENTS = "Scripts, strategies and configuration", "Documents"
INSTALLATION, REST = "Installation, images and CI", "All else"
ORDER = (
    CONNECTOR,
    TESTS,
    OTHERS,
    FRAMEWORK,
    FRAMEWORK_TESTS,
    SCRIPTS,
    INSTALLATION,
    DOCUMENTS,
    REST,
)
_FOLDERS = {
    "hummingbot/connector/exchange/": OTHERS,
    "hummingbot/connector/derivative/": OTHERS,
    "hummingbot/market/": OTHERS,
    "hummingbot/strategy/": SCRIPTS,
    "hummingbot/templates/": SCRIPTS,
    "hummingbot/": FRAMEWORK,
    "test/": FRAMEWORK_TESTS,
    "scripts/": SCRIPTS,
    "controllers/": SCRIPTS,
    "conf/": SCRIPTS,
    "setup/": INSTALLATION,
    ".github/": INSTALLATION,
    "bin/": INSTALLATION,
    "installation/": INSTALLATION,
    "docs/": DOCUMENTS,
    "documentation/": DOCUMENTS,
}
_FILES = frozenset(
    {
        "setup.py", "setup.cfg", "pyproject.toml", "dockerfile", "docker-compose.yml", "makefile",
        "manifest.in", "install", "uninstall", "compile", "compile.bat", "clean", "start",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """`added` and `removed` count lines of text files, None where they are not known."""

    name: str
    files: tuple[Change, ...]
    added: int | None
    removed: int | None


def parts(
    changes: Sequence[Change], connectors: Sequence[AddedConnector], lines: Mapping[str, tuple[int, int]]
) -> tuple[Part, ...]:
    """Those that anything is changed in. `lines` are those added and removed, by path."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(part_of(change.path, connectors), []).append(change)
    return tuple(_part(name, found[name], lines) for name in ORDER if name in found)


def part_of(path: str, connectors: Sequence[AddedConnector]) -> str:
    """The name of the part that a path belongs to."""
    if any(path.startswith(each.path.rstrip("/") + "/") for each in connectors):
        return CONNECTOR
    folders = path.split("/")
    if folders[0] == "test" and {each.name for each in connectors} & set(folders):
        return TESTS
    if len(folders) == 1 and folders[0].lower() in _FILES:
        return INSTALLATION
    known = next((part for folder, part in _FOLDERS.items() if path.startswith(folder)), None)
    return known or (DOCUMENTS if path.lower().endswith((".md", ".rst")) else REST)


def _part(name: str, files: Sequence[Change], lines: Mapping[str, tuple[int, int]]) -> Part:
    paths = [path for each in files for path in (each.path, each.old_path) if path]
    counted = [lines[path] for path in paths if path in lines]
    if not counted:
        return Part(name, tuple(files), None, None)
    return Part(name, tuple(files), sum(each[0] for each in counted), sum(each[1] for each in counted))
