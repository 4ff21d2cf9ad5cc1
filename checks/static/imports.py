"""What the new code imports, and what is there without any library."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from checks.static.sources import Source, Sources
from harness.outcome import Evidence

OWN = frozenset(
    {"hummingbot", "test", "tests", "conf", "scripts", "bin", "controllers", "__future__", "__main__"}
)
# Come with Cython's compiler: `from libc.stdint cimport int64_t`.
WITH_CYTHON = frozenset({"libc", "libcpp", "cpython", "posix", "cython", "Cython"})
TEST_TOOLS = frozenset({"pytest", "_pytest", "pytest_asyncio", "aioresponses", "aiounittest"})


def imported(source: Source) -> Iterator[tuple[str, int]]:
    """Top-level modules that the added lines import, and where."""
    for reference in source.references:
        if reference.imported and not reference.name.startswith("."):
            yield reference.name.split(".")[0], reference.line


def libraries_imported(sources: Sources) -> dict[str, Evidence]:
    """Modules of neither Python's nor the framework's that the new code imports, each where it first does."""
    found: dict[str, Evidence] = {}
    for source in sources.code:
        around = TEST_TOOLS if source.is_test else WITH_CYTHON if source.cython else frozenset()
        for module, line in imported(source):
            if module not in OWN | sys.stdlib_module_names | around:
                found.setdefault(module, source.evidence(line))
    return found
