"""The built submission, the rigs it is driven on, and the scenarios played with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

import pytest

from checks.conformance.rigs import TrialRigs
from harness.checking import Attach, not_applicable, undetermined
from harness.checking.attribution import OTHER_SEED, Trial, control_for
from harness.checking.plan import Plan
from harness.checking.pytest_plugin import KEY, rests_on_scenarios_alone
from harness.driving.numbers import reckoning
from harness.forks.object_store import ObjectStore
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from harness.frameworks import GENERATIONS
from harness.frameworks.core_tests import CoreTests, changed_core, run_core_tests
from harness.frameworks.environment import BuildResult
from harness.frameworks.interpreter import NoInterpreterError
from harness.frameworks.mutation import MutationResult, grade_unit_tests
from harness.frameworks.submissions import submission_build
from harness.frameworks.unit_tests import UnitTestResult, run_unit_tests
from harness.frameworks.upstream import upstream_base
from harness.oracle import preload
from harness.paths import cache_dir
from harness.rounds.round import Candidate
from harness.sandbox import Backend, choose
from harness.scenarios.rig import Rigs
from harness.venue.dialects import dialect, known
from harness.venue.dialects.base import Dialect

T = TypeVar("T")


class Play(Protocol):
    """The `play` fixture: what happened in a scenario, at this try's pace.

    A scenario played `alone` looks closer at a failure: only the fork plays it, at the ordinary pace.
    """

    def __call__(self, scenario: Callable[[Rigs, float], T], *, alone: bool = False) -> T: ...


@pytest.fixture(scope="session")
def backend(plan: Plan) -> Backend:
    return choose(plan.sandbox)


@pytest.fixture(scope="session")
def build(backend: Backend, store: ObjectStore, submission: Submission, tree: Tree) -> BuildResult:
    """The submission, built in the sandbox with upstream's modules reused."""
    cache = cache_dir()
    try:
        base = upstream_base(cache, backend, store, submission.upstream_commit, submission.generation)
    except NoInterpreterError as error:
        undetermined(str(error).splitlines()[0])
    return submission_build(cache, backend, base, tree)


@pytest.fixture(scope="session")
def runtime(build: BuildResult, submission: Submission) -> BuildResult:
    """The build, where there is something to run."""
    generation = GENERATIONS[submission.generation]
    if generation.adapter is None:
        undetermined(f"Not tried: {generation.no_adapter_because}")
    if not build.ok:
        undetermined(f"Not tried, because {len(build.failed)} modules do not build.")
    return build


@pytest.fixture(scope="session")
def unit_test_thread() -> Iterator[ThreadPoolExecutor]:
    """What takes a while and needs no exchange runs here, one after the other, beside the scenarios."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="unit-tests") as pool:
        yield pool


@pytest.fixture(scope="session")
def running_unit_tests(
    unit_test_thread: ThreadPoolExecutor,
    backend: Backend,
    runtime: BuildResult,
    submission: Submission,
    tree: Tree,
    candidate: Candidate,
    connector_name: str,
) -> Future[UnitTestResult] | None:
    """The connector's own tests, run in a sandbox with no way out and no key. None where it has none."""
    generation = GENERATIONS[submission.generation]
    folder = generation.tests_path(candidate.kind, connector_name)
    sources = [generation.connector_path(candidate.kind, connector_name)]
    if not tree.under(folder):
        return None
    return unit_test_thread.submit(run_unit_tests, backend, runtime.runtime, [folder], sources)


@pytest.fixture(scope="session")
def unit_tests(running_unit_tests: Future[UnitTestResult] | None) -> UnitTestResult:
    if running_unit_tests is None:
        not_applicable("There are no unit tests to run.")
    return running_unit_tests.result()


@pytest.fixture(scope="session")
def running_mutation(
    unit_test_thread: ThreadPoolExecutor,
    running_unit_tests: Future[UnitTestResult] | None,
    backend: Backend,
    runtime: BuildResult,
    plan: Plan,
) -> Future[MutationResult] | None:
    """How many defects, planted in the connector, its own tests notice."""
    if running_unit_tests is None:
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
    unit_test_thread: ThreadPoolExecutor,
    backend: Backend,
    runtime: BuildResult,
    store: ObjectStore,
    submission: Submission,
    upstream_tree: Tree,
) -> Future[CoreTests | None]:
    """The framework's own tests of code that the submission changes, without it and with it."""

    def run() -> CoreTests | None:
        if not changed_core(submission):
            return None
        before = _upstream_build(backend, store, submission, upstream_tree)
        return run_core_tests(backend, submission, before.runtime, runtime.runtime)

    return unit_test_thread.submit(run)


