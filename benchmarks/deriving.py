"""How far upstream's connectors live on the descriptions that are derived of them, alone and with a review.

    python -m benchmarks.deriving --mirror https://github.com/hummingbot/hummingbot=DIR [CONNECTOR …]

benchmarks/README.md says how long that takes, and what it tells.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from rich.console import Console

from harness.checking.derived import Place, derive
from harness.commands.terminal import say
from harness.describing.describe import ccxt_id_of, tests_of
from harness.errors import OurFailure, UserError
from harness.forks.mirrors import add_to_environment
from harness.forks.object_store import ObjectStore
from harness.forks.submission import AddedConnector, Kind
from harness.forks.tree import Tree
from harness.forks.upstream import upstream_commit
from harness.frameworks import generation_of, v2
from harness.frameworks.runtime import Runtime
from harness.frameworks.submissions import submission_build
from harness.frameworks.upstream import upstream_base
from harness.paths import cache_dir
from harness.rounds.upstream import read_upstream
from harness.sandbox import Backend, choose
from harness.scenarios.rehearsal import UNSEEN, Rehearsal
from harness.venue.described.loading import review_of

UPSTREAM = "https://github.com/hummingbot/hummingbot@development"
REVIEWS = Path("descriptions")
KINDS: tuple[Kind, ...] = ("exchange", "derivative")
# By kind: its name, on how many of each hundred an order is to live, and with how many entries at most.
GOALS: dict[str, tuple[str, int, int]] = {"exchange": ("spot", 90, 20), "derivative": ("perpetual", 75, 40)}


@dataclass(frozen=True)
class Lived:
    """A connector on its derived description. `entries` are those of its review, `reviewed` what it came to
    with them, None where there are none. `trouble` is why nothing was played.
    """

    connector: str
    kind: str
    alone: Rehearsal | None = None
    entries: int = 0
    reviewed: Rehearsal | None = None
    trouble: str = ""

    @property
    def needs(self) -> int | None:
        """The entries with which an order lives, None where none does."""
        if self.alone is not None and self.alone.lives:
            return 0
        return self.entries if self.reviewed is not None and self.reviewed.lives else None


def table(found: Iterable[Lived]) -> str:
    lines = ["| connector | kind | derived alone | entries | with them |", "|---|---|---|---:|---|"]
    for each in found:
        alone = _told(each.alone, each.trouble)
        entries = str(each.entries) if each.entries else ""
        reviewed = _told(each.reviewed, "") if each.entries else ""
        lines.append(f"| {each.connector} | {GOALS[each.kind][0]} | {alone} | {entries} | {reviewed} |")
    return "\n".join(lines) + "\n"


def _told(rehearsal: Rehearsal | None, trouble: str) -> str:
    if rehearsal is None:
        return trouble or "not played"
    if not rehearsal.lives:
        reached = ", ".join(rehearsal.reached) or "nothing"
        return f"{reached}; {UNSEEN[rehearsal.missing]}"
    untold = "".join(f"; not {step}" for step in rehearsal.untold)
    return f"a whole life{untold}"


def summary(found: Sequence[Lived]) -> str:
    """A line for each kind: on how many an order lives, with nothing told by hand and with a review."""
    return "".join(_of_kind(kind, [each for each in found if each.kind == kind]) for kind in GOALS)


def _of_kind(kind: str, found: Sequence[Lived]) -> str:
    if not found:
        return ""
    name, goal, most = GOALS[kind]
    alone = sum(each.needs == 0 for each in found)
    within = sum(each.needs is not None and each.needs <= most for each in found)
    share = 100 * within / len(found)
    return (
        f"{name}: of {len(found)} an order lives on {alone} with nothing told by hand, and on {within} "
        f"({share:.0f} %) with at most {most} entries; the goal is {goal} %\n"
    )


def connectors_of(tree: Tree, named: Sequence[str]) -> Iterator[AddedConnector]:
    """The named connectors of the tree, else all whose tests use upstream's kit. Raises UserError."""
    known = {
        (name, kind)
        for path in tree.paths()
        for kind in KINDS
        if path.endswith(f"_{kind}.py")
        and path
        == f"{v2.connector_path(kind, name := path.rpartition('/')[0].rpartition('/')[2])}/{name}_{kind}.py"
    }
    if unknown := set(named) - {name for name, _ in known}:
        raise UserError(f"upstream has no connector {', '.join(sorted(unknown))}", hint="see its folders")
    for name, kind in sorted(known):
        made = AddedConnector(name, kind, v2.connector_path(kind, name), new=False)
        if name in named or (not named and tests_of(tree, made)):
            yield made


def entries_of(reviews: Path, connector: str) -> int:
    """How many entries the review of a connector has."""
    file = review_of(reviews / f"{connector}.yml")
    return len(yaml.safe_load(file.read_text(encoding="utf-8")) or ()) if file.exists() else 0


def measure(
    running: tuple[Backend, Runtime], tree: Tree, connector: AddedConnector, reviews: Path, folder: Path
) -> Lived:
    """Derive its description, unless that was done, and have it trade there without and with its review."""
    lived = Lived(connector.name, connector.kind, entries=entries_of(reviews, connector.name))

    def played(name: str, where: Path | None) -> Rehearsal:
        place, ccxt = Place(cache_dir() / "descriptions", where, folder / name), ccxt_id_of(connector.name)
        return derive(place, *running, tree, connector, ccxt, [tree.commit], seed=0).rehearsal

    try:
        lived = replace(lived, alone=played(connector.name, None))
        if lived.entries:
            lived = replace(lived, reviewed=played(f"{connector.name}-reviewed", reviews))
    except (OurFailure, UserError) as error:
        return replace(lived, trouble=str(error))
    return lived


def main(arguments: Sequence[str]) -> int:
    given = _parsed(arguments)
    add_to_environment(given.mirror)
    console, store, backend = Console(stderr=True), ObjectStore(), choose("auto")
    upstream = read_upstream(given.upstream)
    commit = upstream_commit(store, upstream, None, lambda text: say(console, text)).commit
    tree = Tree(store, commit)
    base = upstream_base(cache_dir(), backend, store, commit, generation_of(tree.paths()))
    runtime = submission_build(cache_dir(), backend, base, tree).runtime
    found = []
    for connector in connectors_of(tree, given.connector):
        say(console, f"{connector.name} …")
        found.append(measure((backend, runtime), tree, connector, given.reviews, given.to))
    sys.stdout.write(f"Upstream at {commit[:10]}\n\n{table(found)}\n{summary(found)}")
    return 0


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.deriving")
    parser.add_argument("connector", nargs="*", help="all whose tests use upstream's kit, if none is named")
    parser.add_argument("--upstream", default=UPSTREAM, help="URL@REF")
    parser.add_argument("--mirror", action="append", default=[], help="URL=DIR")
    parser.add_argument("--reviews", type=Path, default=REVIEWS, help="folder of CONNECTOR.review.yml")
    parser.add_argument("--to", type=Path, default=Path("derived"), help="folder for what was derived")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
