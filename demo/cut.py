"""Cuts the demo's repositories from a released framework: `python -m demo.cut DEST [--released FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from demo import forks, gitwriter
from demo.release import PACKAGE, VERSION, Release
from demo.roundfile import write_round
from harness.forks.released import released_tree

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Demo:
    """Where the repositories are, and each one's commits on the branch it submits, oldest first."""

    upstream: Path
    forks: Mapping[str, Path]
    commits: Mapping[str, tuple[str, ...]]


def cut(destination: Path, released: Path, progress: Progress = lambda _: None) -> Demo:
    """Write `upstream.git` and `forks/<name>.git` below `destination`, which must not hold them yet.

    `released` is the unpacked sdist. The same sdist gives the same commit ids wherever it is cut.
    """
    progress(f"reading {PACKAGE} {VERSION}")
    release = Release.read(released)
    upstream = destination / "upstream.git"
    progress("writing the upstream repository")
    gitwriter.create(upstream)
    history = gitwriter.write(upstream, "master", forks.upstream(release))
    commits = {"upstream": tuple(history)}
    places: dict[str, Path] = {}
    for fork in forks.forks(release):
        progress(f"writing the fork {fork.name}")
        place = destination / "forks" / f"{fork.name}.git"
        gitwriter.create(place, base=upstream)
        base = history[len(history) - 1 - fork.behind]
        gitwriter.point(place, "master", base)
        if fork.branch != "master":
            gitwriter.point(place, fork.branch, base)
        commits[fork.name] = tuple(gitwriter.write(place, fork.branch, fork.commits, parent=base))
        places[fork.name] = place
    return Demo(upstream, places, commits)


def released_source(progress: Progress = lambda _: None) -> Path:
    """The unpacked sdist, from the package index once and from the cache afterwards."""
    return released_tree(PACKAGE, VERSION, progress)


def to_stderr(line: str) -> None:
    """Progress as plain lines, apart from what a command prints as its result."""
    sys.stderr.write(f"{line}\n")


def main(arguments: list[str] | None = None) -> int:
    """Cut the demo into a folder and write its round file beside the repositories."""
    parser = argparse.ArgumentParser(prog="python -m demo.cut", description=__doc__)
    parser.add_argument("destination", type=Path, help="an empty or new folder")
    parser.add_argument("--released", type=Path, help=f"an unpacked sdist of {PACKAGE} {VERSION}")
    given = parser.parse_args(arguments)
    destination = given.destination.resolve()
    if destination.exists() and any(destination.iterdir()):
        parser.error(f"{destination} is not empty: name a new folder")
    demo = cut(destination, given.released or released_source(to_stderr), to_stderr)
    sys.stdout.write(f"{write_round(destination, demo.upstream, demo.forks)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
