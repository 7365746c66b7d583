"""`make run` opens a shop with its desk, and ends when it is told to."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from tests.examples.people import Browser
from tests.examples.serving import PATIENCE, ROOT

from cschat import Desk
from cschat import queries as q

pytestmark = pytest.mark.slow


class Run:
    """`make run` in a folder, from the line that says where the shop is."""

    def __init__(self, folder: Path) -> None:
        make = ["make", "--no-print-directory", "run", "--assume-old=.venv/.ready", f"BIN={Path(sys.executable).parent}"]
        self.make = subprocess.Popen(
            make, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", start_new_session=True
        )
        watchdog = threading.Timer(2 * PATIENCE, os.killpg, [self.make.pid, signal.SIGKILL])
        watchdog.start()
        self.said = ""
        while "Ctrl+C" not in self.said:
            line = self.make.stdout.readline()
            assert line, self.said
            self.said += line
        watchdog.cancel()
        self.address = re.search(r"(http://127\.0\.0\.1:\d+)/\n", self.said)[1]

    def end(self) -> None:
        """As CI ends a process."""
        self.make.terminate()
        self._ended()

    def interrupt(self) -> None:
        """As a terminal does: Ctrl+C goes to all that run in it."""
        os.killpg(self.make.pid, signal.SIGINT)
        self._ended()

    def _ended(self) -> None:
        try:
            more, _ = self.make.communicate(timeout=PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.make.pid, signal.SIGKILL)
        assert "Traceback" not in more, more


@pytest.fixture
def folder(tmp_path):
    """A checkout in which nothing has been made yet."""
    for name in ("Makefile", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def test_make_run_opens_a_shop_that_keeps_what_is_done_in_it(folder):
    with ExitStack() as closing:
        with suppress(OSError):  # somebody has taken the usual port already
            closing.enter_context(socket.create_server(("127.0.0.1", 8000)))
        run = Run(folder)
    try:
        assert not run.address.endswith(":8000")
        for path in re.findall(rf"{run.address}(/\S*)", run.said):
            with Browser(run.address) as mina:
                mina.sign_in("mina")
                assert mina.http.get(path).status_code == 200, path
        with Browser(run.address) as mina, Browser(run.address) as suji:
            mina.sign_in("mina")
            mina.work()
            counts = mina.ask("CountsByState")
            assert {state: counts[state] for state in ("queued", "active", "intake")} == {"queued": 1, "active": 1, "intake": 1}
            assert counts["closed"] > 50

            suji.sign_in("suji")
            suji.enter(member=suji.member_token())
            with suji.listening() as news:
                session = suji.do("OpenSession", text="배송이 궁금해요")["id"]
                suji.do("SendMessage", session=session, text="1042")
                said = (event["body"]["content"]["text"] for event in news if event["type"] == "MessageSent")
                assert any("구름 머그 주문은 배송중 상태예요" in text for text in said)
    finally:
        run.end()
    again = Run(folder)
    try:
        assert "gets ready" not in again.said
        with Browser(again.address) as mina:
            mina.sign_in("mina")
            mina.work()
            assert mina.ask("GetSession", session=session)["state"] == "bot"
    finally:
        again.interrupt()
    with Desk.open(f"sqlite:///{folder}/build/demo/support.db", brand="shop") as desk:
        assert desk.ask(q.SelfCheck()) == []
