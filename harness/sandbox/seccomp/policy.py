"""The system calls that a job may make.

An allow-list, begun from the one of container engines (moby's profiles/seccomp/default.json, 25.0) and cut
to what Python with threads, asyncio, subprocesses and multiprocessing, gcc and Cython ask for on x86-64
and AArch64. What is not listed fails with EPERM, as engines let it. Names that an architecture lacks are
ignored.
"""

from __future__ import annotations

import socket
import stat
from typing import NamedTuple


class Condition(NamedTuple):
    """`argument` (counted from 0) has `value` in the bits of `mask`."""

    argument: int
    mask: int
    value: int


class Rule(NamedTuple):
    """`call` is allowed when all conditions hold; several rules of a call are alternatives."""

    call: str
    conditions: tuple[Condition, ...]


_FILES = """
access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr
flock fstat fstatfs fsync ftruncate getcwd getdents getdents64 getxattr inotify_add_watch inotify_init
inotify_init1 inotify_rm_watch lchown lgetxattr link linkat listxattr llistxattr lseek lstat mkdir mkdirat
newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink
readlinkat readv rename renameat renameat2 rmdir sendfile stat statfs statx symlink symlinkat
sync_file_range truncate umask unlink unlinkat utime utimensat utimes write writev
"""
_MEMORY = "brk madvise membarrier mincore mlock mlock2 mmap mprotect mremap msync munlock munmap"
_PROCESSES = """
arch_prctl execve execveat exit exit_group fork futex futex_waitv get_robust_list getcpu getegid geteuid
getgid getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid
gettid getuid capget kill pidfd_open pidfd_send_signal prctl prlimit64 restart_syscall rseq rt_sigaction
rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo
sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
sched_getscheduler sched_rr_get_interval sched_setaffinity sched_yield set_robust_list set_tid_address
setpgid setpriority setrlimit setsid sigaltstack tgkill tkill vfork wait4 waitid
"""
_TIME = """
alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep pause setitimer time
timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime
timerfd_settime times
"""
_WAITING = """
epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 pipe pipe2 poll
ppoll pselect6 select
"""
_SOCKETS = """
accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg
sendmsg sendto setsockopt shutdown
"""
_SYSTEM = "getrandom sysinfo uname"
ALLOWED = tuple(" ".join((_FILES, _MEMORY, _PROCESSES, _TIME, _WAITING, _SOCKETS, _SYSTEM)).split())

# Libraries have another way where the kernel knows none of these (ENOSYS); EPERM they would take for the end.
# clone3 hides its flags behind a pointer, where no filter can look: glibc falls back on clone.
_NOT_THERE = """
clone3 io_uring_enter io_uring_register io_uring_setup landlock_add_rule landlock_create_ruleset
landlock_restrict_self memfd_create memfd_secret mseal pkey_alloc pkey_free pkey_mprotect process_madvise
splice tee vmsplice
"""
ABSENT = tuple(_NOT_THERE.split())

# Calls newer than libseccomp 2.5 (Debian 12): from 424 on, every architecture has the same numbers.
NUMBERS = {"fchmodat2": 452, "mseal": 462}
# What is newer than the newest allowed call is absent too, as runc has it: a new libc tries it first.
NEWEST_KNOWN = 452

_WORD = 0xFFFF_FFFF  # the kernel takes these arguments as 32 bits wide and forgets the rest
# linux/sched.h: new mount, cgroup, UTS, IPC, user, PID and network namespaces.
_NEW_NAMESPACES = 0x7E02_0000
# asm-generic/ioctls.h: TCGETS, TCSETS and its two kin, TIOC{SCTTY,GPGRP,SPGRP,OUTQ,GWINSZ,SWINSZ,NOTTY,GSID},
# and TIOC{GPTN,SPTLCK,GPTPEER} for pseudo-terminals.
_TERMINALS = (
    0x5401, 0x5402, 0x5403, 0x5404, 0x540E, 0x540F, 0x5410, 0x5411, 0x5413, 0x5414, 0x5422, 0x5429,
    0x8004_5430, 0x4004_5431, 0x5441,
)  # fmt: skip
_DESCRIPTORS = (0x5421, 0x541B, 0x5450, 0x5451)  # FIONBIO FIONREAD FIONCLEX FIOCLEX
_INTERFACES = (0x8910, 0x8912, 0x8913, 0x8915, 0x8933)  # linux/sockios.h: SIOCGIF{NAME,CONF,FLAGS,ADDR,INDEX}
_IP = (socket.IPPROTO_IP, socket.IPPROTO_TCP, socket.IPPROTO_UDP)
_KIND_OF_FILE = 0o170000  # linux/stat.h, S_IFMT
_DEFAULT_PERSONALITY, _ASK_PERSONALITY = 0, _WORD


def _is(argument: int, value: int) -> Condition:
    return Condition(argument, _WORD, value)


def _socket_rules() -> list[Rule]:
    """Unix and IP sockets, and netlink's routing protocol, which getaddrinfo reads the addresses from."""
    rules = [Rule("socket", (_is(0, socket.AF_UNIX),))]
    for family in (socket.AF_INET, socket.AF_INET6):
        rules += [Rule("socket", (_is(0, family), _is(2, protocol))) for protocol in _IP]
    rules.append(Rule("socket", (_is(0, socket.AF_NETLINK), _is(2, 0))))
    rules.append(Rule("socketpair", (_is(0, socket.AF_UNIX),)))
    return rules


RULES = (
    Rule("clone", (Condition(0, _NEW_NAMESPACES, 0),)),
    *_socket_rules(),
    # TIOCSTI and TIOCLINUX, which type into a terminal, are not among them.
    *(Rule("ioctl", (_is(1, request),)) for request in (*_TERMINALS, *_DESCRIPTORS, *_INTERFACES)),
    Rule("personality", (_is(0, _DEFAULT_PERSONALITY),)),
    Rule("personality", (_is(0, _ASK_PERSONALITY),)),
    Rule("mknod", (Condition(1, _KIND_OF_FILE, stat.S_IFIFO),)),
    Rule("mknodat", (Condition(2, _KIND_OF_FILE, stat.S_IFIFO),)),
)
