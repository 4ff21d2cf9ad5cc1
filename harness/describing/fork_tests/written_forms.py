"""How the tests write what a connector's source reads, where they do not use upstream's kit. Pure.

Numbers or texts, and the units of times: by the literals that stand under a key wherever a test has one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from harness.describing.documents.leaves import name_of
from harness.describing.documents.templates import time_form
from harness.describing.source_code.source import Reading, Source
from harness.describing.source_code.source_constants import literal_in
from harness.frameworks.syntax import parse

NUMBER, TEXT = "number", "text"


def with_forms(source: Source) -> Source:
    """The same with the form of each leaf that all of its tests write alike."""
    forms = forms_in(source.tests)

    def formed(reading: Reading) -> Reading:
        reads = (replace(each, form=forms.get(name_of(each.path), "")) for each in reading.reads)
        return replace(reading, reads=tuple(reads))

    return replace(
        source,
        routes={path: formed(each) for path, each in source.routes.items()},
        markets=formed(source.markets) if source.markets is not None else None,
        asking=tuple(replace(each, reading=formed(each.reading)) for each in source.asking),
        messages=tuple(replace(each, reading=formed(each.reading)) for each in source.messages),
    )


def forms_in(tests: Iterable[str]) -> Mapping[str, str]:
    """The form of what stands under each key, but for keys under which tests write different ones.

    Beside a time in one form others may be numbers that are none, such as 123.
    """
    found: dict[str, set[str]] = {}
    for text in tests:
        for key, form in _literals(text):
            found.setdefault(key, set()).add(form)
    times = {key: forms - {NUMBER, TEXT} for key, forms in found.items()}
    alone = {key: times[key] or forms for key, forms in found.items()}
    return {key: forms.pop() for key, forms in alone.items() if len(forms) == 1}


def _literals(text: str) -> Iterator[tuple[str, str]]:
    tree = parse(text, cython=False).tree
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                name, form = literal_in(key) if key is not None else None, _form(value)
                if isinstance(name, str) and form:
                    yield name, form


def _form(value: ast.expr) -> str:
    """Empty for what may be either, such as a variable, and for flags."""
    match value:
        case ast.JoinedStr() | ast.Call(func=ast.Name(id="str")):
            return TEXT
    said = literal_in(value)
    if isinstance(said, bool) or said is None:
        return ""
    if not isinstance(said, str | int | float):
        return TEXT
    timed = time_form(said)
    return timed.removeprefix("|") if timed else TEXT if isinstance(said, str) else NUMBER
