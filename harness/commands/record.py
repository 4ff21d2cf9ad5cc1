"""`harness record`: a real exchange, as it answers ccxt or a connector through our gateway, in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from harness.clock import ScaledClock
from harness.commands.check import own_round
from harness.commands.recorded import tell_recording
from harness.commands.run import build_upstream, chosen_name, clear_up
from harness.commands.terminal import say
from harness.errors import UserError
from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree
from harness.forks.upstream import upstream_commit
from harness.forks.worktree import work_tree
from harness.frameworks import generation_of
from harness.frameworks.runtime import Runtime
from harness.frameworks.submissions import submission_build, with_its_libraries
from harness.frameworks.upstream import upstream_base
from harness.oracle import unified_symbol
from harness.paths import cache_dir
from harness.recordings.clients import Ccxt, Client, Fork
from harness.recordings.confirming import confirm
from harness.recordings.far_end import Way
from harness.recordings.keys import Keys, real_keys
from harness.recordings.permission import checked_hosts, signed_routes, vouched
from harness.recordings.recording import SUFFIX, load
from harness.recordings.session import Blind, record
from harness.recordings.signing_over import why_not
from harness.sandbox import Backend, Choice, choose
from harness.scenarios.randomization import usual
from harness.screenings.screening import Settings
from harness.venue.described import DescribedDialect, dialect_or_description
from harness.venue.dialects.base import Dialect

FOLDER = Path("recordings")


@dataclass(frozen=True)
class Wanted:
    """What a recording is to hold. `fork` is a work tree, `merged` upstream's own connector."""

    exchange: str
    pair: str | None
    seconds: float
    keys: Path | None
    fork: Path | None
    merged: bool
    connector: str | None
    upstream: str | None
    way: Way
    to: Path | None


def record_exchange(wanted: Wanted, sandbox: Choice, console: Console, *, live: bool) -> Path:
    """Record, if `live`; else say what would be sent where. Raises UserError."""
    kind = dialect_or_description(wanted.exchange)
    checked_hosts((*kind.rest_hosts, *kind.stream_hosts), wanted.exchange)
    real = _real(kind, wanted.keys)
    pair = wanted.pair or usual(kind.markets)[0].name
    for line in _plan(kind, wanted, pair):
        say(console, line)
    if not live:
        raise UserError("nothing was sent", hint="add --live to talk to the real exchange")
    running = _running(wanted, sandbox, console) if wanted.fork or wanted.merged else None
    to = wanted.to or FOLDER / f"{kind.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}{SUFFIX}"
    name = wanted.connector or kind.name

    def clients(blind: Blind) -> Sequence[Client]:
        forks = [Fork(*running, name, blind.credentials)] if running is not None else []
        return [*_ccxt(blind.spoken, blind, pair), *forks]

    clock = ScaledClock()
    notes = record(
        to,
        Blind.of(kind, clock),
        clients,
        pair=pair,
        seconds=wanted.seconds,
        way=wanted.way,
        real=real,
        clock=clock,
        told=lambda each: say(console, f"{each} asks for {wanted.seconds:.0f} s …"),
    )
    for note in notes:
        say(console, f"  {note}")
    seen = load(to)
    say(console, f"Wrote {to}.")
    if issubclass(kind, DescribedDialect):
        tell_recording(console, confirm(kind, seen), seen)
    else:
        say(console, f"It holds {seen.summary}.")
    return to


def _why_public(kind: type[Dialect]) -> str | None:
    """Why no private request can be signed over here, None where it can."""
    if not issubclass(kind, DescribedDialect):
        return f"{kind.name} is a dialect in Python, so its requests cannot be signed again"
    if not vouched(kind.description, "hosts"):
        return "its hosts are known from the fork alone: confirm `hosts` in the review before keys go there"
    return why_not(kind.description)


def _real(kind: type[Dialect], file: Path | None) -> Keys | None:
    """The keys that sign; None where public data alone are recorded."""
    if file is None or not issubclass(kind, DescribedDialect) or _why_public(kind) is not None:
        return None
    return real_keys(file, kind.description)


def _plan(kind: type[Dialect], wanted: Wanted, pair: str) -> list[str]:
    """What leaves this machine, before it does."""
    hosts = ", ".join(dict.fromkeys((*kind.rest_hosts, *kind.stream_hosts)))
    asked = ["ccxt"] if _ccxt_id(kind) else []
    asked += [f"the connector {wanted.connector or kind.name}"] if wanted.fork or wanted.merged else []
    if not asked:
        raise UserError(f"ccxt does not have {kind.name}", hint="give a fork's work tree with --fork")
    lines = [
        f"Real exchange: {kind.name}, at {hosts} (ports {', '.join(map(str, kind.ports))}); nowhere else.",
        f"It is asked by {' and '.join(asked)}: {pair}, for {wanted.seconds:.0f} s each. No order is placed.",
    ]
    if wanted.keys is None:
        return [*lines, "No keys: private requests stay here."]
    if (reason := _why_public(kind)) is not None:
        return [*lines, f"Private requests stay here, and public data alone are recorded: {reason}."]
    described = kind.description if issubclass(kind, DescribedDialect) else None
    routes = [name for name, _ in signed_routes(described)] if described else []
    return [
        *lines,
        f"The keys of {wanted.keys} sign these look-ups and private streams; they never enter the sandbox:",
        *(f"  {name}" for name in routes),
    ]


def _ccxt_id(kind: type[Dialect]) -> str | None:
    return kind.description.ccxt if issubclass(kind, DescribedDialect) else kind.ccxt_id


def _ccxt(spoken: Dialect, blind: Blind, pair: str) -> list[Client]:
    name = _ccxt_id(type(spoken))
    market = next((each for each in spoken.markets if each.name == pair), None)
    if name is None:
        return []
    symbol = unified_symbol(market, spoken.ccxt_assets) if market else pair.replace("-", "/")
    return [Ccxt(name, symbol, spoken.ccxt_credentials(blind.account), spoken.ccxt_options())]


def _running(wanted: Wanted, sandbox: Choice, console: Console) -> tuple[Backend, Runtime]:
    """What runs the fork's connector, or upstream's own."""
    round_ = own_round(wanted.fork or Path(), None, wanted.upstream)
    clear_up(console)
    store = ObjectStore()
    settings = build_upstream(Settings(round_, FOLDER, store, sandbox=chosen_name(sandbox)), console)
    backend = choose(settings.sandbox)
    commit = upstream_commit(store, round_.upstream, None, lambda text: say(console, text)).commit
    submission = work_tree(store, wanted.fork, round_.upstream) if wanted.fork is not None else None
    tree = Tree.of(store, submission) if submission is not None else Tree(store, commit)
    base = upstream_base(cache_dir(), backend, store, commit, generation_of(tree.paths()))
    if submission is not None:
        return backend, with_its_libraries(cache_dir(), backend, base, store, submission, tree).runtime
    return backend, submission_build(cache_dir(), backend, base, tree).runtime
