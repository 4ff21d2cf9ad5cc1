"""`report.json` and `round.json`: for other programs."""

from __future__ import annotations

import json

from pydantic import BaseModel


def render(model: BaseModel) -> str:
    """ASCII only, so that not even a terminal that shows the file can be made to act by a fork's words."""
    return json.dumps(model.model_dump(mode="json"), indent=2).replace("\x7f", "\\u007f") + "\n"
