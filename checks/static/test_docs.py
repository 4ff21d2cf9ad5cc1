"""Whether users are told how to use the connector."""

from __future__ import annotations

from checks.static.packages import Package
from checks.static.sources import Sources
from harness.checking import Attach, fail, requirement, seen_in_file, seen_in_git, undetermined

PLACES = ("docs/", "documentation/docs/")
MIN_WORDS = 60


@requirement("usage-page-present")
def test_usage_page(package: Package, sources: Sources, evidence: Attach) -> None:
    """A page named after the connector, or a README in its folder, says more than its name."""
    pages = [path for path in sorted(sources.changed) if path in sources.paths and _is_page(path, package)]
    words = {path: len(sources[path].text.split()) for path in pages}
    full = [path for path in pages if words[path] >= MIN_WORDS]
    if full:
        evidence(seen_in_file(full[0], None, f"{words[full[0]]} words"))
        return
    if pages:
        fail(
            f"The page about {package.name} is almost empty.",
            *(seen_in_file(path, None, f"{words[path]} words") for path in pages),
        )
    if package.of_2020:
        fail(
            f"No page tells users how to use {package.name}.",
            seen_in_git(f"no documentation/docs/connectors/{package.name}.md"),
        )
    undetermined(
        f"The fork has no page about {package.name}; today such pages are in the repository hummingbot-site."
    )


def _is_page(path: str, package: Package) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    if not name.endswith((".md", ".rst")):
        return False
    if path.startswith(package.path + "/"):
        return True
    return path.startswith(PLACES) and package.name.split("_")[0] in name.replace("-", "_")
