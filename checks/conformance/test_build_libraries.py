"""Which libraries the connector needs, and whether Hummingbot installs them: asked of what is installed."""

from __future__ import annotations

import re
import sys

from checks.static.imports import imported, libraries_needed
from checks.static.libraries import Listed, listed_in, lists_in, normal
from checks.static.sources import Sources
from checks.static.wording import counted
from harness.checking import Attach, expect, measured, not_applicable, requirement, seen_in_file, undetermined
from harness.frameworks.libraries import Libraries

PINNED = re.compile(r"[=<>~]")
ELSEWHERE = re.compile(r"@|git\+|https?://|\.whl|--(extra-)?index-url|--find-links|-i ")
# What people and CI run over the code, and no code imports.
TOOL = re.compile(
    r"pytest(-.+)?|flake8(-.+)?|pylint|ruff|black|isort|autopep8|mypy|pyright|coverage|diff-cover"
    r"|pre-commit|tox|nox|pip|build|twine|wheel|setuptools|cython|types-.+"
)


@requirement("dependencies-declared")
def test_dependencies_are_declared(sources: Sources, libraries: Libraries, evidence: Attach) -> None:
    """Every library that the new code needs is brought by what Hummingbot or the change declares."""
    needed = libraries_needed(sources)
    there = {
        module
        for each in needed
        for module in (each, *needed[each].instead_of)
        if module in sys.stdlib_module_names or libraries.there(module)
    }
    missing = {
        module: each.where
        for module, each in needed.items()
        if module not in there and (not each.instead_of or each.instead_of - there)
    }
    evidence(measured(f"{len(needed)} libraries imported", imported=[*sorted(needed)[:20]]))
    reasons = {module: libraries.why_lacking(module) for module in missing}
    undeclared = [module for module, why in reasons.items() if why is None]
    named = ", ".join(sorted(undeclared))
    seen = [missing[module] for module in undeclared]
    expect(not undeclared, f"It imports packages that Hummingbot does not install: {named}.", *seen)
    if missing:
        module, why = next(iter(reasons.items()))
        undetermined(f"Cannot tell whether {module} is declared: {why}.", *missing.values())


@requirement("no-undeclared-new-dependency")
def test_new_dependencies(sources: Sources, libraries: Libraries) -> None:
    """Added libraries are pinned, come from the public index, and are imported by the new code."""
    added = [
        (path, entry)
        for path in lists_in(sources.paths)
        if path in sources.changed
        for entry in listed_in(path, sources[path].text)
        if entry.line in sources[path].added
    ]
    if not added:
        not_applicable("It adds no library.")
    used = {module for source in sources.shipped for module, _ in imported(source)}
    old = {normal(entry.name) for path in lists_in(sources.paths) for entry in _listed_before(sources, path)}
    wrong = [
        (entry, seen_in_file(path, entry.line, f"{why}: {sources[path].line(entry.line)}"))
        for path, entry in added
        if normal(entry.name) not in old and (why := _objection(entry, used, libraries))
    ]
    count = len({normal(entry.name) for entry, _ in wrong})
    expect(
        not wrong,
        f"{counted(count, 'added library is', 'added libraries are')} unpinned, unused or not public.",
        *(seen for _, seen in wrong),
    )


def _objection(entry: Listed, used: set[str], libraries: Libraries) -> str | None:
    if ELSEWHERE.search(entry.text):
        return "not from the public index"
    if not PINNED.search(entry.text):
        return "no version"
    if TOOL.fullmatch(normal(entry.name)):
        return None
    brings = libraries.brings(entry.name)
    # What could not be had, or brings nothing here, may well be what is imported.
    return "not imported by the new code" if brings and not brings & used else None


def _listed_before(sources: Sources, path: str) -> tuple[Listed, ...]:
    before = sources[path].base if path in sources.changed else sources[path].text
    return listed_in(path, before or "")
