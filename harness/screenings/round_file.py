"""A maintainer's round file, read and held against what there is: requirements, simulated exchanges, ccxt."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from harness.requirement import Catalogue
from harness.rounds.reading import Known, load_round
from harness.rounds.round import Round
from harness.venue.dialects import known


def read_round_file(path: Path, *, others_rows: bool = True) -> Round:
    """The round in `path`; raises RoundFileError with every mistake.

    With `others_rows`, a fork on this machine has to lie below the file's own folder.
    """
    return load_round(path, Known(Catalogue.load().by_id, known, ccxt_ids), others_rows=others_rows)


def ccxt_ids() -> frozenset[str]:
    """Names of ccxt's modules, one an exchange; importing it takes a second."""
    spec = importlib.util.find_spec("ccxt")
    folders = (spec.submodule_search_locations or ()) if spec else ()
    return frozenset(path.stem for folder in folders for path in Path(folder).glob("[!_]*.py"))
