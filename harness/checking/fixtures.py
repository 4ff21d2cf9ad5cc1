"""Fixtures of the checks of a running connector: the built submission, its unit tests, the players."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TypeVar

import pytest

from harness.checking import not_applicable, undetermined
from harness.checking.attribution import OTHER_SEED, Trial, control_in
from harness.checking.derived import FOLDER as DESCRIBED
from harness.checking.derived import Derived, Place, derive
from harness.checking.kept import prefix_for
from harness.checking.plan import Plan, calm
from harness.checking.players import SANDBOXES, Part, Players
from harness.checking.pytest_plugin import report_progress, screening_of
from harness.checking.turns import Turns, to_play, to_test
from harness.credentials.matching import unmatched
from harness.describing.describe import ccxt_id_of
from harness.driving.driver import ConnectorError
from harness.errors import UserError
from harness.forks.errors import FileMissing, TooLarge
from harness.forks.object_store import ObjectStore
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from harness.frameworks import GENERATIONS
from harness.frameworks.additions import Layer
from harness.frameworks.core_tests import CoreTests, changed_core, run_core_tests
from harness.frameworks.declaration import declared
from harness.frameworks.environment import Base, BuildResult, reading, spec_of
from harness.frameworks.installed import Installed
from harness.frameworks.interpreter import NoInterpreterError
from harness.frameworks.libraries import Libraries
from harness.frameworks.mutation import MutationResult, grade_unit_tests
from harness.frameworks.runtime import Generation, Runtime
from harness.frameworks.submissions import began_at, submission_build, submission_layer
from harness.frameworks.unit_tests import LIMITS as UNIT_TEST_LIMITS
from harness.frameworks.unit_tests import UnitTestResult, run_unit_tests
from harness.frameworks.upstream import upstream_base
from harness.frameworks.uv import NotInstalledError
from harness.oracle import preload
from harness.paths import cache_dir
from harness.requirement import Catalogue
from harness.rounds.round import Candidate
from harness.sandbox import Backend, choose
from harness.sandbox.choosing import described
from harness.scenarios.apart import PlayerApart, Recipe
from harness.scenarios.player import Keep, Player
from harness.scenarios.rig import Rigs
from harness.scenarios.trace.model import Header
from harness.scenarios.trace.store import FOLDER, name_of, write
from harness.venue.described import DescribedDialect
from harness.venue.described.sources import confirms
from harness.venue.dialects import dialect, dialect_of, known, spoken_by
from harness.venue.dialects.base import Dialect

Result = TypeVar("Result")
MOST_TEST_MODULES = 60


@pytest.fixture(scope="session")
def backend(plan: Plan) -> Backend:
    return choose(plan.sandbox)


@pytest.fixture(scope="session")
def base(backend: Backend, store: ObjectStore, submission: Submission) -> Base:
    """Upstream, built, with the Python and the packages that it declares."""
    try:
        return upstream_base(cache_dir(), backend, store, submission.upstream_commit, submission.generation)
    except (NoInterpreterError, NotInstalledError) as error:
        undetermined(_not_there(error))


@pytest.fixture(scope="session")
def added(
    plan: Plan, backend: Backend, base: Base, submission: Submission, tree: Tree, upstream_tree: Tree
) -> Layer:
    """The libraries that the submission adds, installed for it alone."""
    try:
        found = submission_layer(cache_dir(), backend, base, submission, upstream_tree, tree)
    except NotInstalledError as error:
        undetermined(_not_there(error))
    Installed(lock=base.environment.lock, additions=found.additions).write(plan.outcomes_file.parent)
    return found


def _not_there(error: UserError) -> str:
    hint = f"; {error.hint}" if error.hint else ""
    return f"Not tried: {error.message.splitlines()[0]}{hint}."


@pytest.fixture(scope="session")
def libraries(base: Base, added: Layer) -> Libraries:
    return Libraries.of(base.environment, added, declared(reading(base.tree)))


@pytest.fixture(scope="session")
def build(
    backend: Backend, store: ObjectStore, submission: Submission, base: Base, added: Layer, tree: Tree
) -> BuildResult:
    """The submission, built in the sandbox with upstream's modules reused."""
    return submission_build(cache_dir(), backend, base, tree, added, began_at(store, submission))


@pytest.fixture(scope="session")
def changed_paths(submission: Submission) -> frozenset[str]:
    return frozenset(change.path for change in submission.changes)


@pytest.fixture(scope="session")
def runtime(build: BuildResult, submission: Submission) -> BuildResult:
    """The build, where there is something to run."""
    generation = GENERATIONS[submission.generation]
    if generation.adapter is None:
        undetermined(f"Not tried: {generation.no_adapter_because}")
    if not build.ok:
        undetermined(f"Not tried, because {len(build.failed)} modules do not build.")
    return build


