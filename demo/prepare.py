"""The demo's repositories in the cache: cut once for each state of this package, found again afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path

from demo.cut import Progress, cut, released_source
from demo.release import PACKAGE, VERSION
from demo.roundfile import write_round
from harness import temporary

_HERE = Path(__file__).parent


def prepare(cache: Path, progress: Progress = lambda _: None) -> Path:
    """The demo's round file, its repositories cut into `cache` when they are not there yet.

    Raises what getting the release raises (no network, no such version), `OurFailure` when it cannot be cut.
    """
    place = cache / "demo" / f"{PACKAGE}-{VERSION}-{_fingerprint()}"
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        released = released_source(progress)
        # Cut aside and moved into place, so that an interrupted cut is never taken for a whole one.
        with temporary.folder("cutting", place.parent) as work:
            cut(work, released, progress)
            _move(work, place)
    forks = {path.stem: path for path in sorted((place / "forks").iterdir())}
    return write_round(place, place / "upstream.git", forks)


def _move(work: Path, place: Path) -> None:
    """Rename, unless another run was quicker: what it cut is the same."""
    try:
        work.replace(place)
    except OSError:
        if not place.is_dir():
            raise


def _fingerprint() -> str:
    """Changes when anything does that ends up in the repositories."""
    digest = hashlib.sha256()
    for path in sorted(_HERE.rglob("*")):
        if path.is_file() and path.suffix in {".py", ".md"}:
            digest.update(path.relative_to(_HERE).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
