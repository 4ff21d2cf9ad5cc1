"""Reports that act on the programs that read them, and reports without end.

As in `test_reports.py`, each payload stands in every word that a fork can choose.
"""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from rich.console import Console

from harness.commands.run import freeze_round
from harness.forks.lockfile import load_lock, lock_path
from harness.forks.submission import MergePreview
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, OutcomeLog, Status
from harness.reporting.publish import publish_round, report_of, write_candidate
from harness.rounds.reading import load_round
from harness.screenings.screened import Screened
from harness.text import storable
from tests.hostile.attack import attack
from tests.hostile.planting import (
    PAYLOADS,
    Planted,
    pairs,
    payloads,
    planted,
    text,
)
from tests.reporting.page import Page
from tests.reporting.parts import (
    REQUIREMENTS,
    all_passed,
    catalogue,
    change,
    evidence,
    one_candidate,
    outcome,
    run_info,
    submission,
)
from tests.world import git, upstream_and_fork, write_round

__all__ = ["planted"]


def shape(value: object) -> object:
    """What JSON is made of, without its words; `data` holds names of the fork's, so only how many."""
    if isinstance(value, dict):
        return {
            name: len(item) if name == "data" else shape(item)
            for name, item in value.items()
            if name != "locations"
        }
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def strict(document: str) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(document, parse_constant=refuse)


@payloads
@attack(
    "closes a string or a <script> element around JSON, or puts a terminal's sequences into it",
    meets="JSON in printable ASCII without < > &, of the shape it has with harmless words, that holds them",
)
def test_json_is_data_wherever_it_is_put(planted: Planted, payload: str) -> None:
    for pattern in ("*.json", "*.jsonl", "*.sarif"):
        for path, twin in pairs(planted(payload), pattern):
            document = text(path)
            assert document.isascii()
            assert not re.search(r"[<>&\x00-\x09\x0b-\x1f\x7f]", document)
            for line, tame in zip(*map(lines_of, (path, twin)), strict=True):
                assert shape(strict(line)) == shape(strict(tame))
    report = strict(text(planted(payload)[0] / "everything" / "report.json"))
    assert storable(PAYLOADS[payload], 2000) in [item["summary"] for item in report["outcomes"]]


def lines_of(path: Path) -> list[str]:
    return text(path).splitlines() if path.suffix == ".jsonl" else [text(path)]


@payloads
@attack(
    "writes entities, CDATA, elements and characters that XML forbids into JUnit",
    meets="XML of the same elements as with harmless words, without a document type",
)
def test_junit_is_well_formed_and_ours(planted: Planted, payload: str) -> None:
    for path, twin in pairs(planted(payload), "junit.xml"):
        assert "<!" not in text(path)
        elements, tame = (list(ElementTree.fromstring(text(each)).iter()) for each in (path, twin))  # noqa: S314 - ours
        assert [(each.tag, sorted(each.attrib)) for each in elements] == [
            (each.tag, sorted(each.attrib)) for each in tame
        ]


@payloads
@attack(
    "names files ../../x, //host/x or javascript:x, so that an editor opens them from SARIF",
    meets="places are relative paths below the checkout or are left out; messages hold no link",
)
def test_sarif_opens_nothing_outside_the_checkout(planted: Planted, payload: str) -> None:
    for path, _ in pairs(planted(payload), "report.sarif"):
        for result in strict(text(path))["runs"][0]["results"]:
            assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]]", result["message"]["text"])
            for place in result["locations"]:
                uri = place["physicalLocation"]["artifactLocation"]["uri"]
                assert not urlsplit(uri).scheme
                assert not {"", ".", ".."} & set(unquote(uri).split("/"))


@payloads
@attack(
    "puts markup into the badge of a README, or a table that a spreadsheet computes into a report",
    meets="a badge holds nothing of a fork's, and no cell of the table of a round is a formula",
)
def test_badges_and_tables_hold_no_word_of_a_fork(planted: Planted, payload: str) -> None:
    for path, twin in pairs(planted(payload), "badge.svg"):
        assert text(path) == text(twin)
    hostile, tame = planted(payload)
    kinds = {path.suffix for path in hostile.rglob("*") if path.is_file()}
    assert kinds == {".csv", ".html", ".json", ".jsonl", ".md", ".sarif", ".svg", ".xml", ".yml"}
    assert len(list(hostile.rglob("*"))) == len(list(tame.rglob("*"))), "no file is of a fork's choosing"


@payloads
@attack(
    "writes YAML tags, anchors and documents into what a round's stored file repeats",
    meets="a safe dump: the same keys and only strings, read again as the same round",
)
def test_a_stored_round_is_the_round(planted: Planted, payload: str) -> None:
    ((path, twin),) = pairs(planted(payload), "round.yml")
    assert len(list(yaml.compose_all(text(path), Loader=yaml.SafeLoader))) == 1
    assert shape(yaml.safe_load(text(path))) == shape(yaml.safe_load(text(twin)))
    assert load_round(path).title == yaml.safe_load(text(path))["title"]


REFS = ("null", "1e3", "&anchor", "#comment", "!!binary", "%YAML", "`tick", "2026-10-01", "'\"quote", "<<")


