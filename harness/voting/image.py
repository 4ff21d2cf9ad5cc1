"""A whole Hummingbot with a candidate's commit, as files for a container engine. Pure.

What is pinned is told as such, and so is what is not: the base image by a digest that whoever builds it
gives, the fork by its commit, Python's packages by hashes; Debian's packages are those of the day of the
build.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from harness.errors import UserError
from harness.grading import UNDECIDED, Verdict
from harness.outcome import Severity
from harness.reporting.markup import code, escaped
from harness.reporting.model import CandidateReport
from harness.reporting.wording import count, score_words, verdict_words

DIGEST = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,199}@sha256:[0-9a-f]{64}")
SOURCE, REQUIREMENTS = "source", "requirements.txt"
HOME = "/home/hummingbot"
# What Hummingbot keeps, as upstream's own compose file mounts it.
KEPT = ("conf", "logs", "data", "certs")
MOST_FINDINGS = 12
COMPILERS = "ca-certificates g++ gcc git libusb-1.0-0"


@dataclass(frozen=True)
class Image:
    """What goes in. `repository` is None where the fork's files lie in `source/` instead of being fetched.

    `python` is the version that it was screened with, `base` a Debian image with that by digest, None where
    whoever builds it has to name one.
    """

    report: CandidateReport
    repository: str | None
    commit: str
    python: str
    requirements: str
    base: str | None

    @property
    def minor(self) -> str:
        return ".".join(self.python.split(".")[:2])


def checked_base(text: str) -> str:
    """An image's name with its digest; raises UserError for one without."""
    if not DIGEST.fullmatch(text):
        raise UserError(
            f"{text!r} does not name an image by its digest",
            where="--base",
            hint="write NAME@sha256:…; a tag can later name another image",
        )
    return text


def files(image: Image) -> Mapping[str, str]:
    """Name → contents."""
    return {
        "Dockerfile": dockerfile(image),
        "compose.yml": compose(image),
        REQUIREMENTS: image.requirements,
        ".dockerignore": "\n".join(("*", f"!{REQUIREMENTS}", f"!{SOURCE}", "")),
        "README.md": readme(image),
    }


def dockerfile(image: Image) -> str:
    """Builds as root, runs as a user of its own."""
    base = (
        f"ARG BASE={image.base}"
        if image.base
        else "# No default: name one by digest, see README.md.\nARG BASE"
    )
    lines = [
        base,
        "FROM ${BASE}",
        f"LABEL org.opencontainers.image.revision={image.commit}",
        f"RUN python -c {_quoted(_right_python(image.minor))}",
        f"RUN apt-get update && apt-get install --yes --no-install-recommends {COMPILERS} \\",
        " && rm -rf /var/lib/apt/lists/*",
        f"WORKDIR {HOME}",
        f"COPY {REQUIREMENTS} /tmp/{REQUIREMENTS}",
        f"RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/{REQUIREMENTS}",
        *_source(image),
        "RUN python setup.py build_ext --inplace && rm -rf build",
        f"RUN useradd --home-dir {HOME} hummingbot && mkdir -p {' '.join(KEPT)} \\",
        f" && chown -R hummingbot {HOME}",
        "USER hummingbot",
        'CMD ["python", "bin/hummingbot_quickstart.py"]',
    ]
    return "\n".join(lines) + "\n"


def _right_python(minor: str) -> str:
    wanted = ", ".join(minor.split("."))
    return (
        f'import sys; sys.exit(None if sys.version_info[:2] == ({wanted}) else "the base has another Python")'
    )


def _source(image: Image) -> Sequence[str]:
    if image.repository is None:
        return [f"COPY {SOURCE}/ ./"]
    return [
        f"RUN git init --quiet && git fetch --quiet --depth 1 {_quoted(image.repository)} {image.commit} \\",
        " && git -c advice.detachedHead=false checkout --quiet FETCH_HEAD \\",
        f' && test "$(git rev-parse HEAD)" = {image.commit} && rm -rf .git',
    ]


