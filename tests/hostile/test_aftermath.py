"""Reaching the harness and later jobs through what is left behind or lies about."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from harness.frameworks.building import collect
from harness.sandbox.protocol import Mount
from tests.hostile.attack import attack
from tests.hostile.world import Arena
from tests.sandbox.world import Listener


@attack(
    "links its output to the host's files, by symbolic and hard links", meets="a reader that follows none"
)
def test_links_out_of_a_writable_mount(arena: Arena, canary: Path, out: Path, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir(mode=0o755)
    (given / "file.so").write_text("given")
    code = f"""
links = {{"a.so": {str(canary)!r}, "folder": {str(canary.parent)!r}, "shadow.so": "/etc/shadow",
         "up": "..", "b.so": "a.so"}}
for name, target in links.items(): os.symlink(target, "/out/" + name)
for source in ("/opt/given/file.so", "/etc/passwd", sys.executable, "/proc/self/exe", "/proc/self/fd/0"):
    for follow in (False, True):
        print(outcome(lambda: os.link(source, "/out/hard.so", follow_symlinks=follow)))
open("/out/real.so", "w").write("real")
"""
    places = (canary, given, Path("/etc/shadow"), Path("/etc/passwd"), tmp_path)
    owners = [place.stat().st_uid for place in places]
    words = arena.said(code, mounts=(Mount(given, "/opt/given"), Mount(out, "/out", writable=True))).split()
    assert set(words) <= {"EXDEV", "EPERM", "ENOENT", "EACCES"}
    assert collect(out, tmp_path / "taken", ".so", lambda _: True) == ("real.so",)
    assert [place.stat().st_uid for place in places] == owners


@attack("leaves pipes, sockets and closed folders for the harness to open", meets="a reader of plain files")
def test_traps_in_a_writable_mount(arena: Arena, out: Path, tmp_path: Path) -> None:
    code = """
import socket, stat
os.mkfifo("/out/pipe.so")
socket.socket(socket.AF_UNIX).bind("/out/socket.so")
outcome(lambda: os.mknod("/out/zero.so", stat.S_IFCHR | 0o666, os.makedev(1, 5)))
os.mkdir("/out/folder.so"); os.mkdir("/out/closed")
open("/out/closed/inner.so", "w"); os.chmod("/out/closed", 0)
open("/out/real.so", "w").write("real"); os.chmod("/out/real.so", 0o444)
"""
    arena.said(code, mounts=(Mount(out, "/out", writable=True),))
    found = collect(out, tmp_path / "taken", ".so", lambda _: True)
    assert "real.so" in found
    assert set(found) <= {"real.so", "closed/inner.so"}
    assert stat.S_IMODE((tmp_path / "taken" / "real.so").stat().st_mode) == 0o644


@attack("leaves a set-user-id program in its output", meets="a change of owner, which takes the bits away")
def test_a_set_user_id_program_in_the_output(arena: Arena, out: Path, tmp_path: Path) -> None:
    code = 'import shutil; shutil.copy("/bin/sh", "/out/shell.so"); os.chmod("/out/shell.so", 0o6777)'
    arena.said(code, mounts=(Mount(out, "/out", writable=True),))
    program = (out / "shell.so").stat()
    assert program.st_uid == os.getuid()
    assert os.getuid() or not program.st_mode & 0o6000
    collect(out, tmp_path / "taken", ".so", lambda _: True)
    assert stat.S_IMODE((tmp_path / "taken" / "shell.so").stat().st_mode) == 0o644


@attack("leaves a tree deeper than a path can name in its output", meets="a reader with a depth limit")
def test_a_deep_tree_in_the_output(arena: Arena, out: Path, tmp_path: Path) -> None:
    code = """
open("/out/real.so", "w").write("real")
os.chdir("/out")
for _ in range(3000): os.mkdir("d"); os.chdir("d")
open("deep.so", "w")
"""
    arena.said(code, mounts=(Mount(out, "/out", writable=True),))
    assert (out / "d").stat().st_uid == os.getuid()
    assert collect(out, tmp_path / "taken", ".so", lambda _: True) == ("real.so",)


@attack("leaves names in its output that break what reads them", meets="a reader that treats names as data")
def test_odd_names_in_the_output(arena: Arena, out: Path, tmp_path: Path) -> None:
    code = r"""
names = b"line\nbreak", b"\xff\xfe", b"\x1b[2Jx", b" ", b"-rf", b"$(id)", b"x" * 252
for name in names: open(b"/out/" + name + b".so", "w").write("x")
"""
    arena.said(code, mounts=(Mount(out, "/out", writable=True),))
    found = collect(out, tmp_path / "taken", ".so", lambda _: True)
    assert len(found) == 7
    assert all((tmp_path / "taken" / name).read_text() == "x" for name in found)


@attack("plants code in the interpreter, its libraries, the linker's files", meets="read-only mounts")
def test_planting_code(arena: Arena, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    given.chmod(0o777)
    (given / "module.py").touch(0o666)
    (given / "module.py").chmod(0o666)
    code = """
import sysconfig
library = sysconfig.get_paths()["stdlib"]
for path in ("/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/passwd", "/usr/bin/planted", "/bin/sh",
             library + "/planted.pth", library + "/os.py", library + "/__pycache__/os.pyc",
             "/opt/given/module.py", "/opt/given/planted.py", "/planted", "/dev/planted", "/run/planted"):
    if works(lambda: os.open(path, os.O_WRONLY | os.O_CREAT)): print("wrote", path)
    if works(lambda: os.unlink(path)): print("removed", path)
