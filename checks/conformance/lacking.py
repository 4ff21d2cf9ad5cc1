"""Whose lack it is when something cannot be imported."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from checks.static.imports import OWN
from harness.frameworks.libraries import Libraries, missing_module
from harness.frameworks.runtime import LAYER, TREE, VENV

Lacks = Callable[[str], str | None]
_NOT_HERE = re.compile(r"\bNotHereError: (.{1,200})")  # said by the driver
_NAME = re.compile(r"\bImportError: cannot import name '([\w.]{1,80})' from '([\w.]{1,120})'")
# Said by a library of another one, as protobuf does of what its code was generated for.
_UNFIT = re.compile(r"\b(?:VersionError|VersionConflict): (.{1,160})")
# As Python tells a place, and as pytest does in short.
_PLACE = re.compile(r'File "([^"]+)", line \d+|^ *(/?(?:[\w.-]+/)+[\w.-]+\.py):\d+: in ', re.MULTILINE)


def lack_of(
    text: str,
    libraries: Libraries,
    upstream_imports: Callable[[str], bool],
    upstreams: Callable[[str], bool] = lambda _: False,
) -> str | None:
    """What the environment lacks, by a traceback; None where it is the submission's own fault, or no lack.

    A library's own imports, upstream's, and what was declared in vain are the environment's to serve.
    `upstreams` tells whether a file, by its path in the tree, is upstream's as it is there.
    """
    if unavailable := _NOT_HERE.search(text):
        return f"there is no {unavailable[1]} here"
    module = missing_module(text)
    places = [one or other for one, other in _PLACE.findall(text)]
    in_a_library = bool(places) and places[-1].startswith((f"{VENV}/", f"{LAYER}/"))
    if in_a_library and (unfit := _UNFIT.search(text)):
        return f"an installed library does not fit another one here: {unfit[1]}"
    if name := _NAME.search(text):
        if in_a_library:
            return f"an installed library imports {name[1]} from {name[2]}, and the one here has none"
        if places and name[2].partition(".")[0] not in OWN and upstreams(places[-1].removeprefix(f"{TREE}/")):
            return f"upstream's own code imports {name[1]} from {name[2]}, and the one here has none"
    if module is None or module in OWN:
        return None
    if why := libraries.why_lacking(module):
        return why
    if in_a_library:
        return f"an installed library imports {module}, which is not in the environment"
    if upstream_imports(module):
        return f"upstream's own code imports {module}, which is not in the environment"
    return None


def imports_of(tree: Path) -> Callable[[str], bool]:
    """Whether a file below `tree`, which is upstream's, imports a module."""

    def imports(module: str) -> bool:
        pattern = re.compile(rf"^\s*(?:import|from)\s+{re.escape(module)}\b".encode(), re.MULTILINE)
        return any(pattern.search(path.read_bytes()) for path in tree.rglob("*.py"))

    return imports
