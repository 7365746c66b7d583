"""The example apps: put together in an empty folder from what their pages show, and served as their pages say.

May: write files, start servers. May not: know what an app does.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
APPS = ("flask", "django", "starlette")
_FILE = re.compile(r"^\*\*`(\S+)`\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BIND = {"gunicorn": "--no-control-socket --graceful-timeout 1 --bind fd://{}", "uvicorn": "--fd {}"}
PATIENCE = 60
"""Seconds that a server has to start, and to end."""


@attrs.frozen
class App:
    """An app in its folder, with all that its page says is done before it is served."""

    folder: Path
    environment: Mapping[str, str]
    command: str

    def by(self, module: str) -> App:
        """The same folder, with another module served."""
        return attrs.evolve(self, command=self.command.replace("shop:app", module))

    def start(self, place: socket.socket) -> subprocess.Popen[str]:
        """Its server, on a socket that is open already: whoever calls before it is up waits in the line."""
        program = shlex.split(f"{self.command} {_BIND[self.command.split()[0]].format(place.fileno())}")
        return subprocess.Popen(
            [sys.executable, "-m", *program],
            cwd=self.folder,
            env=self.environment,
            pass_fds=[place.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its address, for as long as the block lasts. It is told to end as a machine would tell it, and must do so."""
        with socket.create_server(("127.0.0.1", 0)) as place:
            address = "http://{}:{}".format(*place.getsockname())
            started = self.start(place)
        try:
            yield address
        finally:
            started.send_signal(signal.SIGTERM)
            try:
                said, _ = started.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                started.kill()
                said, _ = started.communicate()
                raise AssertionError(f"{self.command} did not end when it was told to: {said}") from None
            print(said)  # pytest shows it beside a failure
        assert "Traceback" not in said, said
        assert started.returncode in {0, -signal.SIGTERM}, started.returncode


def page_of(app: str) -> str:
    return (ROOT / "docs" / "howto" / f"{app}.md").read_text(encoding="utf-8")


def files_on(page: str) -> dict[str, str]:
    """The files that a page shows, each below its name."""
    return dict(_FILE.findall(page))


def built(app: str, folder: Path) -> App:
    """What a reader has who has followed the page of an app, up to the line that serves it."""
    page = page_of(app)
    for name, text in files_on(page).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    typed = [line.removeprefix("$ ") for block in _CONSOLE.findall(page) for line in block.splitlines()]
    exports = [line for line in typed if line.startswith("export ")]
    *prepare, serve = [line for line in typed if not line.startswith(("export ", "pip "))]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    told = "python -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    environment = json.loads(_run(["bash", "-ec", "\n".join([*exports, told])], folder, environment))
    for line in prepare:
        _run(["bash", "-ec", line], folder, environment)
    return App(folder, environment, serve)


def _run(program: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
