"""What the new code may not do: make up code, start programs, touch files, send money away, hide."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.static import forbidden
from checks.static.names import Reference
from checks.static.own_files import MAKERS, REMOVERS, makes_data_folder, removes_own_file
from checks.static.source import Source
from checks.static.sources import Sources
from checks.static.wording import places
from harness.checking import expect, requirement
from harness.outcome import Evidence

LISTED = 20
OPENERS = frozenset({"open", "io.open", "codecs.open", "aiofiles.open"})
SCRIPT_MAINS = ("main", "_main")
MODE = re.compile(r"[rwax]?[wax+][bt+]*|[bt]*[wax]\+?")
WRITING = re.compile(r"[wax+]")
# Reading is fine for a file of the connector's own or of a package, not for the user's.
PRIVATE_PLACES = re.compile(
    r"(^|/)(\.ssh|\.aws|\.config|\.gnupg|conf|etc|home|root|proc)(/|$)|~|\.env$|wallet|keystore", re.I
)


@requirement("no-dynamic-code")
def test_no_dynamic_code(sources: Sources) -> None:
    """No eval, exec, pickle, marshal, ctypes, nor imports by a name that is only known at run time."""
    found = [
        source.evidence(line)
        for source in sources.shipped
        for line in sorted(
            {*_uses(source, forbidden.DYNAMIC, forbidden.DYNAMIC_MODULES), *_computed_imports(source)}
        )
    ]
    expect(
        not found,
        f"It can run generated or received code, or native code from a file, in {places(found)}.",
        *found[:LISTED],
    )


@requirement("no-processes-or-foreign-files")
def test_no_processes_or_files(sources: Sources) -> None:
    """No program is started, and no file except its own is written, deleted or searched for."""
    processes = _lines(sources, forbidden.PROCESSES, forbidden.PROCESS_MODULES)
    files = [
        source.evidence(line)
        for source in sources.shipped
        for line in sorted({*_file_uses(source, sources), *_file_calls(source, sources)})
    ]
    parts = []
    if processes:
        parts.append(f"starts other programs in {places(processes)}")
    if files:
        parts.append(f"handles files on the user's computer in {places(files)}")
    expect(not parts, f"It {' and '.join(parts)}.", *processes[:LISTED], *files[:LISTED])


def _lines(sources: Sources, names: frozenset[str], modules: frozenset[str]) -> list[Evidence]:
    return [
        source.evidence(line)
        for source in sources.shipped
        for line in sorted(set(_uses(source, names, modules)))
    ]


def _uses(source: Source, names: frozenset[str], modules: frozenset[str]) -> Iterator[int]:
    """Lines that use one of `names`, or anything of `modules`."""
    return (item.line for item in source.references if _is_one_of(item, names, modules))


def _is_one_of(reference: Reference, names: frozenset[str], modules: frozenset[str]) -> bool:
    return reference.name in names or any(
        _within(reference.name, module) for module in modules if reference.imported
    )


def _file_uses(source: Source, sources: Sources) -> Iterator[int]:
    for reference in source.references:
        if _is_one_of(reference, forbidden.FILES, forbidden.FILE_MODULES):
            # Of these, what is done with them counts.
            imported = reference.imported and reference.name in REMOVERS | MAKERS
            if not imported and not _is_own(reference, source, sources):
                yield reference.line


def _is_own(reference: Reference, source: Source, sources: Sources) -> bool:
    return removes_own_file(reference, source, sources) or makes_data_folder(reference, source, sources)


def _within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def _computed_imports(source: Source) -> Iterator[int]:
    for reference in source.references:
        if (
            reference.name in forbidden.NEEDS_CONSTANT
            and not reference.imported
            and not _names_a_plain_module(reference)
        ):
            yield reference.line


def _names_a_plain_module(reference: Reference) -> bool:
    """Written out, and none that everything can be reached from, which nobody need call for."""
    first = reference.call.args[0] if reference.call is not None and reference.call.args else None
    named = first.value if isinstance(first, ast.Constant) else None
    return isinstance(named, str) and named.split(".")[0] not in forbidden.REACH_EVERYTHING


def _file_calls(source: Source, sources: Sources) -> Iterator[int]:
    """Lines that open, write or look for files, but for a script's own `main` that nothing else calls."""
    spans = _script_spans(source, sources)
    for reference in source.references:
        inside = any(first <= reference.line <= last for first, last in spans)
        if inside or _is_own(reference, source, sources):
            continue
        if _handles_file(reference, cython=source.cython):
            yield reference.line


def _handles_file(reference: Reference, *, cython: bool) -> bool:
    owner, _, method = reference.name.rpartition(".")
    if reference.name in OPENERS and not reference.imported:
        return _opens_for_writing(reference) or _opens_private(reference)
    if not owner or not (reference.call is not None or cython):
        return False
    return method in forbidden.FILE_METHODS or (method == "open" and _path_opened_for_writing(reference))


def _script_spans(source: Source, sources: Sources) -> list[tuple[int, int]]:
    """Lines of `if __name__ == "__main__"` and of the `main` it calls: run by hand, never by Hummingbot."""
    blocks = [
        node for node in source.nodes if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
    ]
    mains = [item.node for item in source.definitions if item.name in SCRIPT_MAINS and item.node]
    module = source.path.removesuffix(".py").replace("/", ".")
    called = any(
        reference.name in {f"{module}.{name}" for name in SCRIPT_MAINS}
        for other in sources.shipped
        for reference in other.references
    )
    scripts: list[ast.stmt] = [*blocks, *mains] if blocks and not called else []
    return [(node.lineno, node.end_lineno or node.lineno) for node in scripts]


def _opens_for_writing(reference: Reference) -> bool:
    """`open(path, "w")`, or with a mode that is only known when it runs."""
    return any(
        not isinstance(mode, ast.Constant) or WRITING.search(str(mode.value)) for mode in _modes(reference, 1)
    )


def _path_opened_for_writing(reference: Reference) -> bool:
    """`path.open("w")`; sockets and archives have an `open` too, which takes other words."""
    return any(
        isinstance(mode, ast.Constant) and MODE.fullmatch(str(mode.value)) for mode in _modes(reference, 0)
    )


def _modes(reference: Reference, place: int) -> list[ast.expr]:
    if reference.call is None:
        return []
    named = [item.value for item in reference.call.keywords if item.arg == "mode"]
    return [*reference.call.args[place : place + 1], *named]


def _opens_private(reference: Reference) -> bool:
    return reference.call is not None and any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and PRIVATE_PLACES.search(part.value)
        for argument in reference.call.args[:1]
        for part in ast.walk(argument)
    )
