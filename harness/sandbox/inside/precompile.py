"""Compiles a tree's Python files to byte code that is checked against the source at every import.

`python -m inside.precompile TREE OUT JOBS`: for TREE/a/b.py writes OUT/a/__pycache__/b.<tag>.pyc. Files that
do not parse are passed over. Never by timestamp: exported files all have the same one.
"""

import importlib.util
import os
import py_compile
import sys
from typing import List


def main() -> None:
    tree, out, jobs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sources = _sources(tree)
    children = []
    for number in range(jobs):
        pid = os.fork()
        if pid == 0:
            _compile(sources[number::jobs], tree, out)
            os._exit(0)
        children.append(pid)
    worst = max(os.waitpid(pid, 0)[1] for pid in children)
    sys.exit(1 if worst else 0)


def _sources(tree: str) -> List[str]:
    found = []
    for parent, folders, names in os.walk(tree):
        folders.sort()
        found += [os.path.join(parent, name) for name in sorted(names) if name.endswith(".py")]
    return found


def _compile(sources: List[str], tree: str, out: str) -> None:
    for source in sources:
        compiled = importlib.util.cache_from_source(os.path.join(out, os.path.relpath(source, tree)))
        try:
            py_compile.compile(
                source,
                cfile=compiled,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
            )
        except (py_compile.PyCompileError, ValueError, RecursionError, MemoryError):
            continue


if __name__ == "__main__":
    main()
