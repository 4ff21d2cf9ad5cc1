"""Which compiled modules a change concerns: better one too many than one too few."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.frameworks.sources import BuildInputs, is_placeholder

FILES = {
    "hb/core/clock.pyx": "from hb.core.iterator cimport Iterator\ncdef class Clock: pass",
    "hb/core/clock.pxd": "cdef class Clock: pass",
    "hb/core/iterator.pyx": "cdef class Iterator: pass",
    "hb/core/iterator.pxd": "cdef class Iterator: pass",
    "hb/book/book.pyx": '# distutils: sources=hb/cpp/Entry.cpp\ncdef extern from "../cpp/Entry.h": pass',
    "hb/cpp/Entry.cpp": '#include "Entry.h"\n#include "Deep.h"',
    "hb/cpp/Entry.h": "",
    "hb/cpp/Deep.h": "",
    "hb/one/dummy.pyx": "cdef class dummy(): pass",
    "hb/one/dummy.pxd": "cdef class dummy(): pass",
    "hb/two/dummy.pyx": "cdef class dummy(): pass",
    "hb/near/user.pyx": "from .helper cimport help_me\nfrom hb.core cimport clock",
    "hb/near/helper.pxd": "",
}
ALL = frozenset(path for path in FILES if path.endswith(".pyx"))


def unchanged(**changes: str | None) -> frozenset[str]:
    after = {**FILES, **{path: text for path, text in changes.items() if text is not None}}
    for path in changes:
        if changes[path] is None:
            del after[path]
    before = BuildInputs(FILES).keys(["gcc 12"])
    return frozenset(
        module for module, key in BuildInputs(after).keys(["gcc 12"]).items() if before.get(module) == key
    )


@pytest.mark.parametrize(
    ("changed", "rebuilt"),
    [
        ("hb/core/clock.pyx", {"hb/core/clock.pyx"}),
        ("hb/core/clock.pxd", {"hb/core/clock.pyx", "hb/near/user.pyx"}),
        ("hb/core/iterator.pxd", {"hb/core/iterator.pyx", "hb/core/clock.pyx"}),
        ("hb/cpp/Deep.h", {"hb/book/book.pyx"}),
        ("hb/near/helper.pxd", {"hb/near/user.pyx"}),
        ("hb/one/dummy.pxd", {"hb/one/dummy.pyx"}),
    ],
)
def test_a_change_concerns_what_depends_on_it(changed: str, rebuilt: set[str]) -> None:
    assert unchanged(**{changed: "something else"}) == ALL - rebuilt


def test_nothing_changed_means_nothing_to_build() -> None:
    assert unchanged() == ALL


def test_a_new_module_is_not_unchanged() -> None:
    assert "hb/new/thing.pyx" not in unchanged(**{"hb/new/thing.pyx": ""})


def test_a_package_definition_concerns_everything() -> None:
    assert unchanged(**{"hb/core/__init__.pxd": ""}) == frozenset()


def test_a_definition_that_is_gone_concerns_what_needed_it() -> None:
    assert unchanged(**{"hb/near/helper.pxd": None}) == ALL - {"hb/near/user.pyx"}


def test_other_compilers_are_another_module() -> None:
    one, other = (BuildInputs(FILES).keys([compiler]) for compiler in ("gcc 12", "gcc 13"))
    assert one.keys() == other.keys() == ALL
    assert set(one.values()).isdisjoint(other.values())


def test_generated_code_and_links_are_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "hb"
    folder.mkdir()
    for name in ("a.pyx", "a.cpp", "b.cpp", "c.py"):
        (folder / name).write_text(name)
    (folder / "d.pxd").symlink_to("/etc/hostname")
    assert set(BuildInputs.read(tmp_path, "hb").files) == {"hb/a.pyx", "hb/b.cpp"}


def test_only_upstreams_placeholder_is_one() -> None:
    assert is_placeholder("hb/one/dummy.pyx")
    assert not is_placeholder("hb/one/dummy_order.pyx")
