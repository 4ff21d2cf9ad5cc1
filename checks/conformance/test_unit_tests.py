"""The connector's own unit tests, run in the sandbox without network; the framework's where it changes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import pytest

from checks.conformance.lacking import Lacks
from harness.checking import Attach, claimed, expect, requirement, undetermined
from harness.frameworks.core_tests import CoreTests
from harness.frameworks.mutation import MutationResult
from harness.frameworks.unit_tests import UnitTestResult
from harness.outcome import Evidence, EvidenceKind

ENOUGH = 0.80
# What a test says that looks for keys in the environment or in Hummingbot's own settings.
WANTS_KEYS = re.compile(
    r"KeyError: ['\"]\w*(KEY|SECRET|TOKEN|PASS(WORD|PHRASE)|MNEMONIC)|environ\[|getenv\(|conf_global"
    r"|No such file[^\n]*(\.env|conf/|key|secret|credential)",
    re.IGNORECASE,
)
NOTICED = 0.50  # merged connectors: 0.70 to 0.80


def _evidence(result: UnitTestResult, but: Collection[str] = ()) -> list[Evidence]:
    failures = [each for each in result.failures if each.name not in but]
    texts = [_failure(each.name, each.how, each.text) for each in failures[:4]]
    return [claimed(EvidenceKind.LOG, text) for text in texts or [result.detail[-1500:]]]


def _failure(name: str, how: str, text: str) -> str:
    """The test and its message on the first line, then the end of what it printed."""
    message = next((line for line in reversed(text.strip().splitlines()) if line.strip()), "")
    return f"{name}: {how}: {message.strip()[:300]}\n{text[-1500:]}"


@pytest.fixture(scope="session")
def runnable_tests(unit_tests: UnitTestResult, lacks: Lacks) -> UnitTestResult:
    """How the unit tests went; where some lack a library here they say nothing of the connector."""
    texts = (f"{each.name}\n{each.text}" for each in unit_tests.failures)
    for text in (*texts, *(() if unit_tests.ran else (unit_tests.detail,))):
        if lack := lacks(text):
            said = claimed(EvidenceKind.LOG, text[-1500:])
            undetermined(f"Some unit tests cannot run here: {lack}.", said)
    return unit_tests


@requirement("unit-tests-pass-offline")
def test_unit_tests_pass(
    runnable_tests: UnitTestResult, evidence: Attach, upstreams_unit_tests: Callable[[], UnitTestResult]
) -> None:
    """The connector's unit tests pass with no network and no credentials, but for what fails upstream too."""
    expect(runnable_tests.ran, "The unit test run did not finish.", *_evidence(runnable_tests))
    count = f"{runnable_tests.passed} of {runnable_tests.total} unit tests passed"
    evidence(claimed(EvidenceKind.MEASUREMENT, count))
    expect(runnable_tests.total, "There are test files, but no test in them ran.", *_evidence(runnable_tests))
    skipped = f"All of the {runnable_tests.skipped} unit tests are skipped."
    expect(runnable_tests.skipped < runnable_tests.total, skipped, *_evidence(runnable_tests))
    broken = runnable_tests.failed + runnable_tests.errors
    if broken:
        known = {each.name for each in upstreams_unit_tests().failures}
        own = broken - sum(each.name in known for each in runnable_tests.failures)
        failed = f"of {runnable_tests.total} unit tests fail without network"
        expect(not own, f"{own} {failed}.", *_evidence(runnable_tests, but=known))
        undetermined(
            f"{broken} {failed}, and in upstream's connector they fail too.", *_evidence(runnable_tests)
        )


@requirement("unit-tests-need-no-credentials")
def test_unit_tests_need_no_credentials(runnable_tests: UnitTestResult, evidence: Attach) -> None:
    """No unit test fails for want of keys; where others fail too, that is not known of them."""
    if not runnable_tests.ran or not runnable_tests.total:
        undetermined("The unit tests did not run, so it is not known whether they need credentials.")
    asking = [each for each in runnable_tests.failures if WANTS_KEYS.search(each.text)]
    expect(
        not asking,
        f"{len(asking)} of {runnable_tests.total} unit tests ask for credentials.",
        *(claimed(EvidenceKind.LOG, _failure(each.name, each.how, each.text)) for each in asking[:4]),
    )
    broken = runnable_tests.failed + runnable_tests.errors
    if broken:
        undetermined(
            f"{broken} of {runnable_tests.total} unit tests fail; it is not known whether they need keys."
        )
    evidence(
        claimed(EvidenceKind.MEASUREMENT, f"{runnable_tests.passed} unit tests pass without credentials")
    )


@requirement("unit-tests-cover-80-percent")
def test_unit_tests_cover_the_connector(runnable_tests: UnitTestResult, evidence: Attach) -> None:
    """The unit tests reach at least four fifths of the connector's lines."""
    if runnable_tests.coverage is None:
        undetermined("Coverage could not be measured.")
    evidence(claimed(EvidenceKind.MEASUREMENT, f"{runnable_tests.coverage:.0%} of the connector's lines ran"))
    expect(
        runnable_tests.coverage >= ENOUGH,
        f"The unit tests cover {runnable_tests.coverage:.0%} of the connector's lines, not {ENOUGH:.0%}.",
    )


@pytest.mark.takes_a_minute
@requirement("unit-tests-detect-defects")
def test_unit_tests_notice_defects(mutation: MutationResult, evidence: Attach) -> None:
    """Of small defects planted one by one in lines that the unit tests run, these notice at least half."""
    if not mutation.sound:
        said = claimed(EvidenceKind.LOG, mutation.detail[-1500:])
        undetermined("No defects could be planted: the unit tests did not run far enough.", said)
    if not mutation.planted:
        undetermined("No defect could be planted in a line whose tests pass.")
    count = f"{mutation.noticed} of {mutation.planted} planted defects noticed"
    evidence(
        claimed(EvidenceKind.MEASUREMENT, count, noticed=mutation.noticed, planted=mutation.planted),
        *(claimed(EvidenceKind.NOTE, f"not noticed: {each}") for each in mutation.missed[:8]),
    )
    expect(
        mutation.noticed >= mutation.planted * NOTICED,
        f"The unit tests detect {mutation.noticed} of {mutation.planted} defects planted in lines they run.",
    )


@pytest.mark.takes_a_minute
@requirement("upstream-tests-still-pass")
def test_the_frameworks_tests_still_pass(core_tests: CoreTests, evidence: Attach) -> None:
    """Tests of the framework's own code that it changes pass as they did without it."""
    tested = core_tests.held + len(core_tests.broken) + len(core_tests.lost)
    if not core_tests.decided or not tested:
        said = claimed(EvidenceKind.LOG, core_tests.detail[-1500:])
        undetermined("The framework's tests of this code also fail without the change.", said)
    text = f"{core_tests.held} of {tested} tests in {len(core_tests.tests)} files pass as before"
    evidence(claimed(EvidenceKind.MEASUREMENT, text, files=[*core_tests.tests[:8]]))
    failed = (f"{each.name}: {each.how}\n{each.text}"[-1500:] for each in core_tests.broken[:4])
    gone = [f"{name}: passes no longer" for name in core_tests.lost[:4]]
    gone += [] if core_tests.held else [core_tests.detail[-1500:]]
    expect(
        core_tests.held == tested,
        f"{tested - core_tests.held} of the {tested} framework tests of code that it changes no longer pass.",
        *(claimed(EvidenceKind.LOG, text) for text in (*failed, *gone)),
    )
