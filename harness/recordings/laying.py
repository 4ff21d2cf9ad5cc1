"""What a recording says of a description, written beside it: `NAME.recorded.yml`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import JsonValue

from harness.errors import UserError
from harness.recordings.confirming import Found, confirm
from harness.recordings.recording import Recording
from harness.venue.described import described_dialect
from harness.venue.described.loading import raw, recorded, recorded_of
from harness.venue.described.recorded import Contradicted, Recorded

WIDTH = 110
HEAD = (
    "# Written by `harness describe --recording`: what the real exchange was seen to say. It lies over the\n"
    "# description; a line whose leaf has changed since counts for nothing.\n"
)


def lay(file: Path, recording: Recording) -> Found:
    """Hold `recording` against the description in `file`, and write down what it says.

    What earlier recordings confirmed stays, unless this one contradicts it. Raises UserError where it is of
    another exchange.
    """
    kind = described_dialect(file)
    if recording.header.exchange != kind.name:
        raise UserError(
            f"it is a recording of {recording.header.exchange}, but the description is of {kind.name}",
            where=recording.where,
            hint="record the exchange that is described",
        )
    found = confirm(kind, recording)
    before = recorded(file) or Recorded(recording="")
    data = raw(file)
    signing = data.get("signing") if isinstance(data, dict) and found.signed else before.signing
    _write(file, found, before, recording, signing)
    return found


def _write(file: Path, found: Found, before: Recorded, recording: Recording, signing: JsonValue) -> None:
    contradicted = {
        at: Contradicted(description=each.template, recording=tuple(each.wrong))
        for at, each in found.contradicted.items()
    }
    kept = {
        at: leaf for at, leaf in {**before.confirmed, **found.confirmed}.items() if at not in contradicted
    }
    day = datetime.fromtimestamp(recording.header.began, UTC)
    said = Recorded(
        recording=f"{Path(recording.where).name}, {day:%Y-%m-%d}", confirmed=kept, signing=signing,
        contradicted=contradicted,
    )  # fmt: skip
    data = said.model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(data, sort_keys=False, width=WIDTH, allow_unicode=True)
    recorded_of(file).write_text(HEAD + text, encoding="utf-8")