if works(lambda: os.rename("/opt/given", "/opt/taken")): print("moved")
for path in ("/opt/given", "/opt/given/module.py"):
    if works(lambda: os.chmod(path, 0o777)): print("changed", path)
    if works(lambda: os.utime(path)): print("touched", path)
"""
    assert arena.said(code, mounts=(Mount(given, "/opt/given"),)) == ""
    assert [path.name for path in given.iterdir()] == ["module.py"]


@attack(
    "writes wherever it can in the whole file system", meets="a read-only root; only scratch space is its own"
)
def test_writing_everywhere(arena: Arena) -> None:
    code = """
for root, folders, files in os.walk("/"):
    if root in ("/proc", "/sys", "/tmp", "/dev/shm", "/dev/mqueue"): folders[:] = []
    if root in ("/proc", "/sys"): continue
    if works(lambda: os.close(os.open(root + "/planted", os.O_CREAT | os.O_WRONLY))): print(root)
"""
    found = set(arena.said(code).split())
    assert {"/tmp", "/dev/shm"} <= found <= {"/tmp", "/dev/shm", "/dev/mqueue"}


@attack(
    "leaves word for another candidate's job: files, shared memory, queues",
    meets="a sandbox that shares nothing",
)
def test_leaving_word(arena: Arena) -> None:
    leave = """
import socket
for folder in ("/tmp", "/tmp/work", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue", "/run/lock"):
    outcome(lambda: open(folder + "/word", "w").write("said"))
libc.shmget(7351, 4096, 0o1666); libc.msgget(7351, 0o1666); libc.semget(7351, 1, 0o1666)
libc.mq_open(b"/word", 0o102, 0o666, None)
server = socket.socket(socket.AF_UNIX); server.bind("\\0word"); server.listen()
call(248, b"user", b"word", b"said", 4, -4)
print("left", flush=True)
input()
"""
    find = """
import glob, socket
print(glob.glob("/*/word") + glob.glob("/*/*/word"))
print(libc.shmget(7351, 0, 0), libc.msgget(7351, 0), libc.semget(7351, 0, 0), libc.mq_open(b"/word", 0))
print(outcome(lambda: socket.socket(socket.AF_UNIX).connect("\\0word")), call(249, b"user", b"word", 0, 0))
"""
    process = arena.start(leave)
    assert process.stdout.readline() == b"left\n"
    assert arena.said(find).splitlines() == ["[]", "-1 -1 -1 -1", "ECONNREFUSED EPERM"]
    process.kill()
    process.stdin.close()
    process.stdout.close()


@attack(
    "looks for the harness's environment, home, engine and temporary files",
    meets="a sandbox that contains none of them",
)
def test_the_harness_surroundings(arena: Arena, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", canary.name)
    home = Path.home()
    hidden = [str(path) for path in (canary, __file__, home / ".bashrc", home / ".ssh", home / ".netrc")]
    hidden += [
        "/var/run/docker.sock",
        "/run/docker.sock",
        "/run/containerd",
        "/var/lib/docker",
        "/etc/machine-id",
    ]
    code = f"""
print([name for name, value in os.environ.items() if "canary-of-" in value], os.listdir("/tmp"))
print([path for path in {hidden!r} if works(lambda: open(path).read())])
print(outcome(lambda: open("/etc/shadow").read() and "read") in ("ENOENT", "EACCES"))
folders = [folder for folder in ("/home", "/root", "/srv", "/mnt") if works(lambda: os.listdir(folder))]
homes = [f"{{folder}}/{{name}}" for folder in folders for name in os.listdir(folder)]
print([path for path in homes if not sys.executable.startswith(path)])
"""
    assert arena.said(code).splitlines() == ["[] ['work']", "[]", "True", "[]"]


@attack("uses descriptors that the harness left open", meets="a process with its three standard streams only")
def test_inherited_descriptors(arena: Arena, gateway: Listener, canary: Path) -> None:
    with canary.open() as secret:
        os.set_inheritable(secret.fileno(), True)
        code = "print([fd for fd in range(3, 4096) if works(lambda: os.fstat(fd))])"
        assert arena.said(code, gateway=gateway.path) == "[]\n"


@attack("looks for the gateway's socket in files and among abstract names", meets="a sandbox without it")
def test_the_gateways_socket(arena: Arena, gateway: Listener) -> None:
    code = f"""
import socket, stat
for root, folders, files in os.walk("/"):
    if root == "/": folders.remove("proc")
    for name in files:
        state = outcome(lambda: os.lstat(os.path.join(root, name)))
        if not isinstance(state, str) and stat.S_ISSOCK(state.st_mode): print("socket", root, name)
print([line for line in open("/proc/net/unix").read().splitlines()[1:] if "/" in line or "@" in line])
host = "\\0" + os.environ["MARKER"]
for name in ({str(gateway.path)!r}, "/tmp/gateway", "/harness/gateway.sock", host, "/run/docker.sock"):
    print(outcome(lambda: socket.socket(socket.AF_UNIX).connect(name)))
"""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"\0{arena.marker}")
        listening.listen()
        listing, *words = arena.said(code, gateway=gateway.path).splitlines()
    assert listing == "[]"
    assert set(words) <= {"ENOENT", "ECONNREFUSED", "EACCES"}


@attack("crashes, to leave a core file", meets="a core size limit of zero, which it cannot raise")
def test_core_files(arena: Arena, out: Path) -> None:
    code = """
import resource
print(outcome(lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))))
if os.fork() == 0: os.chdir("/out"); os.abort()
os.wait()
print(os.listdir("/out"))
"""
    words = arena.said(code, mounts=(Mount(out, "/out", writable=True),))
    assert words == "ValueError\n[]\n"
