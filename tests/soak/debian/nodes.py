"""Three nodes of Patroni, etcd and PostgreSQL, each in a network namespace of its own.

Needs root and Debian's packages `patroni etcd-server postgresql-15 iproute2`. Each
program listens on its node's private address, which only this machine reaches.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil

NET = "10.203.77"  # n1 is .1, the machine itself .254
BRIDGE = "tbha0"
DATABASE = "tokens"
PASSWORD = "only-in-these-namespaces"
BIN = Path("/usr/lib/postgresql/15/bin")
NEEDED = ("patroni", "etcd", "ip", str(BIN / "postgres"))
# Patroni's defaults. A leader that is gone is missed after `ttl` seconds.
TIMES = {"ttl": 30, "loop_wait": 10, "retry_timeout": 10}


def lacking() -> str:
    """What this machine lacks for it; "" where it has all."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid():
        missing.append("root")
    return ", ".join(missing)


def versions() -> str:
    """As docs/operations.md tells them."""
    asked = (("patroni", "--version"), ("etcd", "--version"), (BIN / "postgres", "-V"))
    said = [
        subprocess.run(one, capture_output=True, text=True).stdout.splitlines()[0]
        for one in asked
    ]
    return ", ".join(said)


class Node:
    """`etcd` and `patroni` of one namespace. PostgreSQL is Patroni's child."""

    def __init__(self, number: int, folder: Path) -> None:
        self.name = f"n{number}"
        self.namespace = f"tbha-{self.name}"
        self.link = f"tbha-v{number}"
        self.address = f"{NET}.{number}"
        self.folder = folder / self.name

    def make(self, *, is_synchronous: bool, nodes: Sequence[Node]) -> None:
        _ip("netns", "add", self.namespace)
        _ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0",
            "netns", self.namespace)  # fmt: skip
        _ip("link", "set", self.link, "master", BRIDGE, "up")
        _ip("-n", self.namespace, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            _ip("-n", self.namespace, "link", "set", device, "up")
        self.folder.mkdir(parents=True)
        shutil.chown(self.folder, "postgres", "postgres")
        config = self.folder / "patroni.json"  # YAML takes JSON
        config.write_text(json.dumps(self._config(is_synchronous, nodes)))
        peers = ",".join(f"{n.name}=http://{n.address}:2380" for n in nodes)
        self._run(
            *("etcd", "--name", self.name, "--data-dir", self.folder / "etcd"),
            *("--listen-peer-urls", f"http://{self.address}:2380"),
            *("--initial-advertise-peer-urls", f"http://{self.address}:2380"),
            *("--listen-client-urls", f"http://{self.address}:2379"),
            *("--advertise-client-urls", f"http://{self.address}:2379"),
            *("--initial-cluster", peers, "--initial-cluster-state", "new"),
        )
        self.start()

    def start(self) -> None:
        self._run("patroni", self.folder / "patroni.json")

    def kill(self) -> None:
        """Patroni and PostgreSQL at once; etcd lives."""
        kept = {p.pid for p in psutil.process_iter(["name"]) if p.name() == "etcd"}
        self._kill(pid for pid in self._pids() if pid not in kept)

    def cut_off(self) -> None:
        _ip("link", "set", self.link, "down")

    def join(self) -> None:
        _ip("link", "set", self.link, "up")

    def end(self) -> None:
        self._kill(self._pids())
        _ip("netns", "del", self.namespace, may_fail=True)
        _ip("link", "del", self.link, may_fail=True)

    def _kill(self, pids: Iterable[int]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # its parent took it along
                os.kill(pid, signal.SIGKILL)

    def _pids(self) -> list[int]:
        return [int(pid) for pid in _ip("netns", "pids", self.namespace).split()]

    def _run(self, *command: object) -> None:
        words = [str(word) for word in command]
        with open(self.folder / f"{words[0]}.log", "ab") as log:
            subprocess.Popen(
                ["ip", "netns", "exec", self.namespace, "setpriv", "--reuid=postgres",
                 "--regid=postgres", "--clear-groups", "--", *words],
                stdout=log, stderr=log, cwd="/", start_new_session=True,
                env={**os.environ, "HOME": str(self.folder)},
            )  # fmt: skip

    def _config(self, is_synchronous: bool, nodes: Sequence[Node]) -> dict[str, Any]:
        shared = TIMES | {
            "synchronous_mode": is_synchronous,
            "maximum_lag_on_failover": 1_048_576,
            "postgresql": {"use_pg_rewind": True, "use_slots": True},
        }
        login = {"username": "postgres", "password": PASSWORD}
        return {
            "scope": "tokens",
            "name": self.name,
            "restapi": {
                "listen": f"{self.address}:8008",
                "connect_address": f"{self.address}:8008",
            },
            "etcd3": {"hosts": [f"{node.address}:2379" for node in nodes]},
            "bootstrap": {
                "dcs": shared,
                "initdb": [{"encoding": "UTF8"}, "data-checksums"],
                "pg_hba": [
                    f"host replication all {NET}.0/24 md5",
                    f"host all all {NET}.0/24 md5",
                ],
            },
            "postgresql": {
                "listen": f"{self.address}:5432",
                "connect_address": f"{self.address}:5432",
                "data_dir": str(self.folder / "data"),
                "bin_dir": str(BIN),
                "authentication": {"superuser": login, "replication": login},
                "parameters": {"unix_socket_directories": str(self.folder)},
            },
        }


class Nodes:
    """The three of them, as long as the `with` block lasts."""

    def __init__(self, folder: Path, *, is_synchronous: bool) -> None:
        self.folder = folder
        self.each = [Node(number, folder) for number in (1, 2, 3)]
        self._is_synchronous = is_synchronous

    def __enter__(self) -> Nodes:
        self.__exit__()  # what a run left that was ended by force
        try:
            _ip("link", "add", BRIDGE, "type", "bridge")
            _ip("addr", "add", f"{NET}.254/24", "dev", BRIDGE)
            _ip("link", "set", BRIDGE, "up")
            for node in self.each:
                node.make(is_synchronous=self._is_synchronous, nodes=self.each)
            if not wait_until(self.is_whole, at_most=180):
                raise RuntimeError(f"no leader with two replicas: see {self.folder}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.each:
            if (Path("/run/netns") / node.namespace).exists():
                node.end()
        _ip("link", "del", BRIDGE, may_fail=True)

    @property
    def database_url(self) -> str:
        hosts = ",".join(node.address for node in self.each)
        return (
            f"postgres://postgres:{PASSWORD}@/{DATABASE}?host={hosts}"
            "&port=5432,5432,5432&target_session_attrs=read-write"
        )

    def leader(self) -> Node | None:
        """Who says so of itself and is reached; None where there is none, or two."""
        found = [node for node in self.each if self._says(node, "primary")]
        return found[0] if len(found) == 1 else None

    def is_whole(self) -> bool:
        """One leader, two replicas, and where it is asked for a synchronous one."""
        leader = self.leader()
        if leader is None:
            return False
        others = [node for node in self.each if node is not leader]
        if not all(self._says(node, "replica?lag=1MB") for node in others):
            return False
        return not self._is_synchronous or any(
            self._says(node, "sync") for node in others
        )

    def make_database(self) -> None:
        leader = self.leader()
        assert leader is not None
        subprocess.run(
            [BIN / "createdb", "-h", leader.address, "-U", "postgres", DATABASE],
            env={**os.environ, "PGPASSWORD": PASSWORD}, check=True,
        )  # fmt: skip

    def _says(self, node: Node, what: str) -> bool:
        try:
            answer = httpx.get(f"http://{node.address}:8008/{what}", timeout=1)
        except httpx.TransportError:
            return False
        return answer.status_code == 200


def wait_until(happens: Callable[[], bool], *, at_most: float) -> bool:
    """False when it did not happen in so many seconds."""
    until = time.monotonic() + at_most
    while not happens():
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def _ip(*words: str, may_fail: bool = False) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode and not may_fail:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
