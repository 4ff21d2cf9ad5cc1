"""`harness judge`: traces that were kept, judged with today's checks."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from harness.commands.terminal import say
from harness.screenings.judging import NoTraceError, in_words, judge, screenings_in
from harness.screenings.store import OUTCOMES, ROUND
from harness.screenings.writing import writing


def judge_folder(folder: Path, select: str | None, console: Console) -> None:
    """A round's folder, or a candidate's. In a round, a candidate that never ran is left as it is.

    Raises UserError.
    """
    candidates = screenings_in(folder)
    alone = (folder / OUTCOMES).is_file()
    round_folder = folder.parent if alone else folder
    with writing(round_folder) if (round_folder / ROUND).is_file() else nullcontext():
        for candidate in candidates:
            try:
                judged = judge(candidate, select)
            except NoTraceError:
                if len(candidates) == 1:
                    raise
                say(console, f"{candidate.name}: no trace is stored, left as it is")
                continue
            changed = f"{len(judged.changes)} changed" if judged.changes else "none changed"
            say(console, f"{candidate.name}: {judged.judged} outcomes judged again, {changed}")
            for change in judged.changes:
                say(console, f"  {in_words(change)}")
    say(console, f"Publish it with: harness report {round_folder}")
