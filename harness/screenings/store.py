"""What a screening leaves in a candidate's folder, and how it is read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from harness.errors import OurFailure
from harness.forks.submission import Submission
from harness.outcome import OutcomeLog
from harness.paths import made
from harness.screenings.header import stale
from harness.screenings.run import RunInfo
from harness.screenings.screened import Screened
from harness.text import inert_json

if TYPE_CHECKING:
    from harness.rounds.round import Candidate, Round

ROUND, OUTCOMES, SUBMISSION, RUN = "round.yml", "outcomes.jsonl", "submission.json", "run.json"


def read_screening(folder: Path, candidate: Candidate) -> Screened:
    """What `folder` holds about the candidate, which may be nothing; raises OurFailure for a broken file.

    Outcomes of another row or commit are left out: they say nothing of this one.
    """
    submission, run, log = _submission(folder / SUBMISSION), _run(folder / RUN), OutcomeLog(folder / OUTCOMES)
    header = log.header()
    why = stale(header, candidate, submission.commit if submission else None) if header else None
    return Screened(candidate, submission, run, () if why else log.outcomes(), stale=why)


def write_round(folder: Path, round_: Round) -> Path:
    """Store what is screened, for `publish_round`; returns the file.

    Not a copy of the round's own file: addresses relative to its folder would name something else from here.
    """
    stored = round_.model_dump(mode="json")
    return write_whole(folder / ROUND, yaml.safe_dump(stored, sort_keys=False, allow_unicode=True))


def write_run(folder: Path, run: RunInfo, submission: Submission | None) -> None:
    """Store how a candidate was screened, and its submission where there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    if submission is None:
        (folder / SUBMISSION).unlink(missing_ok=True)
    else:
        write_whole(folder / SUBMISSION, inert_json(submission.to_json()) + "\n")
    write_whole(folder / RUN, inert_json(run.model_dump_json(indent=2)) + "\n")


def write_whole(path: Path, text: str) -> Path:
    """Replace `path` in one step: who reads it, even after a kill, sees the old or the new, never half.

    Raises UserError where its folder cannot be made or written into.
    """
    made(path.parent)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    return partial.replace(path)


def _submission(path: Path) -> Submission | None:
    if not path.exists():
        return None
    try:
        return Submission.from_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise _broken(path, error) from error


def _run(path: Path) -> RunInfo | None:
    if not path.exists():
        return None
    try:
        return RunInfo.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> OurFailure:
    problem = str(error).splitlines()[0]
    return OurFailure(
        f"cannot be read: {problem}", where=str(path), hint="screen the candidate again: harness run --again"
    )
