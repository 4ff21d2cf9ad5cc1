"""Git's own checks of the files that git acts upon, made when their contents are here.

`transfer.fsckObjects` cannot make them in a transfer without file contents, so they are made afterwards.
"""

from __future__ import annotations

import re

from harness.forks.object_store import ObjectStore
from harness.forks.quarantine import quarantine
from harness.forks.remote import transport_errors

# `.gitmodules` and `.gitattributes` as Windows (short names: `GITMOD~1`, or a hash) or macOS (invisible
# characters) may read them. Too many is fine: git itself looks at which they are.
_ACTED_UPON = re.compile(rb"\W*g.*i.*t.*(?:m.*o.*d|a.*t.*t)|g[im]7|gi.*~", re.IGNORECASE | re.DOTALL)


def inspect(store: ObjectStore, commit: str, url: str) -> None:
    """Raise RefusedObjects where git refuses a commit's top `.gitmodules` or `.gitattributes`.

    Its tree and those files go through `git index-pack --strict` in a place that is thrown away.
    """
    top = [(name, mode, oid) for name, mode, oid in store.list_tree(commit) if b"/" not in name]
    files = {oid for name, mode, oid in top if mode != 0o160000 and _ACTED_UPON.match(name)}
    present = store.sizes(files)
    if not present:
        return
    tree = store.text("rev-parse", f"{commit}^{{tree}}")
    wanted = "".join(f"{oid}\n" for oid in (tree, *present)).encode()
    pack = store.git("pack-objects", "--stdout", "-q", "--window=0", stdin=wanted).stdout
    with quarantine(store.repository) as place, transport_errors(url):
        env = {"GIT_OBJECT_DIRECTORY": str(place / "objects")}
        store.git("index-pack", "--stdin", "--fsck-objects", stdin=pack, env=env)
