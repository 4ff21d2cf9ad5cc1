"""Many candidates on this machine, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from harness.errors import DiskFull, full_disk, of_full_disk
from harness.paths import cache_dir
from harness.rounds.round import Candidate
from harness.screenings.screening import Progress, Settings, Watcher, screen, write_down_failure
from harness.screenings.store import write_round


def screen_round(
    settings: Settings,
    reports: Path,
    *,
    jobs: int,
    only: tuple[str, ...] = (),
    watch: Watcher,
    failed: Callable[[Candidate, Exception], None],
) -> Path:
    """Screen every candidate of the round; returns the folder of what was found.

    A candidate that breaks the harness is told to `failed`, has it in its report, and does not stop the
    others; what had been found by then is kept. Raises DiskFull, which stops them all.
    """
    folder = reports / settings.round.id
    # Checks read the round as it was when this began, whoever edits its file meanwhile.
    settings = replace(settings, round_file=write_round(folder.absolute(), settings.round))

    def one(candidate: Candidate) -> None:
        try:
            screen(candidate, settings, folder / candidate.name, watch)
        except DiskFull:
            raise
        except Exception as error:
            if found := full_disk(error):
                raise of_full_disk(found, [folder, cache_dir()]) from error
            # whatever else it is, it is this candidate's and no other's
            write_down_failure(candidate, settings, folder / candidate.name, error)
            failed(candidate, error)
            watch(Progress(candidate.name, step="failed"))

    chosen = [item for item in settings.round.candidates if not only or item.name in only]
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="screen") as pool:
        screening = [pool.submit(one, candidate) for candidate in chosen]
        try:
            for future in screening:
                future.result()
        except DiskFull:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return folder
