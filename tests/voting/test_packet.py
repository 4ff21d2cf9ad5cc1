"""The review packet: the template's boxes, parts, QA tables, open findings; a fork's words mean nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.forks.branch import Branch, Conflict
from harness.forks.since import Moved, Since
from harness.forks.submission import AddedConnector, Submission
from harness.outcome import Outcome, Status
from harness.reporting.publish import report_of
from harness.requirement import Catalogue, Source
from harness.screenings.store import read_screening
from harness.voting.packet import Packet
from harness.voting.packet_page import render
from harness.voting.parts import (
    CONNECTOR,
    DOCUMENTS,
    FRAMEWORK,
    INSTALLATION,
    OTHERS,
    REST,
    TESTS,
    part_of,
    parts,
)
from harness.voting.qa import qa_rows
from tests.reporting.parts import (
    HOSTILE,
    WAIVER,
    all_passed,
    catalogue,
    change,
    evidence,
    one_candidate,
    outcome,
    submission,
)

ACME = AddedConnector("acme", "exchange", "hummingbot/connector/exchange/acme", True)
STILL = Since(Moved(commit="ab" * 20), Moved(commit="cd" * 20), None)
FAILED = outcome(
    "every-fill-reported-once",
    Status.FAILED,
    "Two fills are missing.",
    evidence("no event", file="hummingbot/connector/exchange/acme/acme_exchange.py", line=42),
).model_copy(update={"traces": ("trade-12-first.jsonl.zst",)})


def packet(folder: Path, outcomes: list[Outcome], **changes: Any) -> Packet:
    pinned: Submission = changes.pop("pinned", None) or submission(
        one_candidate(folder / "x", "acme", []).candidates[0]
    )
    round_ = one_candidate(folder, "acme", outcomes, waivers=changes.pop("waivers", "[]"))
    screened = read_screening(folder / "acme", round_.candidates[0])
    report = report_of(round_, screened, catalogue())
    made = Packet(
        report=report,
        submission=pinned,
        branch=Branch("review/acme", "ab" * 20, False, ()),
        parts=parts(pinned.changes, pinned.connectors, {}),
        qa=(),
        since=STILL,
        people=frozenset(),
        try_command="harness try reports/x/acme",
    )
    return replace(made, **changes)


def test_the_templates_boxes_are_ticked_by_what_was_found(tmp_path: Path) -> None:
    broken = outcome("builds", Status.FAILED, "One module does not build.")
    text = render(packet(tmp_path, all_passed(builds=broken)))
    assert "- [ ] It builds without errors or warnings (failed: One module does not build.)" in text
    assert "- [x] All tests pass\n" in text
    assert "Title: `feat/ add the acme connector`" in text
    text = render(packet(tmp_path / "two", all_passed()))
    assert "- [x] It builds without errors or warnings\n" in text


def test_open_findings_have_their_evidence_and_traces(tmp_path: Path) -> None:
    text = render(packet(tmp_path, all_passed(every_fill_reported_once=FAILED)))
    found = text[text.index("## Open findings (1)") : text.index("## Questions for a person")]
    assert "`hummingbot/connector/exchange/acme/acme_exchange.py:42`" in found
    assert "Traces: `trade-12-first.jsonl.zst`" in found
    assert "What to do:" in found
    assert "- [ ] Each of the 1 open finding is fixed" in text


def test_what_needs_a_person_stands_apart(tmp_path: Path) -> None:
    undecided = outcome("usage-page-present", Status.UNDETERMINED, "Needs a person to look.")
    made = packet(
        tmp_path, all_passed(usage_page_present=undecided), people=frozenset({"usage-page-present"})
    )
    text = render(made)
    assert "## Open findings (0)" in text
    people = text[text.index("## Questions for a person") : text.index("## Reviewers' checklist")]
    assert "- A page tells users how to connect: Needs a person to look." in people
    assert "- Whether the change of 1 file is wanted: documents" in people


def test_conflicts_are_listed_with_the_files_that_show_them(tmp_path: Path) -> None:
    conflicts = (
        Conflict("a|b.py", ("CONFLICT (contents)",), ("x",), "<<<<<<<\n"),
        Conflict("gone.bin", ("CONFLICT (modify/delete)",), ("y",), None),
    )
    text = render(packet(tmp_path, all_passed(), branch=Branch("review/acme", None, False, conflicts, "no")))
    assert "| a\\|b.py | contents | `conflicts/001.txt` |" in text
    assert "| gone.bin | modify/delete | no text |" in text
    assert "- [ ] 2 conflicts resolved" in text


def test_what_came_since_is_told_as_not_screened(tmp_path: Path) -> None:
    moved = Moved("ef" * 20, 2, (("ef" * 20, "Fix fills"),), ("README.md",), 1)
    text = render(packet(tmp_path, all_passed(), since=Since(moved, None, None)))
    assert "The fork has 2 commits more" in text
    assert "None of that was screened." in text
    assert "- `efefefefefef` Fix fills" in text
    assert "The screened commit is merged, or later changes are screened too" in text
    gone = Since(Moved(trouble="no such repository"), None, None)
    assert "The fork cannot be read any more (no such repository)" in render(
        packet(tmp_path / "two", all_passed(), since=gone)
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_of_a_forks_formats_links_or_mentions(tmp_path: Path, words: str) -> None:
    said = outcome("builds", Status.FAILED, words, evidence(words, file=words, line=1))
    conflict = Conflict(words, (words,), (words,), words)
    since = Since(Moved("ef" * 20, 1, (("ef" * 20, words),), (words,), 1), Moved(trouble=words), None)
    made = packet(
        tmp_path,
        all_passed(builds=said),
        pinned=replace(
            submission(one_candidate(tmp_path / "x", "acme", []).candidates[0]), changes=(change(words),)
        ),
        branch=Branch("review/acme", None, False, (conflict,), "no"),
        since=since,
    )
    text = re.sub(r"^(```+)text\n.*?^\1$", "", render(made), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"(`+)[^`\n](?:.*?[^`\n])??\1(?!`)", "", text)
    text = re.sub(r"^(<details><summary>.*?</summary>|</details>)$", "", text, flags=re.MULTILINE)  # ours
    assert not re.search(r"(?<!\\)<\w", text)
    assert not re.search(r"(?<!\\)\[[^x ]", text)
    assert not re.search(r"@(?!\u2060)\w", text)
    assert not re.search(r"://", text)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("\n## ") == render(packet(tmp_path / "two", all_passed())).count("\n## ")


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("hummingbot/connector/exchange/acme/acme_auth.py", CONNECTOR),
        ("hummingbot/connector/exchange/acme2/x.py", OTHERS),
        ("test/hummingbot/connector/exchange/acme/test_x.py", TESTS),
        ("hummingbot/core/clock.pyx", FRAMEWORK),
        ("setup.py", INSTALLATION),
        ("setup/environment.yml", INSTALLATION),
        (".github/workflows/x.yml", INSTALLATION),
        ("README.md", DOCUMENTS),
        ("notes/readme.RST", DOCUMENTS),
        ("x.bin", REST),
    ],
)
def test_parts(path: str, part: str) -> None:
    assert part_of(path, [ACME]) == part


def test_lines_are_summed_by_part_where_they_are_known() -> None:
    paths = ("hummingbot/connector/exchange/acme/a.py", "hummingbot/connector/exchange/acme/b.py", "x.bin")
    found = parts([change(path) for path in paths], [ACME], {paths[0]: (3, 1), paths[1]: (4, 0)})
    assert [(each.name, len(each.files), each.added, each.removed) for each in found] == [
        (CONNECTOR, 2, 7, 1),
        (REST, 1, None, None),
    ]


def test_a_row_of_the_qa_tables_is_as_good_as_its_worst(tmp_path: Path) -> None:
    page = "site: docs/connectors/test.md"
    rows = {"builds": "10-11", "cancel-one": "11-11", "limit-buy-and-sell": "14"}
    known = Catalogue(
        tuple(
            item.model_copy(update={"sources": (Source(doc=page, at="c0ffee", lines=rows[item.id]),)})
            if item.id in rows
            else item
            for item in catalogue()
        )
    )
    broken = outcome("cancel-one", Status.FAILED).model_copy(update={"traces": ("t.zst",)})
    report = packet(tmp_path, all_passed(cancel_one=broken)).report
    found = qa_rows(known, report.outcomes, "v2-spot")
    assert [(row.line, row.status, len(row.findings)) for row in found] == [
        (10, Status.PASSED, 1),
        (11, Status.FAILED, 2),
        (14, Status.PASSED, 1),
    ]
    text = render(packet(tmp_path / "two", all_passed(), qa=found))
    assert "| test.md | 11 | ✕ failed | ✓ It builds; ✕ A cancelled order is gone | `t.zst` |" in text


def test_the_catalogue_fills_the_tables_of_both_kinds(tmp_path: Path) -> None:
    everything = Catalogue.load()
    found = [
        outcome("builds", Status.PASSED).model_copy(update={"requirement": item.id}) for item in everything
    ]
    spot, perpetual = (qa_rows(everything, found, kind) for kind in ("v2-spot", "v2-perpetual"))  # type: ignore[arg-type]
    assert {row.page for row in spot} == {"test.md"}
    assert {row.page for row in perpetual} == {"test.md", "test-perp.md"}
    assert len(spot) > 10


def test_a_waiver_is_for_people(tmp_path: Path) -> None:
    missing = outcome("usage-page-present", Status.FAILED)
    text = render(packet(tmp_path, all_passed(usage_page_present=missing), waivers=WAIVER))
    assert "## Open findings (1)" in text
    assert "Waived by A. Maintainer" in text