def _quoted(word: str) -> str:
    """For a shell; Docker itself replaces nothing in RUN."""
    return shlex.quote(word)


def compose(image: Image) -> str:
    """No ports, no privileges, and no default for a base that is not named yet."""
    build: dict[str, object] = {"context": "."}
    if image.base is None:
        build["args"] = {"BASE": "${BASE:?name the base image by digest in .env, see README.md}"}
    name = re.sub(r"[^a-z0-9]+", "-", image.report.candidate.name.lower()).strip("-") or "candidate"
    service = {
        "build": build,
        "image": f"hummingbot-{name}:{image.commit[:12]}",
        "stdin_open": True,
        "tty": True,
        "init": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "volumes": [f"hummingbot-{each}:{HOME}/{each}" for each in KEPT],
    }
    volumes: dict[str, dict[str, str]] = {f"hummingbot-{each}": {} for each in KEPT}
    return yaml.safe_dump({"services": {"hummingbot": service}, "volumes": volumes}, sort_keys=False)


def readme(image: Image) -> str:
    report = image.report
    lines = [
        f"# Hummingbot with {escaped(report.candidate.name)}",
        "",
        "**This trades on the real exchange, with real money.** It is code of a fork that upstream has not "
        "reviewed. It can lose the account's funds, by mistake or on purpose, and it can send your keys "
        "to a stranger. Use a separate account with only what you can lose and a key without withdrawals. To "
        f"watch it without risk: {code(f'harness try {report.candidate.name}')}.",
        "",
        f"{verdict_words(report)}: {escaped(report.reason)} {score_words(report.score).capitalize()}.",
        *_known(report),
        "",
        "## Build and run",
        "",
        *_base(image),
        "```sh",
        "docker compose build",
        "docker compose run --rm hummingbot",
        "docker compose down --volumes   # afterwards: also removes its stored keys",
        "```",
        "",
        "## What is pinned",
        "",
        *_pinned(image),
    ]
    return "\n".join(lines) + "\n"


def _known(report: CandidateReport) -> Sequence[str]:
    """What was found wrong, the gravest first, and how much nobody knows."""
    failed = [finding for severity in Severity for finding in report.failed(severity)]
    lines = [f"- {escaped(each.title or each.requirement)}: {escaped(each.summary)}" for each in failed]
    if (more := len(lines) - MOST_FINDINGS) > 0:
        lines = [*lines[:MOST_FINDINGS], f"- and {more} more in its report"]
    undecided = len(report.with_status(*UNDECIDED))
    if undecided:
        lines.append(f"- {count(undecided, 'requirement')} could not be decided")
    if report.verdict is not Verdict.ELIGIBLE:
        lines.append("- It may not be voted on: think twice before trading with it")
    return ["", "Known problems:", "", *lines] if lines else []


def _base(image: Image) -> Sequence[str]:
    if image.base is not None:
        return []
    tag = f"python:{image.minor}-slim-bookworm"
    return [
        f"First name a Debian image with Python {image.minor} by its digest; a tag can later name another "
        "image. Only a registry knows the digest:",
        "",
        "```sh",
        f"docker pull {tag}",
        f"docker inspect --format 'BASE={{{{index .RepoDigests 0}}}}' {tag} > .env",
        "```",
        "",
        "Then:",
        "",
    ]


def _pinned(image: Image) -> Sequence[str]:
    came = f"fetched from {code(image.repository)}" if image.repository else f"as they lie in {code(SOURCE)}"
    base = f"as {code(image.base)}" if image.base else "by the digest that you give"
    packages = sum(line[:1].isalnum() for line in image.requirements.splitlines())
    return [
        f"- The fork's files at commit {code(image.commit)}, {came}",
        f"- {count(packages, 'Python package')} by version and SHA-256 ({code(REQUIREMENTS)}): those that it "
        f"was screened with, on Python {image.python}",
        f"- The base image, {base}",
        "- Not pinned: Debian's compilers and libraries, and the build tools of packages without wheels: "
        "the versions of the build day",
    ]
