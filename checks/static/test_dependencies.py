"""Which libraries the connector needs, and whether they come with Hummingbot."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from checks.static.advisories import Advisories, Advisory, NoAnswerError
from checks.static.libraries import COMES_WITH, IMPORTED_AS, LISTS, Listed, listed_in, normal
from checks.static.sources import Source, Sources
from checks.static.wording import counted
from harness.checking import (
    Attach,
    expect,
    measured,
    not_applicable,
    requirement,
    seen_in_file,
    undetermined,
)
from harness.outcome import Evidence

OWN = frozenset(
    {"hummingbot", "test", "tests", "conf", "scripts", "bin", "controllers", "__future__", "__main__"}
)
# Come with Cython's compiler: `from libc.stdint cimport int64_t`.
WITH_CYTHON = frozenset({"libc", "libcpp", "cpython", "posix", "cython", "Cython"})
TEST_TOOLS = frozenset({"pytest", "_pytest", "pytest_asyncio", "aioresponses", "aiounittest"})
PINNED = re.compile(r"[=<>~]")
RELEASE = re.compile(r"===?\s*([0-9][A-Za-z0-9.!+_-]*)")
ELSEWHERE = re.compile(r"@|git\+|https?://|\.whl|--(extra-)?index-url|--find-links|-i ")


@requirement("dependencies-declared")
def test_dependencies_are_declared(sources: Sources) -> None:
    """Every library that the new code imports is in Hummingbot's own lists."""
    known = {
        module
        for path in LISTS
        for entry in _listed(sources, path)
        for module in modules_of(normal(entry.name))
    }
    missing: dict[str, Evidence] = {}
    for source in sources.code:
        for module, line in imported(source):
            around = TEST_TOOLS if source.is_test else WITH_CYTHON if source.cython else frozenset()
            if module not in known | OWN | sys.stdlib_module_names | around:
                missing.setdefault(module, source.evidence(line))
    names = ", ".join(sorted(missing))
    expect(not missing, f"It imports what Hummingbot does not install: {names}.", *missing.values())


@requirement("no-undeclared-new-dependency")
def test_new_dependencies(sources: Sources) -> None:
    """Added libraries are pinned, come from the public index, and are imported by the new code."""
    added = _added(sources)
    used = {module for source in sources.shipped for module, _ in imported(source)}
    old = {normal(entry.name) for path in LISTS for entry in _listed_before(sources, path)}
    wrong = [
        seen_in_file(path, entry.line, f"{why}: {sources[path].line(entry.line)}")
        for path, entry in added
        if normal(entry.name) not in old and (why := _objection(entry, used))
    ]
    expect(
        not wrong,
        f"{counted(len(wrong), 'added library is', 'added libraries are')} unpinned, unused or not public.",
        *wrong,
    )


@requirement("known-vulnerable-dependencies")
def test_no_known_vulnerabilities(sources: Sources, advisories: Advisories, evidence: Attach) -> None:
    """The releases of the libraries that it adds, or the newest where it names none, have no known holes."""
    wrong: list[Evidence] = []
    unanswered: list[str] = []
    added = _added(sources)
    for path, entry in added:
        pinned = RELEASE.search(entry.text)
        try:
            found = advisories(entry.name, pinned[1] if pinned else None)
        except NoAnswerError as error:
            unanswered.append(str(error))
            continue
        wrong += [seen_in_file(path, entry.line, _told(entry, each)) for each in found]
    if not wrong and unanswered:
        undetermined(f"Of {len(unanswered)} libraries the package index did not tell: {unanswered[0]}")
    evidence(measured(f"{len(added)} added libraries looked up at the package index", libraries=len(added)))
    expect(
        not wrong,
        f"{counted(len(wrong), 'known vulnerability', 'known vulnerabilities')} in libraries that it adds.",
        *wrong,
    )


def _told(entry: Listed, advisory: Advisory) -> str:
    mended = f"; fixed in {', '.join(advisory.fixed_in)}" if advisory.fixed_in else ""
    return f"{entry.text}: {advisory.name} {advisory.summary}{mended}"


def _added(sources: Sources) -> list[tuple[str, Listed]]:
    """New lines of the lists, by the list's path; not applicable where there are none."""
    added = [
        (path, entry)
        for path in LISTS
        if path in sources.changed and path in sources.paths
        for entry in _listed(sources, path)
        if entry.line in sources[path].added
    ]
    if not added:
        not_applicable("It adds no library.")
    return added


def _objection(entry: Listed, used: set[str]) -> str | None:
    if ELSEWHERE.search(entry.text):
        return "not from the public index"
    if not PINNED.search(entry.text):
        return "no version"
    return None if modules_of(normal(entry.name)) & used else "not imported by the new code"


def _listed(sources: Sources, path: str) -> tuple[Listed, ...]:
    return listed_in(path, sources[path].text) if path in sources.paths else ()


def _listed_before(sources: Sources, path: str) -> tuple[Listed, ...]:
    if path not in sources.paths:
        return ()
    before = sources[path].base if path in sources.changed else sources[path].text
    return listed_in(path, before or "")


def imported(source: Source) -> Iterator[tuple[str, int]]:
    """Top-level modules that the added lines import, and where."""
    for reference in source.references:
        if reference.imported and not reference.name.startswith("."):
            yield reference.name.split(".")[0], reference.line


def modules_of(package: str) -> frozenset[str]:
    """What `import` calls a package of this name, and what is installed along with it."""
    names = IMPORTED_AS.get(package, (package.replace("-", "_"),))
    return frozenset({*names, *COMES_WITH.get(package, ())})
