"""The policy as the JSON profile that container engines take."""

from __future__ import annotations

import errno
import json
from functools import cache
from typing import Any

from harness.sandbox.seccomp import policy

_ARCHITECTURES = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")
_ALLOW, _REFUSE = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"


@cache
def docker_profile() -> str:
    """The value of the option `seccomp=…`.

    Only calls of the engine's own architecture are judged; what calls as any other, x32 too, is killed.
    """
    groups = [
        _group(policy.ALLOWED, _ALLOW),
        {**_group(policy.ABSENT, _REFUSE), "errnoRet": errno.ENOSYS},
        *(_group((rule.call,), _ALLOW, rule.conditions) for rule in policy.RULES),
    ]
    architectures = [{"architecture": name, "subArchitectures": []} for name in _ARCHITECTURES]
    profile = {"defaultAction": _REFUSE, "archMap": architectures, "syscalls": groups}
    return json.dumps(profile, separators=(",", ":"))


def _group(
    names: tuple[str, ...], action: str, conditions: tuple[policy.Condition, ...] = ()
) -> dict[str, Any]:
    arguments = [
        {"index": each.argument, "op": "SCMP_CMP_MASKED_EQ", "value": each.mask, "valueTwo": each.value}
        for each in conditions
    ]
    return {"names": list(names), "action": action, "args": arguments}
