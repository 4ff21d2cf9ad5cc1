"""The release as a source tree: what a git checkout of it would hold, and the parts the demo moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from demo.edits import AnchorMissing, split_fee_overrides, without_symbols

PACKAGE = "hummingbot"
VERSION = "20260922"

CLIENT_CONFIG = "hummingbot/client/config/client_config_map.py"
FEE_TEMPLATE = "hummingbot/templates/conf_fee_overrides_TEMPLATE.yml"
# The sdist's four files under test/ import modules that it leaves out.
_TOP = ("hummingbot", "bin")
_TOP_FILES = ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py")
_BUILT = (".so", ".pyc", ".pyd", ".o")
_TEST_ROOTS = ("test/hummingbot/connector/exchange", "test/hummingbot/connector/derivative")
_IGNORED = b"*.so\n*.pyc\n__pycache__/\nbuild/\ndist/\n*.egg-info/\n.coverage\nconf/\nlogs/\ndata/\n"


class Connector(NamedTuple):
    """A connector package of the release; `kind` is the folder of its kind."""

    kind: Literal["exchange", "derivative"]
    name: str

    @property
    def folder(self) -> str:
        return f"hummingbot/connector/{self.kind}/{self.name}"

    @property
    def tests(self) -> str:
        return f"test/{self.folder}"

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").title()


@dataclass(frozen=True)
class Release:
    """Files of the release by path, generated ones left out."""

    files: Mapping[str, bytes]

    @classmethod
    def read(cls, root: Path) -> Release:
        """Read an unpacked sdist; one that was built in place gives the same files. Raises AnchorMissing."""
        found = [root / name for name in _TOP_FILES]
        for path in found:
            if not path.is_file():
                raise AnchorMissing(path.name)
        for top in _TOP:
            found += (path for path in (root / top).rglob("*") if path.is_file() and not path.is_symlink())
        kept = {p.relative_to(root).as_posix(): p.read_bytes() for p in found if not _generated(p)}
        if CLIENT_CONFIG not in kept:
            raise AnchorMissing(CLIENT_CONFIG)
        return cls(kept)

    def connector(self, connector: Connector) -> dict[str, bytes]:
        """The files of one connector package. Raises AnchorMissing."""
        prefix = f"{connector.folder}/"
        files = {path: content for path, content in self.files.items() if path.startswith(prefix)}
        if not files:
            raise AnchorMissing(f"connector {connector.kind}/{connector.name}")
        return files

    def without(self, connectors: tuple[Connector, ...]) -> dict[str, bytes]:
        """The tree as an upstream that never had these connectors.

        Only what would break is changed outside of them: the client's configuration imports two of them for
        its list of paper-trade exchanges, and the fee template has keys of some. What imports them late (the
        rate sources) stays, as it does no harm until asked. Raises AnchorMissing.
        """
        prefixes = tuple(f"{connector.folder}/" for connector in connectors)
        tree = {path: content for path, content in self.files.items() if not path.startswith(prefixes)}
        packages = [prefix.replace("/", ".") for prefix in prefixes]
        fees, taken = split_fee_overrides(self._template, [connector.name for connector in connectors])
        if not taken:
            raise AnchorMissing(f"fee override of {', '.join(connector.name for connector in connectors)}")
        tree[CLIENT_CONFIG] = without_symbols(tree[CLIENT_CONFIG].decode(), packages).encode()
        tree[FEE_TEMPLATE] = fees.encode()
        for root in _TEST_ROOTS:
            tree |= {f"{package}/__init__.py": b"" for package in (root, *_parents(root))}
        tree[".gitignore"] = _IGNORED
        return tree

    def fee_overrides(self, connector: Connector) -> str:
        """The lines of the fee template that belong to one connector; most perpetuals have none."""
        return split_fee_overrides(self._template, [connector.name])[1]

    @cached_property
    def _template(self) -> str:
        return self.files[FEE_TEMPLATE].decode()


def _parents(path: str) -> tuple[str, ...]:
    return tuple(str(parent) for parent in PurePosixPath(path).parents)[:-1]


def _generated(path: Path) -> bool:
    """Whether a build made this file. The sdist carries the C++ that Cython wrote; a checkout does not."""
    if path.suffix in _BUILT or "__pycache__" in path.parts:
        return True
    return path.suffix in {".cpp", ".c"} and path.with_suffix(".pyx").exists()
