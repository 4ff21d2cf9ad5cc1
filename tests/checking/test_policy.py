"""What is tried, and when what was found is believed: pure."""

from __future__ import annotations

import pytest

from harness.checking import ON_ITS_WORD, claimed, measured
from harness.checking.attribution import Trial
from harness.checking.policy import Ending, Policy, Tried, Try
from harness.outcome import EvidenceKind, Severity, Status

PASSED = Ending(Status.PASSED, "", (measured("seen"),))
FAILED = Ending(Status.FAILED, "It was announced twice.")
UNDETERMINED = Ending(Status.UNDETERMINED, "It broke off.")
TOO_LITTLE = Ending(Status.UNDETERMINED, "No order reached the exchange.", saw_too_little=True)
BELIEVES = Policy(12.0, control="kucoin")


def played(policy: Policy, **endings: Ending) -> list[Tried]:
    """The tries that follow from these endings: `hurried`, `calm` and those of the other trials."""
    done: list[Tried] = []
    while (attempt := policy.next_try(done)) is not None:
        name = "calm" if attempt.pace < 12.0 else "hurried"
        if attempt.trial is not Trial.FIRST:
            name = attempt.trial.value.replace(" ", "_")
        done.append((attempt, endings[name]))
    return done


def tried(done: list[Tried]) -> list[tuple[str, float]]:
    return [(attempt.trial.value, attempt.pace) for attempt, _ in done]


def test_what_passes_is_tried_once() -> None:
    assert tried(played(BELIEVES, hurried=PASSED)) == [("first", 12.0)]


def test_what_is_undecided_is_not_tried_again() -> None:
    assert tried(played(BELIEVES, hurried=UNDETERMINED)) == [("first", 12.0)]


@pytest.mark.parametrize(("calm", "status"), [(PASSED, Status.PASSED), (TOO_LITTLE, Status.UNDETERMINED)])
def test_what_was_seen_too_little_of_is_tried_calmly_once(calm: Ending, status: Status) -> None:
    done = played(BELIEVES, hurried=TOO_LITTLE, calm=calm)
    assert tried(done) == [("first", 12.0), ("first", 6.0)]
    ending = BELIEVES.conclude(done)
    assert ending.status is status
    assert ending.evidence[-1].text == "At 12× speed: No order reached the exchange. Decided at 6×."


def test_what_fails_once_there_is_enough_to_see_is_tried_on_others() -> None:
    done = played(BELIEVES, hurried=TOO_LITTLE, calm=FAILED, control=PASSED, other_seed=FAILED)
    assert BELIEVES.conclude(done).status is Status.FAILED


def test_what_more_than_scenarios_leave_undecided_is_not_tried_again() -> None:
    here = Policy(12.0, elsewhere=False)
    assert tried(played(here, hurried=TOO_LITTLE)) == [("first", 12.0)]


def test_a_failure_is_tried_calmly_and_what_passes_then_has_passed() -> None:
    done = played(BELIEVES, hurried=FAILED, calm=PASSED, again=PASSED)
    assert tried(done) == [("first", 12.0), ("first", 6.0), ("again", 6.0)]
    ending = BELIEVES.conclude(done)
    assert ending.status is Status.PASSED
    assert ending.evidence[-1].text == "At 12× speed: It was announced twice. Decided at 6×."


def test_what_passes_at_the_second_try_only_is_tried_a_third_time() -> None:
    done = played(BELIEVES, hurried=FAILED, calm=PASSED, again=FAILED, control=PASSED, other_seed=PASSED)
    assert tried(done)[2:] == [("again", 6.0), ("control", 6.0), ("other seed", 6.0)]
    ending = BELIEVES.conclude(done)
    assert (ending.status, ending.summary) == (Status.FAILED, FAILED.summary)
    assert "It passed in one try of three." in [each.text for each in ending.evidence]


def test_what_shows_now_and_then_in_the_control_too_is_excused() -> None:
    done = played(BELIEVES, hurried=FAILED, calm=PASSED, again=FAILED, control=FAILED, other_seed=PASSED)
    assert BELIEVES.conclude(done).status is Status.UNDETERMINED


