"""What a test needs of the machine, beyond Python.

May: skip a test with one line that says what is missing; fail it where nothing may be missing (CI sets `CSCHAT_NEEDS_ALL`).
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec

import pytest

from cschat.kinds import KINDS
from cschat.storage.tables import table_name


def need(there: bool, what: str) -> None:
    """Skip the test unless `what` is there."""
    if not there:
        (pytest.fail if os.environ.get("CSCHAT_NEEDS_ALL") else pytest.skip)(f"needs {what}")


def need_korean_font() -> None:
    """Skip the test unless there is a font with Hangul (Debian: fonts-noto-cjk)."""
    command = shutil.which("fc-list")
    fonts = "" if command is None else subprocess.run([command, ":lang=ko"], capture_output=True, text=True, check=True).stdout
    need(bool(fonts.strip()), "a Korean font (Debian: fontconfig and fonts-noto-cjk)")


def chromium() -> str:
    """The browser that pages are tried in. Skips the test unless there is one, and Playwright to drive it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    need(found is not None, "Chromium (Debian: chromium)")
    need(find_spec("playwright") is not None, "Playwright (the dependency group browser)")
    assert found is not None
    return found


@cache
def _postgres() -> str | None:
    """A database in which tests may make schemas of their own, and drop them: where CSCHAT_POSTGRES says, or the one at the usual place of
    this machine, or one that is started for this run.
    """
    import psycopg
    from tests.cluster import cluster, programs

    address = os.environ.get("CSCHAT_POSTGRES", "postgresql://127.0.0.1:5432/test")
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.OperationalError:
        if "CSCHAT_POSTGRES" in os.environ or programs() is None:
            return None
        running = ExitStack()
        atexit.register(running.close)
        return running.enter_context(cluster()).url
    return address


def postgres() -> str:
    """The address of that database. Skips the test if there is none."""
    address = _postgres()
    need(address is not None, "PostgreSQL, installed (Debian: postgresql) or where CSCHAT_POSTGRES says")
    return str(address)


@contextmanager
def postgres_schema() -> Iterator[str]:
    """The URL of a fresh schema, which is dropped in the end. Skips the test unless PostgreSQL answers."""
    import psycopg

    address = postgres()
    schema = f"cschat_test_{secrets.token_hex(6)}"
    try:
        yield f"{address}{'&' if '?' in address else '?'}schema={schema}"
    finally:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def empty(url: str) -> None:
    """Empty the tables of a desk's schema: quicker than a fresh one."""
    import psycopg

    schema = url.rpartition("=")[2]
    tables = [table_name(kind) for kind in KINDS] + ["cschat_event", "cschat_text", "cschat_text_block"]
    statements = [f"SET search_path TO {schema}", *(f"DELETE FROM {table}" for table in tables)]
    statements += ["UPDATE cschat_log SET position = 0", "UPDATE cschat_text_reach SET position = 0, form = 0"]
    with psycopg.connect(postgres(), autocommit=True) as connection:
        if connection.execute("SELECT to_regclass(%s)", (f"{schema}.cschat_log",)).fetchone() != (None,):
            connection.execute("; ".join(statements))


REDIS = os.environ.get("CSCHAT_REDIS", "redis://127.0.0.1:6379/0")
"""A Redis in which tests may use channels of their own."""


@cache
def _redis_answers() -> bool:
    try:
        import redis

        redis.Redis.from_url(REDIS, socket_timeout=3, socket_connect_timeout=3).ping()
    except Exception:  # noqa: BLE001  (whatever it is: there is none)
        return False
    return True


def redis_channel() -> str:
    """The URL of a channel that nobody else uses. Skips the test unless Redis answers."""
    need(_redis_answers(), f"Redis at {REDIS} (or where CSCHAT_REDIS says)")
    return f"{REDIS}?channel=cschat-test-{secrets.token_hex(6)}"


class OwnRedis:
    """A Redis server of the test's own, on a free port; it keeps nothing."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        need(program is not None, "redis-server")
        self._program = str(program)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        import redis
        from redis.backoff import ConstantBackoff
        from redis.retry import Retry

        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([self._program, *options], stdout=subprocess.DEVNULL, cwd="/")
        client = redis.Redis.from_url(self.url, retry=Retry(ConstantBackoff(0.02), 500))
        client.ping()
        client.close()

    def kill(self) -> None:
        """Kill it, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
