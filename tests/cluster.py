"""A PostgreSQL of a test's own, to be stopped, crashed and started again.

May: run PostgreSQL's programs in a temporary folder, on a free port of this machine. May not: touch any other PostgreSQL.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.needs import need

_DEBIAN = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """Where `initdb` and `postgres` are: beside what is in the path, or where Debian puts them."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(_DEBIAN.glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Cluster:
    """It runs as `postgres` where the tests run as root, which PostgreSQL refuses to be."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._data = folder / "data"
        self._user = "postgres" if os.geteuid() == 0 else None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"postgresql://cschat@127.0.0.1:{self._port}/postgres"
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "--username=cschat", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._data), *arguments]
        subprocess.run(command, user=self._user, check=True, cwd="/", stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Returns when it answers."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=16MB"
        self._run("pg_ctl", "-w", "-s", "-l", str(self._data / "log"), "-o", options, "start")

    def stop(self) -> None:
        """As an operator does who has no time: whatever runs is broken off."""
        self._run("pg_ctl", "-w", "-s", "-m", "fast", "stop")

    def crash(self) -> None:
        """Nothing is tidied up or written out: the next start has to recover from the write-ahead log."""
        self._run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")

    def close(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self.crash()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A fresh one that runs. Skips the test where PostgreSQL is not installed."""
    found = programs()
    need(found is not None, "PostgreSQL's programs (Debian: postgresql)")
    assert found is not None
    folder = Path(tempfile.mkdtemp(prefix="cschat-pg-"))
    one = Cluster(found, folder)
    try:
        one.start()
        yield one
    finally:
        one.close()
        shutil.rmtree(folder)
