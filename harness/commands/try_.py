"""`harness try`: a candidate's connector makes markets on its simulated exchange while somebody watches."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rich.console import Console

from harness.commands.run import build_upstream, chosen_name, clear_up
from harness.commands.terminal import say
from harness.credentials.matching import unmatched
from harness.driving.rpc_client import ConnectorError
from harness.errors import UserError
from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree
from harness.frameworks import GENERATIONS
from harness.frameworks.runtime import Runtime
from harness.frameworks.submissions import with_its_libraries
from harness.frameworks.upstream import upstream_base
from harness.paths import cache_dir
from harness.reporting.wording import count
from harness.sandbox import Backend, Choice, choose
from harness.scenarios import randomization
from harness.scenarios.rig import Rigs
from harness.screenings.chosen import Chosen, choose_candidate
from harness.screenings.screening import Settings
from harness.serving.trial import Ended, trade_and_show
from harness.venue.described import dialect_or_description
from harness.venue.dialects import dialect, known
from harness.venue.dialects.base import Dialect


def try_candidate(
    what: str,
    *,
    round_file: Path,
    reports: Path,
    connector: str | None,
    exchange: str | None,
    seconds: float,
    page_port: int,
    seed: int,
    sandbox: Choice,
    console: Console,
) -> bool:
    """Trade until the time is over or Ctrl-C; true where the connector went on to the end.

    Raises UserError where there is nothing to trade with or on, ForkError for a fork that cannot be had.
    """
    store = ObjectStore()
    chosen = choose_candidate(what, round_file, reports, store)
    name, spoken = _connector(chosen, connector), _exchange(chosen, exchange)
    clear_up(console)
    settings = Settings(chosen.round, round_file, store, sandbox=chosen_name(sandbox))
    build_upstream(settings, console)
    backend = choose(settings.sandbox)
    say(console, f"Building commit {chosen.submission.commit[:12]} of {chosen.submission.repository} …")
    runtime = _runtime(chosen, store, backend)
    say(console, f"Starting {name} in the sandbox …")
    stated = chosen.submission.candidate.exchange.stated_credentials
    try:
        with closing(Rigs(backend, runtime, spoken, name, seed, stated)) as rigs:
            if missing := rigs.unmatched_credentials():
                raise UserError(
                    unmatched(missing, spoken.name),
                    hint="describe its credentials in the candidate's row (docs/credentials.md)",
                )
            market = randomization.usual(rigs.dialect.markets)[0]
            with rigs.open(1.0, market=market) as rig:
                title = f"{chosen.name} on a simulated {spoken.name}"
                ended = trade_and_show(
                    rig, title, page_port, seconds, seed, lambda page: _tell(page, seconds, console)
                )
    except ConnectorError as error:
        raise UserError(f"the connector cannot be started: {error}", where=chosen.name) from error
    _summarise(ended, console)
    return not ended.trouble


def _connector(chosen: Chosen, wanted: str | None) -> str:
    names = chosen.submission.candidate.connectors
    if wanted is None:
        return names[0]
    if wanted not in names:
        raise UserError(f"{chosen.name} has no connector {wanted!r}", hint=f"it has {', '.join(names)}")
    return wanted


def _exchange(chosen: Chosen, wanted: str | None) -> type[Dialect]:
    if wanted is not None:
        return dialect_or_description(wanted)
    name = chosen.submission.candidate.exchange.dialect
    if name is None or name not in known():
        raise UserError(
            f"there is no simulated exchange for {chosen.name} yet",
            hint="describe it (docs/exchanges.md), and name the description with --dialect",
        )
    return dialect(name)


def _runtime(chosen: Chosen, store: ObjectStore, backend: Backend) -> Runtime:
    """The submission, built as it is for a screening."""
    submission = chosen.submission
    generation = GENERATIONS[submission.generation]
    if generation.adapter is None:
        raise UserError(generation.no_adapter_because, where=chosen.name)
    base = upstream_base(cache_dir(), backend, store, submission.upstream_commit, submission.generation)
    built = with_its_libraries(cache_dir(), backend, base, store, submission, Tree.of(store, submission))
    if not built.ok:
        raise UserError(
            f"modules that do not build: {len(built.failed)}, the first of them {built.failed[0]}",
            where=chosen.name,
            hint="the candidate's page has the compiler's messages",
        )
    return built.runtime


def _tell(page: str, seconds: float, console: Console) -> None:
    say(console, f"\nWatch it at {page}")
    say(console, f"It ends after {seconds:.0f} s, or with Ctrl-C. No real money is involved.")


def _summarise(ended: Ended, console: Console) -> None:
    by_status = ", ".join(f"{number} {status.value}" for status, number in sorted(ended.orders.items()))
    say(console, f"\n{count(ended.orders.total(), 'order')} reached the exchange ({by_status or 'none'}).")
    say(console, f"{count(ended.fills, 'fill')}; the connector reported {ended.reported}.")
    if ended.trouble:
        say(console, ended.trouble)
