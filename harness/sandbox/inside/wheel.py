"""Builds a wheel of a source distribution, as PEP 517 has it, with what is installed here and nothing else.

`python -m inside.wheel ORDER`, where ORDER is a JSON object: `sdist` (a tar archive), `backend`,
`backend_path` and `step`. `requires` says in one JSON line what the backend wants besides; `build` says
`file` and `size` in one line, and as many bytes follow.
"""

import importlib
import json
import os
import sys
import tarfile
from typing import Any, Dict

SOURCE, OUT = "/tmp/work/source", "/tmp/work/wheels"  # noqa: S108 - paths inside the sandbox


def main() -> None:
    order = json.loads(sys.argv[1])
    talk = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    backend = _backend(order)
    if order["step"] == "requires":
        hook = getattr(backend, "get_requires_for_build_wheel", None)
        talk.write(json.dumps({"requires": list(hook()) if hook else []}).encode("utf-8") + b"\n")
    else:
        os.makedirs(OUT)
        name = backend.build_wheel(OUT)
        with open(os.path.join(OUT, name), "rb") as source:
            data = source.read()
        talk.write(json.dumps({"file": name, "size": len(data)}).encode("utf-8") + b"\n" + data)
    talk.flush()


def _backend(order: Dict[str, Any]) -> Any:
    """The build backend's hooks, with its sources as the current folder."""
    with tarfile.open(order["sdist"]) as archive:
        archive.extractall(SOURCE)  # noqa: S202 - nothing here is worth protecting from it
    (top,) = os.listdir(SOURCE)
    os.chdir(os.path.join(SOURCE, top))
    sys.path[:0] = [os.path.abspath(each) for each in order["backend_path"]]
    sys.argv = ["setup.py"]
    module, _, attribute = order["backend"].partition(":")
    backend = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        backend = getattr(backend, name)
    return backend


if __name__ == "__main__":
    main()
