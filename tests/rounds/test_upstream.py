"""An upstream in one word, and back."""

from __future__ import annotations

import pytest

from harness.errors import UserError
from harness.rounds.round import GitUpstream, PypiUpstream
from harness.rounds.upstream import DEFAULT, in_one_word, read_upstream


@pytest.mark.parametrize(
    ("text", "upstream"),
    [
        ("pypi:hummingbot==20260922", PypiUpstream(pypi="hummingbot", version="20260922")),
        ("pypi:hummingbot==2.0+local-1", PypiUpstream(pypi="hummingbot", version="2.0+local-1")),
        ("git@github.com:x/y@feat/z", GitUpstream(git="git@github.com:x/y", ref="feat/z")),
        ("ssh://git@host/x@m", GitUpstream(git="ssh://git@host/x", ref="m")),
        ("https://github.com/hummingbot/hummingbot@master", DEFAULT),
    ],
)
def test_it_is_an_address_and_a_ref_or_a_released_package(
    text: str, upstream: GitUpstream | PypiUpstream
) -> None:
    assert read_upstream(text) == upstream
    assert in_one_word(upstream) == text


@pytest.mark.parametrize(
    "text",
    ["foo", "foo/bar@x", "git@github.com:x/y", "ssh://git@host/x", "a/b@", "pypi:", "pypi:hummingbot", ""],
)
def test_what_is_no_upstream_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not an upstream") as refused:
        read_upstream(text)
    assert refused.value.where == "--upstream"
