"""An upstream in one word, as `--upstream` takes it: `URL@REF` or `pypi:NAME==VERSION`."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from harness.errors import UserError
from harness.rounds.round import GitUpstream, PypiUpstream

DEFAULT = GitUpstream(git="https://github.com/hummingbot/hummingbot", ref="master")
PACKAGE = "pypi:"


def read_upstream(text: str) -> GitUpstream | PypiUpstream:
    """Raises UserError for what is neither; a relative folder is one below the working directory."""
    try:
        if text.startswith(PACKAGE):
            name, _, version = text.removeprefix(PACKAGE).partition("==")
            return PypiUpstream.model_validate({"pypi": name, "version": version})
        url, _, ref = text.rpartition("@")
        return GitUpstream.model_validate({"git": url, "ref": ref}, context={"folder": Path.cwd()})
    except ValidationError as error:
        raise UserError(
            f"{text!r} is not an upstream",
            where="--upstream",
            hint="give URL@REF or pypi:hummingbot==VERSION",
        ) from error


def in_one_word(upstream: GitUpstream | PypiUpstream) -> str:
    """What `read_upstream` reads it from."""
    if isinstance(upstream, PypiUpstream):
        return f"{PACKAGE}{upstream.pypi}=={upstream.version}"
    return f"{upstream.git}@{upstream.ref}"
