"""What a test needs of the machine, beyond Python.

May: skip a test with one line that says what is missing; fail it where nothing may be missing (CI sets `CSCHAT_NEEDS_ALL`).
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

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
