from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.forks import limits
from harness.forks import tree as tree_module
from harness.forks.errors import FileMissing, TooLarge
from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree, named_by_one_alone, unsafe_name


def view(store: ObjectStore, repository: Any) -> Tree:
    fetched = store.fetch(str(repository.path), "master", "test")
    store.complete(fetched.commit, str(repository.path))
    return Tree(store, fetched.commit)


def test_files_are_read_from_objects(store: ObjectStore, fork: Any) -> None:
    fork.commit({"a/b.py": "x = 'é'\n", "a/c.bin": b"\xff\0", "d.txt": "d"})
    tree = view(store, fork)

    assert tree.under("a") == ("a/b.py", "a/c.bin")
    assert tree.text("a/b.py") == "x = 'é'\n"
    assert tree.read("a/c.bin") == b"\xff\0"
    assert "d.txt" in tree
    entry = tree.entry("d.txt")
    assert entry is not None
    assert (entry.mode, entry.size) == (0o100644, 1)
    assert tree.entry("nope") is None


def test_a_text_is_searched_for_below_a_folder(store: ObjectStore, fork: Any) -> None:
    fork.commit(
        {"test/é.py": "import acme.rest\n", "test/b.py": "import other\n", "a.py": "import acme.rest\n"}
    )
    tree = view(store, fork)

    assert tree.holding("acme.rest", "test") == {"test/é.py"}
    assert tree.holding("acme.*", "test") == frozenset()
    assert tree.holds("acme.rest")
    assert not tree.holds("acme.*")


def test_what_upstream_names_is_its_own_until_a_changed_file_names_it(store: ObjectStore, fork: Any) -> None:
    fork.commit({"x/coinzoom.py": "'api.coinzoom.com'\n", "x/a.py": "", "y/b.py": "'evil.example'\n"})
    upstream = view(store, fork)

    def alone(text: str, **files: str) -> bool:
        fork.commit({name.replace("_", "/", 1) + ".py": body for name, body in files.items()})
        return named_by_one_alone(upstream, view(store, fork), text, ("x",))

    assert alone("coinzoom.com", x_new="nothing")
    assert not alone("evil.example")
    assert not alone("nobody.example")
    assert not alone("coinzoom.com", x_new="'api.coinzoom.com'")


def test_reading_has_a_limit(store: ObjectStore, fork: Any) -> None:
    fork.commit({"big": b"x" * 2000})
    tree = view(store, fork)

    assert len(tree.read("big", limit=2000)) == 2000
    with pytest.raises(TooLarge, match="2000 bytes"):
        tree.read("big", limit=1999)
    with pytest.raises(FileMissing):
        tree.read("small")


def test_an_export_is_whole_plain_and_reproducible(store: ObjectStore, fork: Any, tmp_path: Path) -> None:
    fork.write({"run.sh": "#!/bin/sh\n", "a/b.py": "x\n"})
    (fork.path / "run.sh").chmod(0o755)
    (fork.path / "link").symlink_to("/etc/passwd")
    fork.commit({})
    target = tmp_path / "out" / "tree"

    export = view(store, fork).export(target)

    assert sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()) == [
        "README.md",
        "a/b.py",
        "hummingbot/connector/exchange/merged/merged_exchange.py",
        "hummingbot/connector/exchange_py_base.py",
        "run.sh",
        "setup.py",
    ]
    assert (target / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (target / "a/b.py").stat().st_mode & 0o777 == 0o644
    times = {path.stat().st_mtime for path in target.rglob("*") if path.is_file()}
    assert times == {tree_module.EXPORT_TIME}
    assert [(item.path, item.reason) for item in export.skipped] == [("link", "symlink")]
    assert export.files == 6
    assert [path.name for path in target.parent.iterdir()] == ["tree"]


def test_an_export_may_be_of_some_folders(store: ObjectStore, fork: Any, tmp_path: Path) -> None:
    fork.commit({"a/b.py": "", "ab/c.py": "", "d.py": ""})

    view(store, fork).export(tmp_path / "out", prefixes=("a/", "d.py"))

    assert sorted(path.name for path in (tmp_path / "out").rglob("*.py")) == ["b.py", "d.py"]


def test_an_export_over_the_limit_leaves_nothing(
    store: ObjectStore, fork: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork.commit({"big": b"x" * 5000})
    monkeypatch.setattr(limits, "TOTAL_BYTES", 4000)

    with pytest.raises(TooLarge):
        view(store, fork).export(tmp_path / "place" / "out")
    assert list((tmp_path / "place").iterdir()) == []


@pytest.mark.parametrize(
    "path",
    ["../up", "a/../../up", "/etc/x", "a//b", "./a", ".git/config", "a/.GIT/hooks/x", ".git. /x", "a\\b",
     "GIT~1/config",
     ".git::$INDEX_ALLOCATION/x",
     "a\nb", "a\x1b[31m", "a\u202eb", "x" * 1100, "/".join("d" * 70)],
)  # fmt: skip
def test_names_that_are_never_written(path: str) -> None:
    assert unsafe_name(path)


@pytest.mark.parametrize("path", ["a", ".github/x.yml", ".gitignore", "a b/ü.py", "..a", "a..b"])
def test_names_that_are_fine(path: str) -> None:
    assert unsafe_name(path) is None
