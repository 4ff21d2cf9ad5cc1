"""Sections of a Markdown page that are measured by commands of their own."""

from __future__ import annotations

from collections.abc import Sequence


def section_of(page: str, title: str) -> list[str]:
    """The lines below `## title`, without the empty ones around them; none where there is no such section."""
    lines = page.splitlines()
    try:
        first = lines.index(f"## {title}") + 1
    except ValueError:
        return []
    last = next((at for at in range(first, len(lines)) if lines[at].startswith("## ")), len(lines))
    return "\n".join(lines[first:last]).strip().splitlines()


def with_section(page: str, title: str, lines: Sequence[str]) -> str:
    """The page with that section as it is now, in its place, or at the end."""
    kept = page.splitlines()
    heading = f"## {title}"
    if heading in kept:
        first = kept.index(heading)
        last = next((at for at in range(first + 1, len(kept)) if kept[at].startswith("## ")), len(kept))
    else:
        first = last = len(kept)
    rest = ["", *kept[last:]] if kept[last:] else []
    before = "\n".join(kept[:first]).rstrip()
    return "\n".join([before, "", heading, "", *lines, *rest]).rstrip() + "\n"
