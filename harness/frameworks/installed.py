"""What a submission was run with, written down beside its outcomes."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.frameworks.additions import Additions
from harness.frameworks.resolving import Lock

FILE = "installed.json"


class Installed(BaseModel):
    """The upstream's lock, and what the submission adds to it."""

    model_config = ConfigDict(frozen=True)

    lock: Lock
    additions: Additions = Additions()

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(self.model_dump_json(indent=1), encoding="utf-8")


def installed_in(folder: Path) -> Installed | None:
    """None where nothing was built, or what is there was written by another version."""
    try:
        return Installed.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
