"""Errors that end a command, each saying what, where and what to do next."""

from __future__ import annotations


class HarnessError(Exception):
    """Base of every error the harness raises on purpose.

    `where` is a file:line or a URL; `hint` is the next thing to do, preferably a command.
    """

    exit_code = 3

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.hint:
            parts.append(f"→ {self.hint}")
        return "\n".join(parts)


class UserError(HarnessError):
    """Something the person at the keyboard can put right (exit code 2)."""

    exit_code = 2


class OurFailure(HarnessError):  # noqa: N818 - it says whose it is
    """Something of ours broke (exit code 3); never held against a submission."""
