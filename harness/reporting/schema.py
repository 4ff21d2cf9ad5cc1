"""The JSON Schemas of what is read and written, exported for other programs and editors."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import JsonSchemaMode

from harness.reporting.ballot import Ballot
from harness.reporting.model import CandidateReport, Result, RoundReport
from harness.reporting.site.governance import Governance
from harness.rounds.round import round_schema
from harness.venue.described.model import Description
from harness.venue.described.recorded import Recorded
from harness.venue.described.review_model import Review

FOLDER = Path(__file__).resolve().parent.parent / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
WRITTEN: dict[str, type[BaseModel]] = {
    "round": RoundReport,
    "report": CandidateReport,
    "ballot": Ballot,
    "result": Result,
    "governance": Governance,
}
READ: dict[str, type[BaseModel]] = {
    "description": Description,
    "review": Review,
    "recorded": Recorded,
}


def schemas() -> dict[str, dict[str, JsonValue]]:
    """File name → schema."""
    found = {f"{name}.schema.json": _schema(name, model) for name, model in WRITTEN.items()}
    found |= {f"{name}.schema.json": _schema(name, model, "validation") for name, model in READ.items()}
    return {**found, "candidates.schema.json": round_schema()}


def write_schemas(folder: Path = FOLDER) -> tuple[Path, ...]:
    """Write every schema into `folder`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / name
        path.write_text(schema_text(schema), encoding="utf-8")
        written.append(path)
    return tuple(written)


def schema_text(schema: dict[str, JsonValue]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(
    name: str, model: type[BaseModel], mode: JsonSchemaMode = "serialization"
) -> dict[str, JsonValue]:
    return {
        "$schema": DRAFT,
        "$id": f"urn:connector-harness:{name}:v1",
        **model.model_json_schema(mode=mode, by_alias=True),
    }
