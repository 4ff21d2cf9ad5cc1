"""Where a field of a description is known from, and whether that confirms it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import StringConstraints

FROM_FORK = ("connector sends", "kit", "fork reads")
CONFIRMING = ("ccxt", "recording")
_SIGNED = r"(reviewer [^/]+ \d{4}-\d{2}-\d{2} \S.*|maintainer [^/]+ \d{4}-\d{2}-\d{2})"
PATTERN = rf"^({'|'.join((*FROM_FORK, *CONFIRMING))}|{_SIGNED})$"

# `connector sends`: observed at the gateway when the connector was told to act. `kit`: the members of the
# fork's own tests. `fork reads`: what its reader makes of a changed reply. `ccxt`: reads or sends the same.
# `recording`: seen at the real exchange. `reviewer NAME DATE PAGE`: a person names the page of the
# documentation. `maintainer NAME DATE`: a maintainer vouches for it.
Source = Annotated[str, StringConstraints(pattern=PATTERN)]


def confirms(source: str) -> bool:
    """Whether somebody other than the fork says it."""
    return source in CONFIRMING or re.fullmatch(_SIGNED, source) is not None
