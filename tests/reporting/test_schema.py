"""The JSON that is written fits the schemas that are published, and those fit the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError

from harness.reporting.model import CandidateReport, RoundReport
from harness.reporting.schema import FOLDER, schemas, write_schemas


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_published_schemas_are_those_of_the_code(tmp_path: Path) -> None:
    written = write_schemas(tmp_path)
    assert {path.name for path in written} == {path.name for path in FOLDER.glob("*.json")} == set(schemas())
    for path in written:
        assert path.read_text() == (FOLDER / path.name).read_text(), "run: harness generate"


def test_what_is_written_fits(published: Path) -> None:
    validator("round").validate(json.loads((published / "round.json").read_text()))
    validator("ballot").validate(json.loads((published / "ballot.json").read_text()))
    validator("candidates").validate(yaml.safe_load((published / "round.yml").read_text()))
    reports = sorted(published.glob("*/report.json"))
    assert len(reports) == 8
    for path in reports:
        validator("report").validate(json.loads(path.read_text()))


@pytest.mark.parametrize("field", ["schema", "verdict", "score", "outcomes", "submission"])
def test_a_report_without_a_field_does_not_fit(published: Path, field: str) -> None:
    report = json.loads((published / "silent" / "report.json").read_text())
    del report[field]
    with pytest.raises(ValidationError):
        validator("report").validate(report)


def test_what_is_written_can_be_read_again(published: Path) -> None:
    text = (published / "round.json").read_text()
    assert RoundReport.model_validate_json(text).model_dump(mode="json") == json.loads(text)
    for path in published.glob("*/report.json"):
        text = path.read_text()
        assert CandidateReport.model_validate_json(text).model_dump(mode="json") == json.loads(text)


def test_the_promised_fields_are_there(published: Path) -> None:
    round_ = json.loads((published / "round.json").read_text())
    assert {"schema", "round", "catalogue", "candidates"} <= set(round_)
    entry = {"name", "connector", "repository", "commit", "verdict", "reason", "score", "report"}
    assert all(entry <= set(item) for item in round_["candidates"])
    report = json.loads((published / "binance" / "report.json").read_text())
    assert {
        "schema",
        "candidate",
        "submission",
        "verdict",
        "score",
        "outcomes",
        "environment",
        "timings",
    } <= set(report)
    pinned = {"commit", "committed_at", "merge_base", "added", "changed_outside", "conflicts"}
    assert pinned <= set(report["submission"])
    finding = {"requirement", "status", "severity", "subject", "summary", "evidence", "check", "seconds"}
    assert all(finding <= set(item) for item in report["outcomes"])
    assert report["submission"]["added"] == ["exchange/binance"]
    assert report["submission"]["changed_outside"] == ["README.md"]


def test_json_is_ascii(published: Path) -> None:
    for path in published.rglob("*.json"):
        if path.name not in ("run.json", "submission.json"):
            text = path.read_text(encoding="utf-8")
            assert text.isascii()
            assert text.replace("\n", "").isprintable()