class UnitTestThread:
    """Beside the scenarios: what takes a while and needs no exchange, one after the other, each in turn."""

    def __init__(self, pool: ThreadPoolExecutor, turns: Turns) -> None:
        self._pool = pool
        self._turns = turns

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        def in_turn() -> Result:
            with self._turns.one():
                return work()

        return self._pool.submit(in_turn)


@pytest.fixture(scope="session")
def unit_test_thread() -> Iterator[UnitTestThread]:
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="unit-tests") as pool:
        yield UnitTestThread(pool, to_test())


@pytest.fixture(scope="session")
def running_unit_tests(
    unit_test_thread: UnitTestThread,
    backend: Backend,
    runtime: BuildResult,
    submission: Submission,
    tree: Tree,
    candidate: Candidate,
    connector_name: str,
) -> Future[UnitTestResult] | None:
    """The connector's own tests, run in a sandbox with no way out and no key. None where it has none."""
    generation = GENERATIONS[submission.generation]
    folder = _keyless_tests(submission, candidate, connector_name)
    sources = [generation.connector_path(candidate.kind, connector_name)]
    if not _tests_at(tree, folder):
        return None
    generation_name, built = submission.generation, runtime.runtime
    return unit_test_thread.submit(lambda: _run_unit_tests(backend, built, generation_name, folder, sources))


def _run_unit_tests(
    backend: Backend, runtime: Runtime, generation: Generation, folder: str, sources: Sequence[str]
) -> UnitTestResult:
    spec = spec_of(generation)
    told = replace(runtime, env={**runtime.env, **spec.test_environment})
    limits = replace(UNIT_TEST_LIMITS, wall_seconds=spec.unit_test_seconds)
    return run_unit_tests(backend, told, [folder], sources, limits)


@pytest.fixture(scope="session")
def test_sources(
    submission: Submission, tree: Tree, candidate: Candidate, connector_name: str
) -> tuple[str, ...]:
    """The connector's own test modules, as text."""
    folder = GENERATIONS[submission.generation].tests_path(candidate.kind, connector_name)
    return tuple(_texts(tree, folder))


def _keyless_tests(submission: Submission, candidate: Candidate, name: str) -> str:
    """Where those of a connector's tests lie that have to run without keys."""
    place: str = GENERATIONS[submission.generation].tests_path(candidate.kind, name)
    return place + spec_of(submission.generation).keyless_tests


def _tests_at(tree: Tree, place: str) -> tuple[str, ...]:
    """What lies in a folder, or the files whose paths begin so: `test/integration/test_acme_`."""
    begin = place if PurePosixPath(place).name.startswith("test_") else f"{place}/"
    return tuple(path for path in tree.paths() if path.startswith(begin))


def _texts(tree: Tree, folder: str) -> Iterator[str]:
    for path in _tests_at(tree, folder)[:MOST_TEST_MODULES]:
        if path.endswith(".py"):
            try:
                yield tree.read(path).decode("utf-8", "replace")
            except (FileMissing, TooLarge):
                continue


@pytest.fixture(scope="session")
def unit_tests(running_unit_tests: Future[UnitTestResult] | None) -> UnitTestResult:
    if running_unit_tests is None:
        not_applicable("There are no unit tests to run.")
    return running_unit_tests.result()


@pytest.fixture(scope="session")
def upstreams_unit_tests(
    unit_test_thread: UnitTestThread,
    backend: Backend,
    store: ObjectStore,
    submission: Submission,
    upstream_tree: Tree,
    candidate: Candidate,
    connector_name: str,
) -> Callable[[], UnitTestResult]:
    """Asked for when something went wrong: the connector's tests as upstream has them, on upstream's code.

    It ran nothing where upstream has no tests of such a connector.
    """
    folder = _keyless_tests(submission, candidate, connector_name)

    def run() -> UnitTestResult:
        if not _tests_at(upstream_tree, folder):
            return UnitTestResult(ran=False)
        without = _upstream_build(backend, store, submission, upstream_tree)
        return _run_unit_tests(backend, without.runtime, submission.generation, folder, ())

    return cache(lambda: unit_test_thread.submit(run).result())


@pytest.fixture(scope="session")
def running_mutation(
    unit_test_thread: UnitTestThread,
    running_unit_tests: Future[UnitTestResult] | None,
    backend: Backend,
    runtime: BuildResult,
    plan: Plan,
    catalogue: Catalogue,
) -> Future[MutationResult] | None:
    """How many defects, planted in the connector, its own tests notice."""
    if running_unit_tests is None or plan.profile not in catalogue["unit-tests-detect-defects"].profiles:
        return None

    def grade() -> MutationResult:
        return grade_unit_tests(backend, runtime.runtime, running_unit_tests.result(), plan.seed)

    return unit_test_thread.submit(grade)