@pytest.fixture(scope="session")
def core_tests(running_core_tests: Future[CoreTests | None]) -> CoreTests:
    found = running_core_tests.result()
    if found is None:
        not_applicable("It changes no code of the framework's that the framework has tests of.")
    return found


def _upstream_build(backend: Backend, store: ObjectStore, submission: Submission, tree: Tree) -> BuildResult:
    """A tree of upstream's, with nothing of the fork."""
    base = upstream_base(cache_dir(), backend, store, submission.upstream_commit, submission.generation)
    return submission_build(cache_dir(), backend, base, tree)


@pytest.fixture(scope="session")
def dialect_class(candidate: Candidate) -> type[Dialect]:
    name = candidate.exchange.dialect
    if name is None or name not in known():
        undetermined(
            f"Not tried: there is no simulated exchange for {', '.join(candidate.connectors)} yet "
            f"(known: {', '.join(known())})."
        )
    return dialect(name)


@pytest.fixture(scope="session")
def rigs(
    request: pytest.FixtureRequest,
    running_core_tests: object,  # noqa: ARG001 - started first, with what it needs: scenarios mostly wait
    running_mutation: object,  # noqa: ARG001 - the same
    backend: Backend,
    runtime: BuildResult,
    dialect_class: type[Dialect],
    connector_name: str,
    plan: Plan,
) -> Iterator[Rigs]:
    if dialect_class.ccxt_id is not None:
        preload()
    rigs = Rigs(backend, runtime.runtime, dialect_class, connector_name, plan.seed)
    request.config.stash[KEY].redact = rigs.canaries.redact
    try:
        yield rigs
    finally:
        rigs.close()


@pytest.fixture(scope="session")
def trial_rigs(
    request: pytest.FixtureRequest,
    rigs: Rigs,
    backend: Backend,
    runtime: BuildResult,
    dialect_class: type[Dialect],
    store: ObjectStore,
    submission: Submission,
    candidate: Candidate,
    connector_name: str,
    plan: Plan,
) -> Iterator[TrialRigs]:
    upstream = Tree(store, submission.upstream_commit)
    paths = [entry.path for entry in upstream.entries()]
    control = control_for(paths, submission.generation, candidate.kind, candidate.exchange.dialect)
    request.config.stash[KEY].control = control

    def of(seed: int) -> Rigs:
        return Rigs(backend, runtime.runtime, dialect_class, connector_name, seed)

    def merged(name: str) -> Rigs:
        built = _upstream_build(backend, store, submission, upstream)
        return Rigs(backend, built.runtime, dialect(name), name, plan.seed)

    others: dict[Trial, Callable[[], Rigs]] = {
        Trial.OTHER_SEED: lambda: of(plan.seed + OTHER_SEED),
        Trial.AGAIN: lambda: of(plan.seed),
    }
    if control is not None:
        others[Trial.CONTROL] = lambda: merged(control)
    trial_rigs = TrialRigs(rigs, others)
    try:
        yield trial_rigs
    finally:
        trial_rigs.close()


@pytest.fixture
def play(request: pytest.FixtureRequest, trial_rigs: TrialRigs, evidence: Attach) -> Play:
    """A scenario, played at this try's pace. What the connector broke off with makes its checks undetermined.

    What we saw of it ourselves is attached: without that, nothing the connector says of it is believed.
    """
    screening = request.config.stash[KEY]
    pace, trial = screening.scale, screening.trial
    witnessed: set[object] = set()

    def played(scenario: Callable[[Rigs, float], T], *, alone: bool = False) -> T:
        if alone:
            return trial_rigs.play(trial, scenario, screening.plan.scale)
        if screening.careful and rests_on_scenarios_alone(request.node):
            trial_rigs.begin_elsewhere(scenario, pace)
        result = trial_rigs.play(trial, scenario, pace)
        if scenario not in witnessed:
            witnessed.add(scenario)
            evidence(*trial_rigs.seen(trial, scenario, pace))
        return result

    return played


@pytest.fixture
def last_try(request: pytest.FixtureRequest) -> bool:
    """Whether what this try finds is reported: then it is worth looking closer."""
    screening = request.config.stash[KEY]
    calm: bool = screening.scale == screening.calm
    return calm and screening.trial is Trial.FIRST


@pytest.fixture(autouse=True)
def _reckoning() -> Iterator[None]:
    """A number that a connector made up fails a check; it does not break it."""
    with reckoning():
        yield
