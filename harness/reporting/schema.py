"""The JSON Schemas of what is read and written, exported for other programs and editors."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, JsonValue

from harness.reporting.ballot import Ballot
from harness.reporting.model import CandidateReport, RoundReport
from harness.rounds.round import round_schema

FOLDER = Path(__file__).resolve().parent.parent / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
WRITTEN: dict[str, type[BaseModel]] = {"round": RoundReport, "report": CandidateReport, "ballot": Ballot}


def schemas() -> dict[str, dict[str, JsonValue]]:
    """File name → schema."""
    found = {f"{name}.schema.json": _schema(name, model) for name, model in WRITTEN.items()}
    return {**found, "candidates.schema.json": round_schema()}


def write_schemas(folder: Path = FOLDER) -> tuple[Path, ...]:
    """Write every schema into `folder`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / name
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return tuple(written)


def _schema(name: str, model: type[BaseModel]) -> dict[str, JsonValue]:
    return {
        "$schema": DRAFT,
        "$id": f"urn:connector-harness:{name}:v1",
        **model.model_json_schema(mode="serialization", by_alias=True),
    }