@attack(
    "names branches like YAML's tags, anchors, comments and numbers, to be written into the lock file",
    meets="a safe dump: every ref is read back as the string it is",
)
def test_a_lock_file_holds_strings(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    for ref in REFS:
        git(fork, "branch", ref)
    names = {f"c{place}": ref for place, ref in enumerate(REFS)}
    file = write_round(tmp_path, upstream, dict.fromkeys(names, fork.as_uri()))
    for name, ref in names.items():
        row = f"(name: {name}\\n.*\\n    ref: )master"
        file.write_text(re.sub(row, lambda at, ref=ref: at[1] + json.dumps(ref), text(file)))  # type: ignore[misc]
    freeze_round(file, Console(file=io.StringIO()), datetime(2027, 1, 1, tzinfo=UTC))
    stored = yaml.safe_load(text(lock_path(file)))
    assert {name: item["ref"] for name, item in stored["candidates"].items()} == names
    lock = load_lock(file, load_round(file))
    assert lock is not None
    assert {name: item.ref for name, item in lock.candidates.items()} == names


def stored_again(folder: Path, *outcomes: Outcome) -> tuple[Outcome, ...]:
    log = OutcomeLog(folder / "outcomes.jsonl")
    log.begin({})
    log.append(outcomes)
    return log.outcomes()


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    "value",
    ["stray\udcff\ud800", float("nan"), float("-inf"), 10**5000, nested(198), {"\ud800": ["\udcff"]}],
    ids=["surrogates", "nan", "infinity", "digits", "nested", "names"],
)
@attack(
    "says what JSON or UTF-8 cannot hold: lone surrogates, NaN, numbers of 5,000 digits, 200 nested lists",
    meets="it becomes text before it is stored, so that no finding is lost and every report is valid",
)
def test_every_finding_can_be_stored_and_read_again(tmp_path: Path, value: Any) -> None:
    data = {"value": value, "x": "\ud800"}
    seen = Evidence(basis=Basis.CLAIMED, kind=EvidenceKind.LOG, text="x\udcff", file="a\udcff", data=data)
    found = outcome("builds", Status.FAILED, "stray \udcff", seen)
    (again,) = stored_again(tmp_path, found)
    assert again == found
    strict(text(tmp_path / "outcomes.jsonl").splitlines()[1])


PAGE_LIMIT = 4_000_000  # bytes of a page that shows all it may; an honest one has a tenth of a megabyte


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


@attack(
    "fails with a traceback of 50 MB, in its words and in its data",
    meets="texts are cut before they are stored, and the page says that they are",
)
def test_a_traceback_of_50_megabytes_is_cut(tmp_path: Path) -> None:
    trace = "  File 'x.py', line 1, in f\n" * (50_000_000 // 28)
    seen = Evidence(basis=Basis.CLAIMED, kind=EvidenceKind.LOG, text=trace, data={"trace": trace})
    failed = outcome("builds", Status.FAILED, trace, *[seen] * 200)
    one_candidate(tmp_path, "long", all_passed(builds=failed))
    publish_round(tmp_path, catalogue=catalogue())
    assert max(sizes(tmp_path / "long").values()) < 1_000_000
    page = "".join(Page(text(tmp_path / "long" / "index.html")).words)
    assert "Cut here; there is more in report.json." in page
    report = strict(text(tmp_path / "long" / "report.json"))
    (found,) = [item for item in report["outcomes"] if item["requirement"] == "builds"]
    assert found["evidence"][-1]["text"] == "100 more pieces of evidence were left out."


@attack(
    "has a hundred thousand outcomes for a requirement, and ten thousand requirements not met",
    meets="one finding a requirement; a page shows the first of them and says how many it leaves out",
)
def test_a_hundred_thousand_outcomes_make_no_endless_page(tmp_path: Path) -> None:
    seen = evidence("x" * 4000)
    one, other = outcome("builds", Status.FAILED), outcome("cancel-one", Status.FAILED, "y" * 2000, seen)
    outcomes = (
        *(one.model_copy(update={"summary": f"It fails: {n}.", "evidence": (seen,)}) for n in range(100_000)),
        *(other.model_copy(update={"requirement": f"unknown-{n}"}) for n in range(10_000)),
    )
    round_ = one_candidate(tmp_path, "many", [])
    candidate = round_.candidates[0]
    report = report_of(round_, Screened(candidate, submission(candidate), run_info(), outcomes), catalogue())
    write_candidate(tmp_path / "many", report)
    assert len(report.outcomes) == 10_000 + len(REQUIREMENTS)
    for name, left_out in (("index.html", 9_700), ("report.md", 9_901)):
        shown = text(tmp_path / "many" / name)
        assert len(shown) < PAGE_LIMIT
        assert f"{left_out} more in" in shown


@attack(
    "changes a hundred thousand files that it should not, with names of four thousand letters",
    meets="reports hold the first thousand, cut, and pages forty; both say how many there are",
)
def test_a_hundred_thousand_changed_files_are_counted(tmp_path: Path) -> None:
    paths = [f"{place}/" + "long/" * 800 for place in range(100_000)]
    round_ = one_candidate(tmp_path, "wide", [])
    candidate = round_.candidates[0]
    merge = MergePreview("conflicts", tuple(paths), "")
    pinned = submission(candidate, changes=tuple(map(change, paths)), merge=merge)
    write_candidate(
        tmp_path / "wide", report_of(round_, Screened(candidate, pinned, run_info(), ()), catalogue())
    )
    assert all(
        size < 2_000_000 for name, size in sizes(tmp_path / "wide").items() if name != "submission.json"
    )
    page = "".join(Page(text(tmp_path / "wide" / "index.html")).words)
    assert "Files in conflict (100000)" in page
    assert page.count("and 99960 more") == 2
