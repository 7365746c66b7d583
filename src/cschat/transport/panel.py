"""What the host knows of a customer, shown beside a talk: asked when an agent looks, in bounded time, and never stored.

May: call the host's hook and hand on what it says. May not: keep it, or fail because of it.
"""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import attrs

from cschat.core.fields import line, site_address
from cschat.core.people import Customer
from cschat.errors import Conflict, Invalid

__all__ = ["SECONDS", "CustomerInfo", "Hook", "Panel", "PanelItem"]

SECONDS = 2.0
"""How long a hook has."""
_AT_ONCE = 8
"""So many calls of a hook that blocks may hang before no more are begun."""
_MAX_ITEMS = 50

_log = logging.getLogger("cschat.panel")


def _text(value: Any) -> Any:
    return str(value) if type(value) in (int, float) else value


def _url(_item: object, field: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None:
        site_address(value, field.name)


@attrs.frozen
class PanelItem:
    """One line about a customer: a label, a value (a number is taken for its digits), and where to look further (https, or "/...")."""

    label: str = attrs.field(validator=line(limit=100, required=True))
    value: str = attrs.field(converter=_text, validator=line(limit=2000))
    url: str | None = attrs.field(default=None, validator=_url)


@attrs.frozen
class CustomerInfo:
    """What the host's hook said. `trouble` is None; or "slow": it took too long; "failed": it raised, or answered with something else."""

    items: list[PanelItem]
    trouble: str | None = None


Hook = Callable[[Customer], "Iterable[PanelItem] | Awaitable[Iterable[PanelItem]]"]
"""Called with the `Customer`; answers with at most 50 items. May be a coroutine function."""


class Panel:
    """The hook of one desk, if it has one."""

    def __init__(self) -> None:
        self._hook: Hook | None = None
        self._free = threading.Semaphore(_AT_ONCE)

    def add(self, hook: Hook) -> None:
        """Register it. `Conflict` if there is one."""
        if self._hook is not None:
            raise Conflict("this desk has a hook for customer_info already")
        self._hook = hook

    def ask(self, customer: Customer) -> CustomerInfo:
        """What the hook says, after `SECONDS` at most. A hook that takes longer is left to itself."""
        hook = self._hook
        if hook is None:
            return CustomerInfo([])
        if not self._free.acquire(blocking=False):
            return CustomerInfo([], "slow")
        found: list[CustomerInfo] = []

        def run() -> None:
            try:
                found.append(_asked(hook, customer))
            except Exception:  # noqa: BLE001  (whatever a host's hook raises is its failure; it is logged)
                found.append(_failed(customer))
            finally:
                self._free.release()

        thread = threading.Thread(target=run, name="cschat-panel", daemon=True)
        thread.start()
        thread.join(SECONDS)
        return found[0] if found else CustomerInfo([], "slow")

    async def wait(self, customer: Customer) -> CustomerInfo:
        """As `ask`. A coroutine function runs in the calling loop, any other in a thread."""
        import anyio

        hook = self._hook
        if not inspect.iscoroutinefunction(hook):
            return await anyio.to_thread.run_sync(lambda: self.ask(customer))
        try:
            return await _awaited(hook(customer))
        except Exception:  # noqa: BLE001  (whatever a host's hook raises is its failure; it is logged)
            return _failed(customer)


def _asked(hook: Hook, customer: Customer) -> CustomerInfo:
    answer = hook(customer)
    if not inspect.isawaitable(answer):
        return _checked(answer)
    import anyio

    return anyio.run(_awaited, answer)


async def _awaited(answer: Awaitable[Any]) -> CustomerInfo:
    import anyio

    with anyio.move_on_after(SECONDS):
        return _checked(await answer)
    return CustomerInfo([], "slow")


def _checked(answer: Any) -> CustomerInfo:
    items: list[PanelItem] = list(answer or ())
    if len(items) > _MAX_ITEMS or not all(isinstance(item, PanelItem) for item in items):
        raise Invalid(field="customer_info", reason="must answer with PanelItems", allowed=[f"at most {_MAX_ITEMS}"])
    return CustomerInfo(items)


def _failed(customer: Customer) -> CustomerInfo:
    _log.exception("customer_info of %s failed", customer.id, extra={"customer": customer.id, "brand": customer.brand})
    return CustomerInfo([], "failed")
