"""Writes a site into a folder that may hold other files, such as a checkout of `gh-pages`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from harness.errors import UserError
from harness.reporting.site.build import Content
from harness.screenings.store import write_whole

LIST = "site-files.json"  # what the last call wrote: only that is ever replaced or removed


def write_site(folder: Path, files: Mapping[str, Content]) -> None:
    """Write `files`, and remove what an earlier call wrote and is not among them.

    Raises UserError, before anything is written, where a file is in the way that was not made here.
    """
    known = _known(folder)
    for path in {*files, *known}:
        _no_link(folder, path)
    for path in files:
        if path not in known and (folder / path).exists():
            raise UserError(
                "a file already exists there that `harness publish` did not write",
                where=str(folder / path),
                hint="move it, or give another folder with --site",
            )
    for path, content in files.items():
        if isinstance(content, Path):
            _copy(content, folder / path)
        else:
            write_whole(folder / path, content if isinstance(content, str) else content())
    for path in sorted(known - set(files)):
        _remove(folder, path)
    write_whole(folder / LIST, json.dumps(sorted(files), indent=0) + "\n")


def _no_link(folder: Path, path: str) -> None:
    """A folder that is a link may lead anywhere."""
    for parent in PurePosixPath(path).parents:
        if parent != PurePosixPath() and (folder / parent).is_symlink():
            hint = "remove the link, or give another folder with --site"
            raise UserError("this folder of the site is a link", where=str(folder / parent), hint=hint)


def _known(folder: Path) -> set[str]:
    kept = folder / LIST
    if not kept.exists():
        return set()
    try:
        listed = json.loads(kept.read_text(encoding="utf-8"))
        return {path for path in listed if _inside(path)}
    except (ValueError, TypeError, UnicodeDecodeError) as error:
        hint = "remove the folder, or the files of the site in it, and run the command again"
        raise UserError("it cannot be read", where=str(kept), hint=hint) from error


def _inside(path: object) -> bool:
    if not isinstance(path, str):
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and not PurePosixPath(path).is_absolute() and not {"..", ".git"} & set(parts)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    shutil.copyfile(source, partial)
    partial.replace(target)


def _remove(folder: Path, path: str) -> None:
    """A file, and the folders that it leaves empty."""
    (folder / path).unlink(missing_ok=True)
    for parent in (folder / path).parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            break
        parent.rmdir()
