"""`report.json` and `round.json`: for other programs."""

from __future__ import annotations

import json

from pydantic import BaseModel

from harness.text import inert_json


def render(model: BaseModel) -> str:
    return inert_json(json.dumps(model.model_dump(mode="json"), indent=2, allow_nan=False)) + "\n"
