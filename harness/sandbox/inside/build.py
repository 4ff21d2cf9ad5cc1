"""Builds Cython modules of a read-only tree and hands them out, several at once; its setup.py is not asked.

`python -m inside.build` reads a JSON object: `tree`, `modules` (paths of .pyx files from the tree's root),
`language_level`, `directives`, `arguments`, `jobs`. Says one JSON line a module, and after the line of one
that was built the `size` bytes of what was built, which is to be called `file`.
"""

import glob
import importlib
import json
import os
import subprocess
import sys
import threading
import time
from typing import Any, Dict, List

MAX_LOG = 16384
OUT = "/tmp/work/built"  # noqa: S108 - a path inside the sandbox


def main() -> None:
    order = json.loads(sys.argv[1] if len(sys.argv) > 1 else sys.stdin.readline())
    talk = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if "worker" in order:
        _work(order, talk)
    else:
        _share_out(order, talk)


def _share_out(order: Dict[str, Any], talk: Any) -> None:
    """Give the modules, largest first, to as many workers as wanted; each takes the next when it is done."""
    tree = order["tree"]
    waiting = sorted(order["modules"], key=lambda path: os.path.getsize(os.path.join(tree, path)))
    lock = threading.Lock()

    def serve(number: int) -> None:
        command = [
            sys.executable,
            "-m",
            "inside.build",
            json.dumps({**order, "worker": number, "modules": []}),
        ]
        while waiting:
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as worker:
                while worker.poll() is None:
                    with lock:
                        module = waiting.pop() if waiting else None
                    if module is None:
                        return
                    result = _given_to(worker, module)
                    with lock:
                        _hand_out(result, talk)

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(order["jobs"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _given_to(worker: Any, module: str) -> Dict[str, Any]:
    """How a worker fared with a module; one that is lost over it has ended, and gets a successor."""
    try:
        worker.stdin.write(module + "\n")
        worker.stdin.flush()
        said = worker.stdout.readline()
    except OSError:
        said = ""
    if said:
        result: Dict[str, Any] = json.loads(said)
        return result
    log = "the compiler ended with code {}".format(worker.wait())
    return {"module": module, "ok": False, "seconds": 0.0, "log": log}


def _hand_out(result: Dict[str, Any], talk: Any) -> None:
    stem = os.path.join(OUT, result["module"][: -len(".pyx")])
    built = glob.glob(glob.escape(stem) + ".*.so") if result["ok"] else []
    data = b""
    if built:
        with open(built[0], "rb") as source:
            data = source.read()
        os.unlink(built[0])
    named = {**result, "file": os.path.basename(built[0]) if built else "", "size": len(data)}
    talk.write(json.dumps(named).encode("utf-8") + b"\n" + data)
    talk.flush()


def _work(order: Dict[str, Any], talk: Any) -> None:
    os.chdir(order["tree"])
    for line in sys.stdin:
        module = line.rstrip("\n")
        began = time.time()
        log = "/tmp/work/log-{}".format(order["worker"])  # noqa: S108 - a path inside the sandbox
        with open(log, "wb") as sink:
            os.dup2(sink.fileno(), 2)
            os.dup2(sink.fileno(), 1)
        try:
            _compile(module, order)
            problem = ""
        except BaseException as error:
            problem = "{}: {}".format(type(error).__name__, error)
        sys.stdout.flush()
        sys.stderr.flush()
        with open(log, encoding="utf-8", errors="replace") as source:
            text = source.read()
        fields = {
            "module": module,
            "ok": not problem,
            "seconds": time.time() - began,
            "log": (text + problem)[-MAX_LOG:],
        }
        talk.write(json.dumps(fields).encode("utf-8") + b"\n")
        talk.flush()


def _compile(module: str, order: Dict[str, Any]) -> None:
    """One module, from .pyx to .so under OUT; raises whatever Cython or the compiler's wrapper raises."""
    setuptools = importlib.import_module("setuptools")  # before distutils, which it brings
    build_ext = importlib.import_module("setuptools.command.build_ext").build_ext
    cythonize = importlib.import_module("Cython.Build").cythonize
    numpy = importlib.import_module("numpy")

    scratch = "/tmp/work/worker-{}".format(order["worker"])  # noqa: S108 - a path inside the sandbox
    name = module[: -len(".pyx")].replace("/", ".")
    extension = setuptools.Extension(name, [module], language="c++", include_dirs=[numpy.get_include(), "."])
    extensions = cythonize(
        [extension],
        build_dir=os.path.join(scratch, "generated"),
        language_level=order["language_level"],
        compiler_directives=order["directives"],
        force=True,
        quiet=True,
    )
    for each in extensions:
        arguments: List[str] = list(each.extra_compile_args or [])
        each.extra_compile_args = arguments + order["arguments"]
    command = build_ext(setuptools.Distribution({"ext_modules": extensions, "script_name": "build"}))
    command.build_lib = OUT
    command.build_temp = os.path.join(scratch, "objects")
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    main()