@pytest.fixture(scope="session")
def mutation(running_mutation: Future[MutationResult] | None) -> MutationResult:
    if running_mutation is None:
        not_applicable("There are no unit tests to run.")
    return running_mutation.result()


@pytest.fixture(scope="session")
def running_core_tests(
    unit_test_thread: UnitTestThread,
    backend: Backend,
    runtime: BuildResult,
    store: ObjectStore,
    submission: Submission,
    upstream_tree: Tree,
    plan: Plan,
    catalogue: Catalogue,
) -> Future[CoreTests | None]:
    """The framework's own tests of code that the submission changes, without it and with it."""
    demanded = plan.profile in catalogue["upstream-tests-still-pass"].profiles

    def run() -> CoreTests | None:
        if not demanded or not changed_core(submission):
            return None
        before = _upstream_build(backend, store, submission, upstream_tree)
        return run_core_tests(backend, submission, before.runtime, runtime.runtime)

    return unit_test_thread.submit(run)


@pytest.fixture(scope="session")
def core_tests(running_core_tests: Future[CoreTests | None]) -> CoreTests:
    found = running_core_tests.result()
    if found is None:
        not_applicable("It changes no code that the framework's own tests cover.")
    return found


def _upstream_build(backend: Backend, store: ObjectStore, submission: Submission, tree: Tree) -> BuildResult:
    """A tree of upstream's, with nothing of the fork."""
    base = upstream_base(cache_dir(), backend, store, submission.upstream_commit, submission.generation)
    return submission_build(cache_dir(), backend, base, tree)


@pytest.fixture(scope="session")
def dialect_class(request: pytest.FixtureRequest, candidate: Candidate) -> type[Dialect]:
    """The round's own choice, else what is derived of the connector's exchange."""
    name = candidate.exchange.dialect
    if name in known():
        return dialect(name)
    found: Derived = request.getfixturevalue("derived_exchange")
    return found.dialect


@pytest.fixture(scope="session")
def derived_exchange(
    running_core_tests: object,  # noqa: ARG001 - started first: most of this waits
    backend: Backend,
    runtime: BuildResult,
    submission: Submission,
    tree: Tree,
    candidate: Candidate,
    connector_name: str,
    plan: Plan,
) -> Derived:
    """The exchange as its connector, the connector's tests and ccxt show it."""
    added = next((each for each in submission.connectors if each.name == connector_name), None)
    if added is None or submission.generation != "v2":
        there = ", ".join(spoken_by(submission.generation)) or "none"
        undetermined(
            f"Not tried: there is no simulated exchange for {connector_name} yet "
            f"(known of its generation: {there}), and none can be derived."
        )
    place = Place(cache_dir() / "descriptions", plan.descriptions, _described_in(plan))
    made_with = (submission.commit, submission.upstream_commit)
    ccxt_id = candidate.exchange.ccxt or ccxt_id_of(connector_name)
    try:
        found = derive(place, backend, runtime.runtime, tree, added, ccxt_id, made_with, plan.seed)
    except UserError as error:
        undetermined(f"Not tried: no exchange could be described ({error.message}).")
    report_progress(derived=True)
    return found


def _described_in(plan: Plan) -> Path:
    """Where the candidate's own descriptions lie."""
    return plan.outcomes_file.parent / DESCRIBED


@pytest.fixture(scope="session")
def control_and_ground(
    store: ObjectStore, submission: Submission, upstream_tree: Tree, candidate: Candidate
) -> tuple[str | None, Tree]:
    """The merged connector on which failures are tried, None where there is none, and the tree it is in."""
    grounds = (upstream_tree, Tree(store, submission.upstream_commit))
    held = [tree.paths() for tree in grounds]
    found = control_in(held, submission.generation, candidate.kind, candidate.exchange.dialect)
    return (None, upstream_tree) if found is None else (found[0], grounds[found[1]])


@pytest.fixture(scope="session")
def exchange_of_fork(
    request: pytest.FixtureRequest,
    dialect_class: type[Dialect],
    candidate: Candidate,
    connector_name: str,
    catalogue: Catalogue,
    plan: Plan,
) -> tuple[str | Path, dict[str, tuple[str, ...]]]:
    """The dialect's name or the description's file, and by requirement what is not confirmed of it."""
    leaning = unconfirmed_of(dialect_class, catalogue)
    if not (issubclass(dialect_class, DescribedDialect) and dialect_class.description.derived):
        return candidate.exchange.dialect or "", leaning
    derived: Derived = request.getfixturevalue("derived_exchange")
    if derived.not_played:
        undetermined(derived.not_played)
    return _described_in(plan) / f"{connector_name}.yml", joined(leaning, derived.unconfirmed(catalogue))


