"""Whether the connector brings tests that test something."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from checks.static.packages import Package
from checks.static.source import Source
from checks.static.sources import Sources
from checks.static.wording import listed
from harness.checking import Attach, expect, requirement, seen_in_file, seen_in_git
from harness.outcome import Evidence

# Whoever defines one of these decides what counts as passed.
COUNTING_HOOKS = frozenset({
    "pytest_runtest_makereport", "pytest_runtest_protocol", "pytest_runtest_logreport", "pytest_runtest_call",
    "pytest_pyfunc_call", "pytest_report_teststatus", "pytest_collection_modifyitems", "pytest_runtestloop",
    "pytest_sessionfinish", "pytest_cmdline_main", "pytest_ignore_collect",
})  # fmt: skip
ENDING_CALLS = frozenset({"os._exit", "pytest.exit", "os.kill", "os.abort"})
# Upstream's suites, which bring tests and assertions to whoever derives from them.
SUITES = "hummingbot.connector.test_support."


@dataclass(frozen=True)
class Subject:
    """What a test is of: a part of the connector, words for it in file names, whether there must be one.

    A test is of a part that it imports and uses; one that imports another part may say so by its file's name.
    """

    id: str
    title: str
    marks: tuple[str, ...]
    demanded: bool = True
    asserting: bool = True


TODAY = (
    Subject("main", "the connector itself", ("_exchange", "_derivative")),
    Subject("book", "the order book source", ("order_book_data_source",)),
    Subject("stream", "the user stream", ("user_stream",)),
    Subject("auth", "signing", ("_auth",), demanded=False),
    Subject("utils", "settings", ("_utils",), demanded=False),
)
# The tutorial of 2020 has the user stream's test print messages for somebody to look at.
OF_2020 = (
    Subject("main", "the market class", ("_market",)),
    Subject("book", "the order book tracker", ("order_book_tracker", "order_book_data_source")),
    Subject("stream", "the user stream", ("user_stream",), asserting=False),
)


@requirement("unit-tests-present")
def test_unit_tests_present(package: Package, sources: Sources, evidence: Attach) -> None:
    """There are test files with assertions for the connector, its order book source and its user stream."""
    tests = suite_of(package, sources)
    real = [source for source in tests if is_real(source, sources)]
    hollow = [source for source in tests if source not in real]
    subjects = [item for item in _subjects(package) if item.id == "main" or package.role(item.id)]
    missing = [
        item
        for item in subjects
        if not any(covers(source, item, package) for source in (real if item.asserting else tests))
    ]
    evidence(
        *(seen_in_git(f"no test of {item.title}", subject=item.id) for item in missing if not item.demanded)
    )
    lacking = [item for item in missing if item.demanded and not (package.generation == "v1" and real)]
    if not tests:
        summary = "The connector brings no unit tests at all."
    else:
        summary = f"There are no unit tests of {listed([item.title for item in lacking])}."
    expect(not lacking, summary, *(_hollow(source) for source in hollow), _looked(package))


@requirement("plays-fair-with-the-harness")
def test_tests_do_not_count_themselves(package: Package, sources: Sources) -> None:
    """No test file and no conftest.py changes how pytest counts results, or ends its process."""
    helpers = [source for source in sources.code if source.name == "conftest.py"]
    suite = [source for source in _beside(package, sources) if source not in helpers]
    found = [place for source in (*suite, *helpers) for place in _meddling(source)]
    expect(not found, f"Its tests {found[0].text if found else ''}.", *found)


def _meddling(source: Source) -> Iterator[Evidence]:
    for item in source.definitions:
        if item.name in COUNTING_HOOKS:
            yield seen_in_file(source.path, item.line, f"take over pytest's {item.name}")
    for used in source.references:
        if used.name in ENDING_CALLS:
            yield seen_in_file(source.path, used.line, f"end the run themselves with {used.name}")


def suite_of(package: Package, sources: Sources) -> tuple[Source, ...]:
    """The connector's test files: those that import from its folder."""
    return tuple(source for source in _beside(package, sources) if _imports(source, module_of(package.path)))


