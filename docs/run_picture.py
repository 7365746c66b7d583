"""Makes `docs/images/run.png`, the picture of what `make run` opens: `python docs/run_picture.py`.

A customer with the widget, and the agent who answers her, side by side. It needs Debian's `chromium` and a Korean font. The picture is not
made anew by anything else: do so when widget or workspace look otherwise.
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from cschat import Actor, Desk, events
from cschat import commands as c
from cschat import queries as q

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images" / "run.png"
HEIGHT = 780
SHOP_WIDTH, WORKSPACE_WIDTH = 500, 1280
SIDE_BY_SIDE = """<!doctype html><style>
  body {{ margin: 0; padding: 28px; display: flex; gap: 28px; width: max-content; background: #e6edf4; }}
  img {{ display: block; border-radius: 14px; box-shadow: 0 10px 24px rgb(20 40 70 / .16); }}
</style><img src="data:image/png;base64,{shop}"><img src="data:image/png;base64,{workspace}">"""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The demo in a folder of its own; its address."""
    program = [sys.executable, str(ROOT / "examples" / "demo" / "run.py")]
    with subprocess.Popen(program, cwd=folder, stdout=subprocess.PIPE, text=True, encoding="utf-8") as demo:  # noqa: S603  (ours)
        assert demo.stdout is not None
        try:
            yield next(found[1] for line in demo.stdout if (found := re.search(r"(http://\S+)/$", line)))
        finally:
            demo.terminate()


def conversation(desk: Desk) -> str:
    """A member asks the bot, then a person, who answers. The session."""
    (mina,) = (agent for agent in desk.ask(q.Agents()) if agent.user_id == "mina")
    suji, agent = desk.acting_as(Actor.member("suji")), desk.acting_as(Actor.agent(mina))
    session = suji.do(c.OpenSession(text="배송이 궁금해요")).id
    position = desk.position()
    suji.do(c.SendMessage(session, text="1042"))
    answers = (event.body for event in suji.watch(after=position, session=session, types=[events.MessageSent], timeout=20))
    next(said for said in answers if said.author == "bot")
    suji.do(c.SendMessage(session, text="상담사와 이야기할래요"))
    agent.do(c.ClaimSession(session))
    agent.do(c.SendMessage(session, text="안녕하세요 수지님, 민아입니다. 구름 머그는 내일 오후에 도착해요."))
    suji.do(c.SendMessage(session, text="선물이라 포장도 되어 있을까요?"))
    agent.do(c.AddNote(session, text="창고에 확인: 선물 포장으로 나감"))
    agent.do(c.SendMessage(session, text="네, 리본까지 묶어서 보내 드렸어요 🎁"))
    return session


def signed_in(browser: Browser, address: str, user: str, width: int) -> Page:
    """A window of somebody who is signed in."""
    page = browser.new_context(viewport={"width": width, "height": HEIGHT}, locale="ko-KR", timezone_id="Asia/Seoul").new_page()
    page.goto(f"{address}/login")
    page.fill("[name=user]", user)
    page.fill("[name=password]", user)
    page.click("button")
    return page


def pictures(browser: Browser, address: str, session: str) -> dict[str, str]:
    """Both windows, as data."""
    shop = signed_in(browser, address, "suji", SHOP_WIDTH)
    shop.get_by_role("button", name="상담").click()
    shop.get_by_text("리본까지 묶어서").click()
    shop.get_by_text("선물이라 포장도").wait_for()
    workspace = signed_in(browser, address, "mina", WORKSPACE_WIDTH)
    workspace.goto(f"{address}/desk/shop/workspace/sessions/{session}")
    workspace.get_by_text("창고에 확인").wait_for()
    taken = {}
    for name, page in (("shop", shop), ("workspace", workspace)):
        page.wait_for_timeout(1500)  # what moves has come to rest
        taken[name] = base64.b64encode(page.screenshot(animations="disabled")).decode()
    return taken


def main() -> None:
    """Write the picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as address,
        Desk.open(f"sqlite:///{folder}/build/demo/support.db", brand="shop") as desk,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page()
        page.set_content(SIDE_BY_SIDE.format(**pictures(browser, address, conversation(desk))))
        page.locator("body").screenshot(path=TARGET)


if __name__ == "__main__":
    main()
