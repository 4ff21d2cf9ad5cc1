"""What the parts of a description have in common."""

from __future__ import annotations

from pydantic import ConfigDict, JsonValue

Template = JsonValue
Operation = str
STRICT = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)  # unknown keys are mistakes
