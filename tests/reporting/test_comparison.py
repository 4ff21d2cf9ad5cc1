"""What changed from one report to another: which way, how it is told, and what may be the cause."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from harness.commands.diff import diff
from harness.errors import UserError
from harness.outcome import Lifecycle, Outcome, OutcomeLog, Status
from harness.reporting.comparison import Kind, differences, grouped, told, why
from harness.reporting.model import CandidateReport
from harness.reporting.publish import publish_round
from harness.requirement import Catalogue
from tests.reporting.parts import WAIVER, all_passed, catalogue, one_candidate, outcome

PASSED, FAILED, OPEN, ERROR = Status.PASSED, Status.FAILED, Status.UNDETERMINED, Status.HARNESS_ERROR


def report(folder: Path, known: Catalogue | None = None, waivers: str = "[]", **statuses: Status) -> Path:
    """A published round whose candidate has these statuses, by requirement, and passes all else."""
    others = {name: outcome(name.replace("_", "-"), status) for name, status in statuses.items()}
    one_candidate(folder, "acme", all_passed(**others), waivers=waivers)
    publish_round(folder, catalogue=known or catalogue())
    return folder


def read(folder: Path) -> CandidateReport:
    return CandidateReport.model_validate_json((folder / "acme" / "report.json").read_bytes())


def shown(before: Path, after: Path) -> tuple[str, bool]:
    out = io.StringIO()
    failed = diff(before, after, Console(file=out, width=200))
    return out.getvalue(), failed


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (PASSED, FAILED, Kind.FAILED),
        (OPEN, FAILED, Kind.FAILED),
        (FAILED, PASSED, Kind.MET),
        (OPEN, PASSED, Kind.MET),
        (PASSED, OPEN, Kind.UNDECIDED),
        (FAILED, ERROR, Kind.UNDECIDED),
        (PASSED, Status.NOT_APPLICABLE, Kind.OTHER),
        (OPEN, ERROR, None),
        (FAILED, FAILED, None),
    ],
)
def test_which_way_it_changed(tmp_path: Path, before: Status, after: Status, kind: Kind | None) -> None:
    old, new = report(tmp_path / "a", builds=before), report(tmp_path / "b", builds=after)
    found = differences(read(old), read(new))
    assert [each.kind for each in found] == ([] if kind is None else [kind])


def test_what_is_experimental_is_told_and_is_no_new_failure(tmp_path: Path) -> None:
    old = report(tmp_path / "a")
    broken = outcome("builds", FAILED, "It does not build.")
    folders = {}
    for stage in (Lifecycle.EXPERIMENTAL, Lifecycle.STABLE):
        folders[stage] = tmp_path / stage
        one_candidate(
            folders[stage], "acme", all_passed(builds=broken.model_copy(update={"lifecycle": stage}))
        )
        publish_round(folders[stage], catalogue=catalogue())
    said, failed = shown(old, folders[Lifecycle.EXPERIMENTAL])
    assert not failed
    assert "Newly failed" not in said
    assert "builds: passed → failed, experimental: It does not build." in said
    said, failed = shown(folders[Lifecycle.EXPERIMENTAL], folders[Lifecycle.STABLE])
    assert failed
    assert "Newly failed (1)" in said
    assert "builds (blocks the vote): failed, experimental → failed: It does not build." in said


def test_failures_come_first_and_blockers_before_the_others(tmp_path: Path) -> None:
    old = report(tmp_path / "a", cancel_one=FAILED)
    new = report(tmp_path / "b", merges_cleanly=FAILED, builds=FAILED, secrets_not_logged=OPEN)
    found = differences(read(old), read(new))
    assert [each.finding.requirement for each in found] == [
        "builds",
        "merges-cleanly",
        "cancel-one",
        "secrets-not-logged",
    ]
    assert [(kind, len(group)) for kind, group in grouped(found)] == [
        (Kind.FAILED, 2),
        (Kind.MET, 1),
        (Kind.UNDECIDED, 1),
    ]


def test_a_requirement_that_only_one_of_them_has(tmp_path: Path) -> None:
    fewer = Catalogue(tuple(each for each in catalogue() if each.id != "builds"))
    old = report(tmp_path / "a", fewer)
    log = OutcomeLog(old / "acme" / "outcomes.jsonl")
    kept: list[Outcome] = [each for each in log.outcomes() if each.requirement != "builds"]
    log.begin(log.header(), afresh=True)
    log.append(kept)
    publish_round(old, catalogue=fewer)
    new = report(tmp_path / "b", builds=FAILED)
    (added,) = differences(read(old), read(new))
    assert told(added) == "builds (blocks the vote): failed, not asked for before: It builds"
    (gone,) = differences(read(new), read(old))
    assert (gone.kind, told(gone)) == (
        Kind.OTHER,
        "builds (blocks the vote): failed, no longer required: It builds",
    )


def test_a_waiver_is_named_where_it_comes_and_goes(tmp_path: Path) -> None:
    without = report(tmp_path / "a", usage_page_present=FAILED)
    waived = report(tmp_path / "b", waivers=WAIVER, usage_page_present=FAILED)
    (came,) = differences(read(without), read(waived))
    assert told(came).startswith(
        "usage-page-present: failed → waived: set aside by A. Maintainer until 31 Jan"
    )
    (went,) = differences(read(waived), read(without))
    assert "waived → failed: the waiver of A. Maintainer does not hold any more" in told(went)


def test_what_outcomes_depend_on_is_compared() -> None:
    before = {
        "commit": "ab",
        "seed": 1,
        "row": {"ref": "master", "exchange": {"hosts": ["a", "b"]}},
        "new": 1,
    }
    after = {"commit": "cd", "seed": 1, "row": {"ref": "main", "exchange": {"hosts": ["a"]}}, "new": None}
    assert why(before, after) == (  # type: ignore[arg-type]
        "the fork's commit: ab → cd",
        "`new`: 1 → nothing",
        "`exchange.hosts` of its row: a, b → a",
        "`ref` of its row: master → main",
    )


def test_two_rounds_are_compared_by_name(tmp_path: Path) -> None:
    old, new = report(tmp_path / "a"), report(tmp_path / "b", builds=FAILED)
    shutil.copytree(old / "acme", old / "left")
    shutil.copytree(old / "acme", new / "fresh")
    said, failed = shown(old, new)
    assert failed
    assert "acme: may be voted on → may not be voted on" in said
    assert "builds (blocks the vote): passed → failed: It builds" in said
    assert f"left: it is not in {new} any more" in said
    assert "fresh: new, may be voted on" in said
    assert "are the same" in said


def test_two_folders_of_one_candidate(tmp_path: Path) -> None:
    old, new = report(tmp_path / "a", builds=FAILED) / "acme", report(tmp_path / "b") / "acme"
    said, failed = shown(old, new)
    assert not failed
    assert "Newly met (1)" in said
    log = OutcomeLog(new / "outcomes.jsonl")
    log.begin({**log.header(), "seed": 7}, afresh=True)
    assert "the fork's commit is the same; what differs:\n    the seed: nothing → 7" in shown(old, new)[0]
    (old / "outcomes.jsonl").unlink()
    assert "not kept beside both" in shown(old, new)[0]
    assert "every requirement is as it was" in shown(new, new)[0]


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    folder = report(tmp_path / "a")
    for before, after, words in (
        (folder, tmp_path / "none", "no report here"),
        (folder, folder / "acme", "one folder is a round's"),
        (folder / "acme", folder, "one folder is a round's"),
    ):
        with pytest.raises(UserError, match=words):
            shown(before, after)
    (folder / "acme" / "report.json").write_text("{}")
    with pytest.raises(UserError, match="not a candidate's report"):
        shown(folder, folder)
