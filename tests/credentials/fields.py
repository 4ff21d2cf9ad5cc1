"""Fields of config maps, as the driver tells of them."""

from __future__ import annotations

from harness.driving.claims import ConfigField


def field(
    name: str, prompt: str = "", *, kind: str = "SecretStr", default: str | None = None, required: bool = True
) -> ConfigField:
    return ConfigField(
        name=name,
        prompt=prompt,
        secure=True,
        connect_key=True,
        prompted=True,
        required=required,
        default=default,
        kind=kind,
    )