def _beside(package: Package, sources: Sources) -> tuple[Source, ...]:
    """Test files where its own may be: named like the connector, naming its module, or changed."""
    naming = sources.tree.holding(module_of(package.path), "test")
    paths = [
        path
        for path in sources.paths
        if path.startswith("test/")
        and path.endswith(".py")
        and not path.endswith("/__init__.py")
        and (
            path in sources.changed
            or path in naming
            or f"/{package.name}/" in path
            or f"test_{package.name}" in path
        )
    ]
    return tuple(sources[path] for path in sorted(paths))


def module_of(path: str) -> str:
    return path.rsplit(".", 1)[0].replace("/", ".")


def _imports(source: Source, module: str) -> bool:
    return any(f"{name}.".startswith(f"{module}.") for name in source.imported)


def _subjects(package: Package) -> tuple[Subject, ...]:
    return OF_2020 if package.of_2020 else TODAY


def covers(source: Source, subject: Subject, package: Package) -> bool:
    """Whether a test file uses what it imports of that part, or is called after it."""
    part = package.role(subject.id)
    if part is not None and _uses(source, module_of(part.path)):
        return True
    name = source.name.removesuffix(".py")
    if subject.id == "main" and "data_source" in name:
        return False
    return any(mark in name for mark in subject.marks)


def _uses(source: Source, module: str) -> bool:
    known = {local for local, full in source.aliases.items() if f"{full}.".startswith(f"{module}.")}
    used = (node.id for node in source.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return not known.isdisjoint(used) or any(
        item.name.startswith(f"{module}.") and not item.imported for item in source.all_references
    )


def is_real(source: Source, sources: Sources) -> bool:
    """A test function that asserts, or a class that inherits one of upstream's suites of such functions."""
    return any(_asserts(node) for node in functions_of(source)) or any(
        _is_suite(source, base, sources)
        for item in source.classes
        if isinstance(item.node, ast.ClassDef)
        for base in item.node.bases
    )


def _is_suite(source: Source, base: ast.expr, sources: Sources) -> bool:
    name = source.full_name(base)
    module = next((item for item in source.imported if f"{name}.".startswith(f"{item}.")), "")
    while module.startswith(SUITES):
        path = module.replace(".", "/") + ".py"
        if path in sources.paths:
            return any(_asserts(node) for node in functions_of(sources[path])) or _derives(sources[path])
        module = module.rpartition(".")[0]
    return False


def _derives(suite: Source) -> bool:
    """A suite on top of another of upstream's."""
    return any(
        suite.full_name(base).startswith(SUITES)
        for item in suite.classes
        if isinstance(item.node, ast.ClassDef)
        for base in item.node.bases
    )


def functions_of(source: Source) -> Iterator[ast.AST]:
    for item in source.definitions:
        if not item.is_class and item.name.startswith("test") and item.node is not None:
            yield item.node


def _asserts(node: ast.AST) -> bool:
    for part in ast.walk(node):
        if isinstance(part, ast.Assert) and not _is_trivial(part.test):
            return True
        if isinstance(part, ast.Call):
            name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
            called = name.lower().lstrip("_")
            if called.startswith(("assert", "raises", "validate")) and not _all_constant(part):
                return True
    return False


def _is_trivial(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant)


def _all_constant(call: ast.Call) -> bool:
    """`self.assertTrue(True)` tests nothing."""
    return bool(call.args) and all(isinstance(item, ast.Constant) for item in call.args)


def _hollow(source: Source) -> Evidence:
    return seen_in_file(source.path, None, "no test function in it asserts anything")


def _looked(package: Package) -> Evidence:
    return seen_in_git(f"looked in test/ for files that import from {module_of(package.path)}")
