"""`harness run` and `harness freeze`: a whole round."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.checking.plan import LiveWay
from harness.commands.progress import Watch
from harness.commands.terminal import say
from harness.errors import UserError
from harness.forks.errors import Unreachable
from harness.forks.lockfile import freeze, load_lock, lock_path, seed_of
from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree
from harness.forks.upstream import upstream_commit
from harness.frameworks import generation_of
from harness.frameworks.interpreter import NoInterpreterError
from harness.frameworks.upstream import upstream_base
from harness.frameworks.uv import NotInstalledError
from harness.paths import cache_dir
from harness.reporting.model import RoundReport
from harness.reporting.publish import ROUND_REPORT, publish_round
from harness.reporting.wording import set_aside_line, verdict_words
from harness.rounds.round import Candidate
from harness.sandbox import Choice, choose
from harness.sandbox.sweep import sweep
from harness.screenings.round_file import read_round_file
from harness.screenings.scheduling import screen_round
from harness.screenings.screening import Settings
from harness.screenings.writing import writing, writing_beside

DESCRIPTIONS = "descriptions"  # beside the round's file: reviews of exchanges that were derived
# A commit that was fetched once is never asked for again.
PIN_IT = (
    "try again; a round whose upstream is a commit that was fetched before needs no answer: put its id under "
    "`upstream: ref:`; after the deadline `harness freeze` writes it down while upstream answers"
)


def run_round(
    file: Path,
    reports: Path,
    *,
    only: tuple[str, ...],
    jobs: int,
    sandbox: Choice,
    seed: int | None,
    scale: float,
    again: bool,
    live: bool,
    console: Console,
) -> Path:
    """Screen the round in `file` and publish under `reports`; returns the round's page."""
    round_ = read_round_file(file)
    for name in only:
        round_.candidate(name)
    with writing(reports / round_.id):
        clear_up(console)
        lock = load_lock(file, round_)
        settings = Settings(
            round=round_,
            round_file=file.absolute(),
            store=ObjectStore(),
            lock=lock,
            sandbox=chosen_name(sandbox),
            seed=seed_of(lock) if seed is None else seed,
            scale=scale,
            again=again,
            descriptions=file.absolute().parent / DESCRIPTIONS,
            live=LiveWay() if live else None,
        )
        for candidate in round_.candidates:
            if not only or candidate.name in only:
                tell_live(candidate, settings.live, console)
        return _screen(build_upstream(settings, console), reports, only, jobs, console)


def _screen(settings: Settings, reports: Path, only: tuple[str, ...], jobs: int, console: Console) -> Path:
    round_ = settings.round
    names = [candidate.name for candidate in round_.candidates if not only or candidate.name in only]
    with Watch(console, names) as watch:

        def failed(candidate: Candidate, error: Exception) -> None:
            say(console, f"{candidate.name}: our own failure: {error}")

        folder = screen_round(settings, reports, jobs=jobs, only=only, watch=watch, failed=failed)
    page = publish_round(folder)
    tell_verdicts(folder, console)
    return page


def tell_live(candidate: Candidate, live: LiveWay | None, console: Console) -> None:
    """What leaves this machine for a candidate whose exchange is a real one, before it does."""
    if candidate.exchange.mode == "live" and live is not None:
        hosts = ", ".join(candidate.exchange.hosts)
        say(
            console,
            f"{candidate.name}: its connector reads public market data of the real exchange, at {hosts} and "
            "nowhere else. No private request is sent and no order placed; what it reads is then replayed.",
        )


def tell_verdicts(round_dir: Path, console: Console) -> None:
    """A line for each candidate of a round that was just published, and one for each waiver it rests on."""
    report = RoundReport.model_validate_json((round_dir / ROUND_REPORT).read_text(encoding="utf-8"))
    for entry in report.candidates:
        say(console, f"{entry.name}: {verdict_words(entry)}. {entry.reason}")
        for waiver in entry.set_aside:
            say(console, f"  {set_aside_line(waiver)}")


def clear_up(console: Console) -> None:
    """Remove what a harness of this user's left that was killed."""
    if removed := str(sweep()):
        say(console, removed)


def chosen_name(sandbox: Choice) -> Choice:
    """The backend that "auto" stands for here, so that every candidate gets the same one."""
    return "docker" if choose(sandbox).name == "docker" else "bubblewrap"


def build_upstream(settings: Settings, console: Console) -> Settings:
    """Fetch and build the framework once, with a progress bar; nothing when that was done before.

    The settings then name the environment. Where there is none to be had here, that is said, and what needs
    one is undetermined.
    """
    store = settings.store
    locked = settings.lock.upstream if settings.lock else None
    say(console, "Fetching upstream …")
    try:
        commit = upstream_commit(store, settings.round.upstream, locked, lambda line: say(console, line))
    except Unreachable as error:
        raise UserError(
            f"upstream could not be read: {error.reason}", where=error.url, hint=PIN_IT
        ) from error
    generation = generation_of(Tree(store, commit.commit).paths())
    columns = (TextColumn("Building upstream"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("build", total=None, visible=False)

        def progress(done: int, total: int, _module: str) -> None:
            bar.update(task, completed=done, total=total, visible=True)
            if not console.is_terminal and (done % 10 == 0 or done == total):
                say(console, f"building upstream: {done} of {total} modules")

        sandbox = choose(settings.sandbox)
        say(console, "Preparing upstream's Python and packages (some minutes the first time) …")
        try:
            base = upstream_base(cache_dir(), sandbox, store, commit.commit, generation, progress)
        except (NoInterpreterError, NotInstalledError) as error:
            say(console, f"No connector can be run here: {error}")
            return settings
    environment = base.environment
    say(console, f"Upstream runs on Python {environment.lock.python}.")
    for relaxation in environment.lock.relaxations:
        say(console, f"not as upstream declares it: {relaxation}")
    return replace(settings, environment=environment.folder.name)


def freeze_round(file: Path, console: Console, now: datetime) -> Path:
    """Write the lock file beside `file` and say what could not be reached.

    Raises UserError before submissions close: a commit that is made until then counts.
    """
    round_ = read_round_file(file)
    if now <= round_.submissions_close:
        raise UserError(
            f"submissions are open until {round_.submissions_close:%Y-%m-%d %H:%M} UTC; freezing now "
            "would leave out what is committed until then",
            where=str(file),
            hint="freeze after that, or correct `submissions_close`; `harness run` screens what is there now",
        )
    kept = lock_path(file)
    with writing_beside(kept.with_name(f".{kept.name}.writing"), kept):
        frozen = freeze(file, round_, ObjectStore())
    for name, error in frozen.failures.items():
        say(console, f"{name}: {error}")
    return frozen.path