def test_a_third_try_that_decides_nothing_leaves_what_passed() -> None:
    done = played(BELIEVES, hurried=FAILED, calm=PASSED, again=UNDETERMINED)
    assert BELIEVES.conclude(done).status is Status.PASSED


def test_a_failure_that_comes_back_is_tried_on_others() -> None:
    done = played(BELIEVES, hurried=FAILED, calm=FAILED, control=PASSED, other_seed=PASSED, again=FAILED)
    others = [("control", 6.0), ("other seed", 6.0), ("again", 6.0)]
    assert tried(done) == [("first", 12.0), ("first", 6.0), *others]
    assert BELIEVES.conclude(done).status is Status.FAILED


@pytest.mark.parametrize(
    ("control", "other_seed", "again", "status", "words"),
    [
        (PASSED, FAILED, None, Status.FAILED, "The merged kucoin connector, in the fork's place: passed."),
        (PASSED, PASSED, FAILED, Status.FAILED, "with the same prices: failed."),
        (PASSED, PASSED, PASSED, Status.UNDETERMINED, "in one sandbox only"),
        (FAILED, FAILED, None, Status.UNDETERMINED, "The merged kucoin connector fails this"),
        (UNDETERMINED, FAILED, None, Status.FAILED, "With other prices and amounts: failed."),
    ],
)
def test_a_failure_is_the_forks_when_nobody_else_fails(
    control: Ending, other_seed: Ending, again: Ending | None, status: Status, words: str
) -> None:
    endings = {"control": control, "other_seed": other_seed} | ({"again": again} if again else {})
    ending = BELIEVES.conclude(played(BELIEVES, hurried=FAILED, calm=FAILED, **endings))
    assert ending.status is status
    assert FAILED.summary in ending.summary
    assert words in "\n".join([ending.summary, *(each.text for each in ending.evidence)])


def test_others_are_tried_at_any_speed() -> None:
    slow = Policy(2.0, control="kucoin")
    done = [(Try(Trial.FIRST, 2.0), FAILED)]
    assert slow.next_try(done) == Try(Trial.CONTROL, 2.0)


def test_without_a_control_the_others_decide() -> None:
    alone = Policy(12.0)
    assert tried(played(alone, hurried=FAILED, calm=FAILED, other_seed=FAILED))[2:] == [("other seed", 6.0)]


def test_a_failure_that_decides_nothing_is_tried_on_nobody_else() -> None:
    """What only the fork says of its exchange explains it, whoever fails too."""
    doubted = Policy(12.0, control="kucoin", doubted=True)
    assert tried(played(doubted, hurried=FAILED, calm=FAILED)) == [("first", 12.0), ("first", 6.0)]
    again = played(doubted, hurried=FAILED, calm=PASSED, again=FAILED)
    assert tried(again)[2:] == [("again", 6.0)]
    assert doubted.conclude(again).status is Status.FAILED


def test_what_judges_more_than_scenarios_is_tried_calmly_only() -> None:
    here = Policy(12.0, elsewhere=False, control="kucoin")
    done = played(here, hurried=FAILED, calm=FAILED)
    assert tried(done) == [("first", 12.0), ("first", 6.0)]
    assert here.conclude(done) == FAILED


def test_a_static_check_is_tried_once() -> None:
    static = Policy(12.0, running=False)
    done = played(static, hurried=FAILED)
    assert tried(done) == [("first", 12.0)]
    assert static.conclude(done) == FAILED


def test_no_blocker_passes_on_a_claim() -> None:
    said = Ending(Status.PASSED, "", (claimed(EvidenceKind.EVENT, "OrderFilled"),))
    assert BELIEVES.believed(said, Severity.BLOCKER) == Ending(
        Status.UNDETERMINED, ON_ITS_WORD, said.evidence
    )
    assert BELIEVES.believed(said, Severity.MAJOR) == said
    assert BELIEVES.believed(PASSED, Severity.BLOCKER) == PASSED
    read = Policy(12.0, running=False)
    assert read.believed(said, Severity.BLOCKER) == said, "files are read by us"
