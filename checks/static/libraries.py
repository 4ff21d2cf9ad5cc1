"""Where Hummingbot lists its libraries, and what `import` calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LISTS = (
    "setup.py", "setup/environment.yml", "setup/environment-linux.yml", "setup/environment-win64.yml",
    "setup/environment-linux-aarch64.yml", "setup/environment_dydx.yml", "setup/pip_packages.txt",
    "pyproject.toml", "requirements.txt", "requirements-dev.txt", "environment.yml",
)  # fmt: skip

# Names on the package index whose modules are called otherwise.
IMPORTED_AS: dict[str, tuple[str, ...]] = {
    "aptos-sdk": ("aptos_sdk",), "attrs": ("attr", "attrs"), "brotli": ("brotli",),
    "brotli-python": ("brotli",), "bip-utils": ("bip_utils",), "decibel-python-sdk": ("decibel",),
    "dydx-v3-python": ("dydx3",), "eth-account": ("eth_account",), "injective-py": ("pyinjective",),
    "lighter-sdk": ("lighter",), "msgpack-python": ("msgpack",), "protobuf": ("google",),
    "pycryptodome": ("Crypto",), "pycryptodomex": ("Cryptodome",), "pyjwt": ("jwt",), "pysha3": ("sha3",),
    "safe-pysha3": ("sha3",), "python-binance": ("binance",), "python-dateutil": ("dateutil",),
    "python-telegram-bot": ("telegram",), "pyyaml": ("yaml",), "ruamel-yaml": ("ruamel",),
    "scikit-learn": ("sklearn",), "signalr-client-aio": ("signalr_aio",), "v4-proto": ("v4_proto",),
    "xrpl-py": ("xrpl",), "ta-lib": ("talib",), "libta-lib": ("talib",),
    "0x-contract-addresses": ("zero_ex",), "0x-order-utils": ("zero_ex",),
    "eip712-structs": ("eip712_structs",), "hexbytes": ("hexbytes",), "base58": ("base58",),
    "web3": ("web3",),
}  # fmt: skip

# What a listed package brings along and Hummingbot's own code imports without listing it.
COMES_WITH: dict[str, tuple[str, ...]] = {
    "aiohttp": ("yarl", "multidict", "aiosignal", "frozenlist", "attr"),
    "eth-account": ("eth_utils", "eth_keys", "eth_abi", "eth_typing", "hexbytes", "ecdsa", "web3"),
    "web3": ("eth_utils", "eth_keys", "eth_abi", "eth_typing", "hexbytes", "eth_account", "websockets"),
    "injective-py": ("grpc", "google", "v4_proto", "ecdsa", "bech32", "mnemonic", "hdwallets"),
    "dydx-v3-python": ("v4_proto", "grpc"), "v4-proto": ("grpc",),
    "requests": ("certifi", "idna", "urllib3"), "pandas": ("dateutil", "pytz", "numpy"),
    "cryptography": ("cffi",), "bip-utils": ("ecdsa", "coincurve"), "xrpl-py": ("websockets", "httpx"),
    "aptos-sdk": ("httpx",), "asyncssh": ("cryptography",), "lighter-sdk": ("websockets",),
    "pydantic": ("pydantic_core", "typing_extensions"), "python": ("setuptools", "pkg_resources"),
    "setuptools": ("pkg_resources",), "ujson": (), "pytest": ("_pytest",),
}  # fmt: skip

REQUIREMENT = re.compile(
    r"^[\"']?(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<rest>(\[[^\]]*\])?\s*([=<>~!;@ #,'\"].*)?)$"
)
IN_SETUP = re.compile(r"^\s*[\"'](?P<entry>[A-Za-z0-9][^\"']*)[\"'],?\s*(#.*)?$")
IN_YAML = re.compile(r"^\s*-\s+(?P<entry>[A-Za-z0-9][^\s#]*(?:\s*@\s*\S+)?)")


class Listed(NamedTuple):
    """An entry of a list of libraries; `text` is the whole of it."""

    name: str
    text: str
    line: int


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def listed_in(path: str, text: str) -> tuple[Listed, ...]:
    """Entries by line; a format that is not known gives none."""
    return tuple(_entries(path, text))


def _entries(path: str, text: str) -> Iterator[Listed]:
    inside = not path.endswith(".py")
    for number, line in enumerate(text.split("\n"), 1):
        if path.endswith(".py"):
            inside = _still_inside(inside, line)
        entry = _entry(path, line) if inside else None
        match = REQUIREMENT.match(entry) if entry else None
        if match:
            yield Listed(match["name"], entry or "", number)


def _still_inside(inside: bool, line: str) -> bool:
    """Within `install_requires = [ … ]` of a setup.py."""
    if re.search(r"install_requires\s*=|setup_requires\s*=|extras_require\s*=", line):
        return True
    return inside and not line.strip().startswith(("]", ")"))


def _entry(path: str, line: str) -> str | None:
    if path.endswith((".py", ".toml")):
        match = IN_SETUP.match(line)
    elif path.endswith((".yml", ".yaml")):
        match = IN_YAML.match(line)
    else:
        return line.strip() if line.strip() and not line.lstrip().startswith(("#", "-r", "-c")) else None
    return match["entry"].strip() if match else None
