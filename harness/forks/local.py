"""Repositories in a folder of this machine: a round's row may name one, and it may be a stranger's."""

from __future__ import annotations

from pathlib import Path

from harness.forks.errors import BorrowedObjects
from harness.rounds.fields import local_path


def refuse_borrowed(address: str) -> None:
    """Raise BorrowedObjects where a repository would hand out what lies outside its own folder.

    Git follows `objects/info/alternates`, `.git` files and symlinks wherever they lead, so that a folder that
    came in an archive could show this machine's other repositories.
    """
    top = local_path(address) or Path(address)
    repository = top / ".git" if (top / ".git").exists() or (top / ".git").is_symlink() else top
    if repository.is_file():
        raise BorrowedObjects(address, "its .git is a file that names another folder")
    inside = top.resolve()
    for part in ("", "HEAD", "refs", "packed-refs", "objects", "objects/pack", "objects/info", "commondir"):
        if not (repository / part).resolve().is_relative_to(inside):
            raise BorrowedObjects(address, f"its {part or '.git'} lies outside of it")
    if (repository / "commondir").exists():
        raise BorrowedObjects(address, "it is a linked work tree")
    if (repository / "objects/info/alternates").exists():
        raise BorrowedObjects(address, "it borrows objects from another repository")
