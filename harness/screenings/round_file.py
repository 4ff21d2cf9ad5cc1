"""A maintainer's round file, read and held against what there is: requirements, simulated exchanges, ccxt."""

from __future__ import annotations

from pathlib import Path

from harness.oracle import ccxt_ids
from harness.requirement import Catalogue
from harness.rounds.reading import Known, load_round
from harness.rounds.round import Round
from harness.venue.dialects import known


def read_round_file(path: Path, *, others_rows: bool = True) -> Round:
    """The round in `path`; raises RoundFileError with every mistake.

    With `others_rows`, a fork on this machine has to lie below the file's own folder.
    """
    return load_round(path, Known(Catalogue.load().by_id, known, ccxt_ids), others_rows=others_rows)
