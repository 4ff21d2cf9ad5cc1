"""What is known of one leaf of a template, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from harness.describing.documents.templates import Kind

KIT, READS, SENDS, CCXT = "kit", "fork reads", "connector sends", "ccxt"


@dataclass(frozen=True)
class Field:
    """One leaf of a template: where it stands in it, what it holds, and who says so.

    `says` has each source's fact where sources differ; `text` is then the stronger's. `words` has the literal
    of each word where the leaf is one.
    """

    at: tuple[str, ...]
    text: JsonValue
    fact: str = ""
    kind: Kind = Kind.FACT
    by: tuple[str, ...] = (KIT,)
    says: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
