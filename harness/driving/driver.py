"""Drive a connector in the sandbox: what checks hold in their hands.

Everything read through here is CLAIMED by a process that the code under test shares. Times and time-outs are
virtual seconds unless said otherwise; amounts and prices are Decimals.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.clock import ScaledClock
from harness.driving import claims
from harness.driving.connector import PATIENCE, Connector, parse
from harness.driving.irregular import Irregularities
from harness.driving.relay import Relay
from harness.driving.rpc_client import (
    ConnectorError,
    ConnectorGone,
    RpcClient,
)
from harness.frameworks.runtime import INSIDE, Runtime
from harness.sandbox.identity import PLAIN, SandboxIdentity
from harness.sandbox.protocol import Backend, Job, Limits, Mount

LIMITS = Limits(output_bytes=256 << 20, cpu_seconds=1800, wall_seconds=1800, processes=256)
WARM_PATIENCE = 120.0  # real seconds


class Driver:
    """One warm process in one sandbox: the framework and one connector imported, ready to fork scenarios.

    `gateway` is the gateway's socket (None: no way out at all); gateways may follow one another there.
    `ca` is the file with the certificate to trust. Used as a context manager, or `close()`d. Starts on first
    use, and again after its process was lost.
    """

    def __init__(
        self,
        backend: Backend,
        runtime: Runtime,
        connector: str,
        *,
        clock: ScaledClock,
        gateway: Path | None = None,
        ca: Path | None = None,
        limits: Limits = LIMITS,
        identity: SandboxIdentity = PLAIN,
    ) -> None:
        self._backend = backend
        self._runtime = runtime
        self._connector = connector
        self._clock = clock
        self._relay = None if gateway is None else Relay(gateway)
        self._ca = ca
        self._limits = limits
        self._identity = identity
        self._rpc: RpcClient | None = None
        self._warmed: claims.Warmed | None = None
        self._names = itertools.count(1)
        self._irregular = Irregularities()

    @property
    def irregularities(self) -> tuple[str, ...]:
        """What was said in the driver's name, in any of its processes, that it never says. Observed by us."""
        return self._irregular.all()

    @property
    def printed(self) -> str:
        """The end of what its processes wrote to stdout and stderr. Claimed."""
        return "" if self._rpc is None else self._rpc.printed

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm(self) -> claims.Warmed:
        """Start the process and import the connector, unless that is done.

        Raises ConnectorError with the traceback when the import fails.
        """
        if self._rpc is not None and self._rpc.over:
            self._kill()
        if self._rpc is None:
            self._rpc = RpcClient(self._backend.start(self._job()), self._irregular)
            self._warmed = None
        if self._warmed is None:
            said = self._rpc.ask(
                "warm", timeout=WARM_PATIENCE, generation=self._runtime.generation, connector=self._connector
            )
            self._warmed = parse(claims.Warmed, said, "warm")
        return self._warmed

    @contextmanager
    def scenario(
        self,
        pairs: Iterable[str],
        credentials: dict[str, str] | None = None,
        *,
        trading_required: bool = True,
        clock: ScaledClock | None = None,
        tick_size: float = 1.0,
    ) -> Iterator[Connector]:
        """A connector constructed in a fresh process, not started; its process is ended on leaving.

        `clock` is for this scenario alone, say a skewed one. Raises ConnectorError when construction fails.
        """
        self.warm()
        rpc = self._rpc
        assert rpc is not None  # noqa: S101 - warm() made it
        pace = clock or self._clock
        name = f"s{next(self._names)}"
        rpc.ask("open", scenario=name, timeout=PATIENCE, clock=pace.stretch)
        try:
            connector = Connector(rpc, name, pace)
            connector.construct(tuple(pairs), credentials or {}, trading_required, tick_size)
            yield connector
        finally:
            self._end(rpc, name)

    def close(self) -> None:
        self._kill()
        if self._relay is not None:
            self._relay.close()

    def _kill(self) -> None:
        if self._rpc is not None:
            self._rpc.kill()
            self._rpc = None

    def _end(self, rpc: RpcClient, name: str) -> None:
        """End a scenario; a driver too stuck for that is ended whole and starts anew next time."""
        try:
            rpc.ask("close", timeout=PATIENCE, scenario=name)
        except ConnectorGone:
            return
        except ConnectorError:
            rpc.kill()

    def _job(self) -> Job:
        folder, package = self._identity.folder, self._identity.package
        mounts = [*self._runtime.mounts, Mount(INSIDE, f"{folder}/{package}")]
        env = {**self._runtime.env, "PYTHONPATH": f"{folder}:{self._runtime.env['PYTHONPATH']}"}
        if self._ca is not None:
            trusted = f"{folder}/ca-certificates.crt"
            mounts += [Mount(self._ca, path) for path in (trusted, *self._runtime.certificate_files)]
            env |= {"SSL_CERT_FILE": trusted, "REQUESTS_CA_BUNDLE": trusted}
        return Job(
            argv=(self._runtime.python, "-m", f"{package}.driver"),
            mounts=tuple(mounts),
            env=env,
            limits=self._limits,
            gateway=None if self._relay is None else self._relay.path,
        )
