"""Where Hummingbot lists its libraries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.frameworks.declaration import OTHER_ENVIRONMENT

LISTS = (
    "setup.py", "setup/environment.yml", "setup/environment-linux.yml", "setup/environment-win64.yml",
    "setup/environment-linux-aarch64.yml", "setup/pip_packages.txt", "pyproject.toml",
    "requirements.txt", "requirements-dev.txt", "environment.yml",
)  # fmt: skip

REQUIREMENT = re.compile(
    r"^[\"']?(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<rest>(\[[^\]]*\])?\s*([=<>~!;@ #,'\"].*)?)$"
)
IN_SETUP = re.compile(r"^\s*[\"'](?P<entry>[A-Za-z0-9][^\"']*)[\"'],?\s*(#.*)?$")
IN_YAML = re.compile(r"^\s*-\s+(?P<entry>[A-Za-z0-9][^\s#]*(?:\s*@\s*\S+)?)")


def lists_in(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of `paths` that are lists: the usual ones, and other environments for some connectors alone."""
    there = frozenset(paths)
    others = sorted(path for path in there if OTHER_ENVIRONMENT.fullmatch(path))
    return (*(path for path in LISTS if path in there), *others)


class Listed(NamedTuple):
    """An entry of a list of libraries; `text` is the whole of it."""

    name: str
    text: str
    line: int


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def listed_in(path: str, text: str) -> tuple[Listed, ...]:
    """Entries by line; a format that is not known gives none."""
    return tuple(_entries(path, text))


def _entries(path: str, text: str) -> Iterator[Listed]:
    inside = not path.endswith(".py")
    for number, line in enumerate(text.split("\n"), 1):
        if path.endswith(".py"):
            inside = _still_inside(inside, line)
        entry = _entry(path, line) if inside else None
        match = REQUIREMENT.match(entry) if entry else None
        if match:
            yield Listed(match["name"], entry or "", number)


def _still_inside(inside: bool, line: str) -> bool:
    """Within `install_requires = [ … ]` of a setup.py."""
    if re.search(r"install_requires\s*=|setup_requires\s*=|extras_require\s*=", line):
        return True
    return inside and not line.strip().startswith(("]", ")"))


def _entry(path: str, line: str) -> str | None:
    if path.endswith((".py", ".toml")):
        match = IN_SETUP.match(line)
    elif path.endswith((".yml", ".yaml")):
        match = IN_YAML.match(line)
    else:
        return line.strip() if line.strip() and not line.lstrip().startswith(("#", "-r", "-c")) else None
    return match["entry"].strip() if match else None
