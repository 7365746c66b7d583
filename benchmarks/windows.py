"""A customer's page and an agent's, in two real browsers, and how long a text takes from one to the other.

Times are taken in the pages: when Enter is pressed, and when the text stands in the other page.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

__all__ = ["Windows", "opened"]

_CLOCK = """
    window.now = () => performance.timeOrigin + performance.now();
    addEventListener('keydown', (event) => { if (event.key === 'Enter') window.pressed = window.now(); }, true);
    window.comes = (text) => new Promise((done) => {
        const root = document.querySelector('cschat-widget')?.shadowRoot ?? document.body;
        const said = () => [...root.querySelectorAll('.bubble')].some((one) => one.textContent.includes(text));
        const seen = new MutationObserver(() => said() && (seen.disconnect(), done(window.now())));
        seen.observe(root, { subtree: true, childList: true, characterData: true });
    });
"""


class Windows:
    """Both pages, in one conversation."""

    def __init__(self, home: Any, work: Any) -> None:
        self._home, self._work = home, work

    async def begin(self) -> None:
        """The customer asks, the agent claims."""
        await self._home.locator("cschat-widget .launcher").click()
        await self._home.locator("cschat-widget .start").click()
        await self._say(self._home, "여기요")
        await self._work.locator(".row", has_text="여기요").click()
        await self._work.get_by_role("button", name="상담으로 변경").click()
        await self._home.locator("cschat-widget .line", has_text="연결되었어요").wait_for()

    async def _say(self, page: Any, text: str) -> None:
        field = page.locator("cschat-widget .composer-text" if page is self._home else ".composer-field")
        await field.fill(text)
        await field.press("Enter")

    async def milliseconds(self, text: str, *, by_customer: bool) -> float:
        """How long this text takes."""
        speaker, hearer = (self._home, self._work) if by_customer else (self._work, self._home)
        coming = await hearer.evaluate_handle("(text) => ({ at: window.comes(text) })", text)
        await self._say(speaker, text)
        at = await coming.evaluate("(coming) => coming.at")
        return float(at - await speaker.evaluate("window.pressed"))


@asynccontextmanager
async def opened(address: str, *, user: str) -> AsyncGenerator[Windows]:
    """A guest's window on a page of a host, and the workspace of `user`, whom a header names."""
    from playwright.async_api import async_playwright

    page = f'<!doctype html><meta charset="utf-8"><title>상점</title><script src="{address}/shop/widget.js" async></script><p>상점</p>'
    async with async_playwright() as playwright:
        browsers = [await playwright.chromium.launch(executable_path=shutil.which("chromium")) for _ in range(2)]
        try:
            places = [await browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 800}) for browser in browsers]
            for place in places:
                await place.add_init_script(_CLOCK)
            await places[0].route("**/host.html", lambda route: route.fulfill(body=page, content_type="text/html"))
            await places[1].set_extra_http_headers({"X-User": user})
            home, work = [await place.new_page() for place in places]
            await home.goto(f"{address}/host.html")
            await work.goto(f"{address}/shop/workspace/lists/queue")
            yield Windows(home, work)
        finally:
            for browser in browsers:
                await browser.close()