@pytest.fixture(scope="session")
def players(
    request: pytest.FixtureRequest,
    running_core_tests: object,  # noqa: ARG001 - started first, with what it needs: scenarios mostly wait
    running_mutation: object,  # noqa: ARG001 - the same
    backend: Backend,
    runtime: BuildResult,
    dialect_class: type[Dialect],
    store: ObjectStore,
    submission: Submission,
    candidate: Candidate,
    connector_name: str,
    control_and_ground: tuple[str | None, Tree],
    exchange_of_fork: tuple[str | Path, dict[str, tuple[str, ...]]],
    plan: Plan,
) -> Iterator[Players]:
    """Plays scenarios with the connector when a check asks for them, and elsewhere when one failed."""
    if dialect_class.ccxt_id is not None:
        preload()
    (control, ground), (exchange_named, leaning), keep = control_and_ground, exchange_of_fork, keeper(plan)

    def opened(part: Part, number: int) -> Player | PlayerApart:
        trial, forks = part.trial, part.trial is not Trial.CONTROL
        name = connector_name if forks or control is None else control
        seed = plan.seed + OTHER_SEED if trial is Trial.OTHER_SEED else plan.seed
        built = runtime if forks else _upstream_build(backend, store, submission, ground)
        exchange = exchange_named if forks else dialect_of(name, submission.generation) or name
        played_on = dialect_class if forks else dialect(str(exchange))
        said = candidate.exchange.stated_credentials if forks else {}
        about = Header(
            scenario="", connector=name, dialect=played_on.name, seed=seed, pace=plan.scale,
            trial=trial.value, prefix=prefix_for(connector_name, plan.connectors),
            commit=submission.commit if forks else ground.commit,
            upstream=submission.upstream_commit, environment=described(plan.sandbox),
            hosts=vouched_hosts(played_on), ports=tuple(played_on.ports),
            unconfirmed=leaning if forks else {},
        )  # fmt: skip
        if part.long:
            recipe = Recipe(plan.sandbox, built.runtime, exchange, name, seed, said)
            return PlayerApart(recipe, about, keep, "long")
        rigs = Rigs(backend, built.runtime, played_on, name, seed, said)
        if trial is Trial.FIRST:
            if not number:
                _all_credentials_fit(rigs)
            rigs.looks_closer = lambda pace: plan.scale if pace <= calm(plan.scale) else None
        return Player(rigs, about, keep, str(number + 1) if number else "")

    tried = {part: most for part, most in SANDBOXES.items() if control or part.trial is not Trial.CONTROL}
    players = Players(
        opened(Part(Trial.FIRST), 0), opened, tried,
        turn=lambda part: to_play(long=part.long).one, control=control, unconfirmed=leaning,
    )  # fmt: skip
    screening = screening_of(request.config)
    screening.redact_with(players.redact)
    try:
        yield players
        screening.settle()
    finally:
        players.close()


def vouched_hosts(exchange: type[Dialect]) -> tuple[str, ...]:
    """The hosts that need no declaring in the row: none where they are known from the fork alone."""
    if issubclass(exchange, DescribedDialect) and exchange.description.derived:
        named = exchange.description.known.get("hosts", ())
        if not any(map(confirms, named)):
            return ()
    return (*exchange.rest_hosts, *exchange.stream_hosts)


def _all_credentials_fit(rigs: Rigs) -> None:
    """One that cannot even be imported is told of elsewhere."""
    try:
        missing = rigs.unmatched_credentials()
    except ConnectorError:
        return
    if missing:
        rigs.close()
        undetermined(unmatched(missing, rigs.dialect.name))


def unconfirmed_of(exchange: type[Dialect], catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """By requirement, the fields that its checks lean on and that nobody but the fork vouches for."""
    found = {each.id: exchange.unconfirmed(each.leans_on) for each in catalogue if each.leans_on}
    return {name: fields for name, fields in found.items() if fields}


def joined(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """By requirement, the fields of both, those of `other` first."""
    return {name: (*other.get(name, ()), *one.get(name, ())) for name in {**other, **one}}


def keeper(plan: Plan) -> Keep:
    """Writes traces beside the outcomes."""
    folder = plan.outcomes_file.parent / FOLDER

    def keep(header: Header, contents: bytes) -> None:
        write(folder / name_of(header), contents)

    return keep
