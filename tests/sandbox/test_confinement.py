"""What a job can see and change of this machine: nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.sandbox.protocol import Backend, Mount
from tests.sandbox.world import PYTHON, Listener, run, said


def test_the_environment_is_the_jobs_own(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_SECRET", "do not show")
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    inside = json.loads(said(run(backend, code, env={"GIVEN": "yes=no", "EMPTY": ""})))
    # bubblewrap sets PWD by itself, a container engine PATH, HOSTNAME and HOME.
    added = {name: inside.pop(name, None) for name in ("PWD", "PATH", "HOSTNAME", "HOME", "LC_CTYPE")}
    assert inside == {"GIVEN": "yes=no", "EMPTY": ""}
    assert added["HOME"] in (None, "/tmp/work")


def test_homes_and_temporary_files_of_the_host_are_invisible(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("here")
    hidden = [str(tmp_path / "canary"), __file__, str(Path.home() / ".bashrc"), "/var/run/docker.sock"]
    code = f"""
import os
print([path for path in {hidden!r} if os.path.exists(path)])
print([name for folder in ("/home", "/root", "/srv", "/mnt") for name in listed(folder)])
print(os.listdir("/tmp"))
"""
    listed = """
def listed(folder):
    try: return __import__("os").listdir(folder)
    except OSError: return []
"""
    paths, homes, temporary = said(run(backend, listed + code)).splitlines()
    assert (paths, temporary) == ("[]", "['work']")
    assert homes == "[]" or PYTHON.startswith("/root")


def test_nothing_but_tmp_is_writable(backend: Backend, tmp_path: Path) -> None:
    code = """
import os
for root, folders, files in os.walk("/"):
    folders[:] = [] if root in ("/proc", "/sys", "/dev/fd", "/tmp", "/dev/shm", "/dev/mqueue") else folders
    if root in ("/proc", "/sys"): continue
    try:
        os.close(os.open(root + "/planted", os.O_CREAT | os.O_WRONLY)); os.unlink(root + "/planted")
        print(root)
    except OSError:
        pass
"""
    tmp_path.chmod(0o755)
    mount = Mount(tmp_path, "/opt/given")
    found = set(said(run(backend, code, mounts=(mount,))).split())
    assert {"/tmp", "/dev/shm"} <= found <= {"/tmp", "/dev/shm", "/dev/mqueue"}
    assert list(tmp_path.iterdir()) == []


def test_mounts_are_read_only_unless_said(backend: Backend, tmp_path: Path) -> None:
    for name in ("read", "write"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "one.txt").write_text("one file")
    code = """
print(open("/opt/read/file").read(), open("/opt/write/file").read(), open("/opt/one.txt").read())
open("/opt/write/new", "w").write("made inside")
for path in ("/opt/read/file", "/opt/read/new", "/opt/one.txt"):
    try: open(path, "w")
    except OSError as error: print(error.errno)
"""
    done = run(
        backend,
        code,
        mounts=(
            Mount(tmp_path / "read", "/opt/read"),
            Mount(tmp_path / "write", "/opt/write", writable=True),
            Mount(tmp_path / "one.txt", "/opt/one.txt"),
        ),
    )
    assert said(done).splitlines() == ["read write one file", "30", "30", "30"]
    assert (tmp_path / "write" / "new").read_text() == "made inside"


def test_it_has_no_capability_and_can_gain_none(backend: Backend) -> None:
    code = """
import os
lines = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(os.getuid(), os.geteuid(), int(lines["NoNewPrivs"]))
print(*(int(lines[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")))
"""
    uid, effective_uid, *rest = said(run(backend, code)).split()
    assert uid == effective_uid != "0"
    assert rest == ["1", "0", "0", "0"]


def test_no_namespace_of_its_own_can_be_made(backend: Backend) -> None:
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x20000, 0x40000000):
    print(libc.unshare(flag))
print(libc.mount(b"none", b"/tmp/work", b"tmpfs", 0, b""), libc.chroot(b"/tmp/work"))
"""
    assert said(run(backend, code)).split() == ["-1"] * 5


def test_only_its_own_processes_are_in_proc(backend: Backend, gateway: Listener) -> None:
    code = """
import os
for pid in filter(str.isdigit, os.listdir("/proc")):
    print(pid, open(f"/proc/{pid}/cmdline").read().replace("\\0", " ").replace("\\n", " ")[:60])
"""
    lines = said(run(backend, code, gateway=gateway.path)).splitlines()
    assert 1 <= len(lines) <= 2
    assert not [line for line in lines if "shim" in line or "launcher" in line]


def test_the_gateways_socket_is_nowhere_inside(backend: Backend, gateway: Listener) -> None:
    code = """
import os, stat
for root, folders, files in os.walk("/"):
    if root.startswith("/proc"): folders[:] = []; continue
    for name in files:
        try:
            if stat.S_ISSOCK(os.lstat(root + "/" + name).st_mode): print(root, name)
        except OSError: pass
print([line for line in open("/proc/net/unix").read().splitlines()[1:] if "/" in line or "@" in line])
print(sorted(os.listdir("/proc/self/fd")))
"""
    listing, descriptors = said(run(backend, code, gateway=gateway.path)).splitlines()
    assert listing == "[]"
    assert descriptors == "['0', '1', '2', '3']"  # 3 is the listing's own


def test_raw_packets_are_refused(backend: Backend, gateway: Listener) -> None:
    code = """
import socket
for family, kind, number in ((socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_PACKET, socket.SOCK_RAW, 3)):
    try: socket.socket(family, kind, number); print("made")
    except OSError as error: print(error.errno)
"""
    assert said(run(backend, code, gateway=gateway.path)).split() == ["1", "1"]


def test_kernel_settings_cannot_be_changed(backend: Backend) -> None:
    code = """
import os
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger",
             "/proc/sys/net/ipv4/ip_forward", "/proc/self/uid_map", "/proc/sys/user/max_user_namespaces"):
    try: os.write(os.open(path, os.O_WRONLY), b"1"); print("wrote", path)
    except OSError: pass
"""
    assert said(run(backend, code)) == ""


def test_a_folder_in_a_private_one_can_be_mounted(backend: Backend, tmp_path: Path) -> None:
    folder = tmp_path / "private" / "shown"
    folder.mkdir(parents=True)
    (tmp_path / "private").chmod(0o700)
    (folder / "file").write_text("shown")
    code = "print(open('/opt/shown/file').read())"
    assert said(run(backend, code, mounts=(Mount(folder, "/opt/shown"),))) == "shown\n"


def test_what_a_job_writes_is_no_set_user_id_program(backend: Backend, tmp_path: Path) -> None:
    code = """
import os
os.close(os.open("/opt/out/program", os.O_CREAT)); os.chmod("/opt/out/program", 0o6777)
os.symlink("/etc/passwd", "/opt/out/link")
"""
    owner = Path("/etc/passwd").stat().st_uid
    said(run(backend, code, mounts=(Mount(tmp_path, "/opt/out", writable=True),)))
    program = (tmp_path / "program").stat()
    assert program.st_uid == os.getuid()
    assert os.getuid() or not program.st_mode & 0o6000
    assert Path("/etc/passwd").stat().st_uid == owner
