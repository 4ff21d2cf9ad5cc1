"""The sandbox's /etc: a handful of made-up files and what the dynamic linker and the compiler need."""

from __future__ import annotations

FILES = {
    "passwd": "root:x:0:0::/nonexistent:/bin/false\nsandbox:x:1000:1000::/tmp/work:/bin/sh\n",
    "group": "root:x:0:\nsandbox:x:1000:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n",
    "hostname": "sandbox\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
}
PATHS = ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"]
