"""Pages with the widget on them, in a real browser, and what a customer does there.

May: open pages, look, press. May not: know the desk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

_REPORT = """addEventListener('securitypolicyviolation', (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`))"""
_NETWORK = ("Failed to load resource", "net::ERR")
_SCREEN = {"width": 1100, "height": 800}


@contextmanager
def browsing(browser: Browser, **settings: Any) -> Iterator[BrowserContext]:
    """A browser's profile of its own. What a page complains of (the policy's violations are among it) fails the test."""
    context = browser.new_context(**{"viewport": _SCREEN, "locale": "ko-KR", "timezone_id": "Asia/Seoul"} | settings)
    context.set_default_timeout(10_000)
    context.add_init_script(_REPORT)
    troubles: list[str] = []
    context.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    context.on("weberror", lambda raised: troubles.append(str(raised.error)))
    try:
        yield context
    finally:
        context.close()
    assert [trouble for trouble in troubles if not any(word in trouble for word in _NETWORK)] == []


@attrs.frozen
class Window:
    """The widget on one page."""

    page: Page

    @classmethod
    def at(cls, context: BrowserContext, address: str) -> Window:
        """A new tab."""
        page = context.new_page()
        page.goto(address)
        return cls(page)

    def find(self, selector: str, text: str | None = None) -> Locator:
        """Something in the widget's shadow tree."""
        found = self.page.locator(f"cschat-widget {selector}")
        return found if text is None else found.filter(has_text=text)

    def open(self) -> Window:
        self.find(".launcher").click()
        return self

    def start(self) -> Window:
        """From the launcher to an empty conversation."""
        self.open()
        self.find(".start").click()
        self.find(".composer-text").wait_for()
        return self

    def say(self, text: str) -> Window:
        self.find(".composer-text").fill(text)
        self.find(".composer-text").press("Enter")
        return self

    def shows(self, selector: str, text: str | None = None) -> Locator:
        """Wait until something is there to be seen."""
        found = self.find(selector, text).first
        found.wait_for()
        return found

    def bubbles(self) -> list[str]:
        """What stands in the bubbles, from above."""
        return self.find(".bubble").all_inner_texts()

    @property
    def focused(self) -> str:
        """The class of what has the focus within the widget; "" if it is elsewhere."""
        script = "document.activeElement?.shadowRoot?.activeElement?.className ?? ''"
        return str(self.page.evaluate(script))
