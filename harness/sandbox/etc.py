"""The sandbox's /etc: a handful of made-up files and what the dynamic linker and the compiler need."""

from __future__ import annotations

import secrets

# Ordinary names, others in every run: nobody inside is to know us by them.
HOST = secrets.choice(
    ("node-2", "vps-17", "trade01", "srv-berlin", "desktop", "workstation", "pi4", "prod-3")
)
USER = secrets.choice(("debian", "ubuntu", "bot", "trader", "admin", "dev"))
# The second is whom jobs are where an engine of root's runs them.
USERS = {"root": 0, USER: 1000, f"{USER}2": 65533}
FILES = {
    "passwd": "".join(f"{name}:x:{number}:{number}::/tmp/work:/bin/sh\n" for name, number in USERS.items()),
    "group": "".join(f"{name}:x:{number}:\n" for name, number in USERS.items()),
    "hosts": f"127.0.0.1 localhost {HOST}\n::1 localhost {HOST}\n",
    "hostname": f"{HOST}\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
}
PATHS = ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"]
