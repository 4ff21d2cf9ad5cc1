"""What can be wrong with a fork, as seen by git. Each becomes an outcome, not the end of a round."""

# ruff: noqa: N818  (named after what happened, as the outcomes are)

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.errors import OurFailure, UserError
from harness.text import one_line


class ForkError(UserError):
    """Base: something about one repository; `where` is its address, or a path inside it."""


class Unreachable(ForkError):
    """The repository could not be read: no host, no repository, no answer in time."""

    def __init__(self, url: str, reason: str, *, hint: str | None = None) -> None:
        super().__init__(reason, where=url, hint=hint)
        self.url = url
        self.reason = reason


class NoRepository(Unreachable):
    """The round names no repository for this candidate."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "no repository is known", hint="put its address under `repository:`")


class RefMissing(ForkError):
    """The repository answers but has no such branch, tag or commit; `similar` holds near names."""

    def __init__(self, url: str, ref: str, similar: Sequence[str] = ()) -> None:
        hint = (
            f"refs that look like it: {', '.join(similar)}" if similar else "put an existing one under `ref:`"
        )
        super().__init__(f"no branch, tag or commit {ref!r}", where=url, hint=hint)
        self.url = url
        self.ref = ref
        self.similar = tuple(similar)


class RefusedObjects(ForkError):
    """Git's own checks refused what the repository sent (`transfer.fsckObjects`)."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"git refused its objects: {reason}", where=url, hint="`git fsck` in the fork names them"
        )
        self.url = url
        self.reason = reason


class UnreadableObjects(ForkError):
    """Git accepted what the repository sent and then could not read it, or not in the time it has."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"git cannot read its history: {reason}",
            where=url,
            hint="`git fsck` in the fork names what is wrong",
        )
        self.url = url
        self.reason = reason


class BorrowedObjects(ForkError):
    """A repository on this machine that shows objects of another one."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason, where=url, hint="`git clone --no-local` makes one that stands alone")


class TooLarge(ForkError):
    """A repository, tree or file over a limit; never read in part without saying so."""

    def __init__(self, what: str, limit: str, *, where: str | None = None) -> None:
        super().__init__(f"{what} is over the limit of {limit}", where=where)


class NothingBeforeDeadline(ForkError):
    """The ref holds commits of its own, all of them after the deadline."""

    def __init__(self, url: str, ref: str, deadline: str, oldest: str) -> None:
        super().__init__(
            f"{ref} has no commit of its own by {deadline}; the oldest is of {oldest}",
            where=url,
            hint="commits made after a deadline go into the next round",
        )


class FileMissing(ForkError):
    """No such regular file in the tree."""

    def __init__(self, path: str, reason: str = "no such file in the tree") -> None:
        super().__init__(reason, where=path)


class ContentMissing(FileMissing):
    """The file is in the tree, and its blob is absent from this copy of the history."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "this copy of the history lacks its content")


class GitFailed(OurFailure):
    """A git command of ours failed in a way we have no better words for."""

    def __init__(self, command: Sequence[str], code: int | None, stderr: str) -> None:
        self.command = tuple(command)
        self.code = code
        self.stderr = stderr
        super().__init__(f"{_shown(command)} ended with {code}: {self.reason}")

    @property
    def reason(self) -> str:
        """The cause as git names it, on one line, with no escapes, passwords or more than 200 characters."""
        lines = [line for line in re.split(r"[\r\n]+", self.stderr) if line.strip()] or ["no message"]
        # Whoever started the command that failed complains last.
        cause = next((line for line in lines if line.startswith("fatal: ")), lines[-1])
        return one_line(re.sub(r"//[^/@\s]*@", "//…@", cause.removeprefix("fatal: ")))


class GitTimedOut(OurFailure):
    """A git command ran over its time."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        super().__init__(f"{_shown(command)} took longer than {seconds:g} s")
        self.seconds = seconds
        self.reason = f"no end within {seconds:g} s"


def _shown(command: Sequence[str]) -> str:
    """The command's name and first options, without the place that it ran in."""
    words = [word for word in command if not word.startswith("--git-dir=")]
    return f"git {' '.join(words[:3])}"
