"""`harness image`: files for a container with a whole Hummingbot at a candidate's commit."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from harness import temporary
from harness.commands.terminal import say
from harness.errors import UserError
from harness.forks.errors import ForkError, Unreachable
from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree
from harness.frameworks import uv
from harness.paths import made_empty
from harness.reporting.publish import report_of
from harness.reporting.wording import link
from harness.requirement import Catalogue
from harness.screenings.chosen import Chosen, choose_candidate
from harness.screenings.run import InstalledInfo
from harness.screenings.store import read_screening, write_whole
from harness.voting.image import SOURCE, Image, checked_base, files


def write_image(
    what: str,
    *,
    round_file: Path,
    reports: Path,
    out: Path | None,
    base: str | None,
    with_source: bool,
    console: Console,
) -> Path:
    """Write Dockerfile, compose file, hashes and README into `out`, or `image/NAME`; returns the folder.

    Raises UserError where it is not known what the candidate runs with, or something is in `out` already;
    ForkError, NotInstalledError.
    """
    base = checked_base(base) if base else None
    store = ObjectStore()
    chosen = choose_candidate(what, round_file, reports, store)
    folder = out or Path("image") / chosen.name
    screened = read_screening(chosen.folder, chosen.submission.candidate) if chosen.folder else None
    installed = screened.run.installed if screened and screened.run else None
    if screened is None or installed is None:
        raise UserError(
            "it was never run, so its packages are not known",
            where=chosen.name,
            hint=f"harness run {round_file} --only {chosen.name}",
        )
    if chosen.submission.generation != "v2":
        raise UserError(
            "only connectors for today's framework can be put into an image",
            where=chosen.name,
            hint="a Hummingbot of 2020 is built as its own README says",
        )
    made_empty(folder)
    say(console, "Asking the package index for the hashes of its packages …")
    repository = None if with_source else link(chosen.submission.repository)
    if repository and _is_gone(store, chosen):
        say(console, "The fork cannot be read any more, so its files are put beside it.")
        repository = None
    made = Image(
        report=report_of(chosen.round, screened, Catalogue.load()),
        repository=repository,
        commit=chosen.submission.commit,
        python=installed.python,
        requirements=_hashed(installed),
        base=base,
    )
    _write(folder, made, chosen, store)
    say(console, f"Wrote {folder}; read {folder / 'README.md'} first: this trades with real money.")
    return folder


def _is_gone(store: ObjectStore, chosen: Chosen) -> bool:
    submission = chosen.submission
    try:
        store.fetch(submission.repository, submission.ref, f"candidates/{chosen.round.id}/{chosen.name}/now")
    except Unreachable:
        return True
    except ForkError:
        return False  # it answers, and its ref may have moved: the commit is asked for by its id
    return False


def _hashed(installed: InstalledInfo) -> str:
    packages = sorted({*installed.packages, *installed.added})
    with temporary.folder("hashes") as scratch:
        return uv.hashed(installed.python, packages, scratch)


def _write(folder: Path, made: Image, chosen: Chosen, store: ObjectStore) -> None:
    for name, text in files(made).items():
        write_whole(folder / name, text)
    if made.repository is None:
        Tree.of(store, chosen.submission).export(folder / SOURCE)
