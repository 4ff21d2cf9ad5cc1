from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.check import own_round
from harness.errors import UserError
from harness.rounds.round import GitUpstream, PypiUpstream


@pytest.mark.parametrize(
    ("text", "upstream"),
    [
        ("pypi:hummingbot==20260922", PypiUpstream(pypi="hummingbot", version="20260922")),
        ("git@github.com:x/y@feat/z", GitUpstream(git="git@github.com:x/y", ref="feat/z")),
        ("ssh://git@host/x@m", GitUpstream(git="ssh://git@host/x", ref="m")),
    ],
)
def test_an_upstream_is_an_address_and_a_ref(text: str, upstream: object, tmp_path: Path) -> None:
    assert own_round(tmp_path, None, text).upstream == upstream


@pytest.mark.parametrize("text", ["foo", "foo/bar@x", "git@github.com:x/y", "ssh://git@host/x", "a/b@"])
def test_what_is_no_upstream_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no upstream"):
        own_round(tmp_path, None, text)
