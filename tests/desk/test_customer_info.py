"""What the host knows of a customer: asked when it is looked at, in bounded time, never the end of a page."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from tests.office import Office

from cschat import Actor, AsyncDesk, PanelItem
from cschat import commands as c
from cschat.errors import Conflict, Forbidden, Invalid, NotFound
from cschat.transport import panel
from cschat.transport.panel import CustomerInfo

ORDER = PanelItem("최근 주문", "#1042", url="https://shop.example.com/orders/1042")


@pytest.fixture
def office(memory_office: Office) -> Office:
    return memory_office


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "SECONDS", 0.05)


@pytest.fixture
def hanging(hurry: None) -> Iterator[Any]:
    """A hook that does not come back before the test is over."""
    over = threading.Event()

    def hook(_customer: Any) -> list[PanelItem]:
        over.wait()
        return []

    yield hook
    over.set()


def test_the_hook_is_called_with_the_customer_and_its_items_are_the_answer(office: Office):
    asked = []

    @office.desk.customer_info
    def orders(customer: Any) -> list[PanelItem]:
        asked.append(customer)
        return [ORDER, PanelItem("주문 수", 12)]

    assert office.agent.info_of(office.customer) == CustomerInfo([ORDER, PanelItem("주문 수", "12")])
    assert office.desk.info_of(office.customer.id).items[0] is ORDER
    assert asked == [office.customer] * 2


def test_a_coroutine_may_answer_on_a_desk_that_blocks(office: Office, monkeypatch: pytest.MonkeyPatch):
    calls = []

    @office.desk.customer_info
    async def orders(_customer: Any) -> list[PanelItem]:
        calls.append(1)
        await (anyio.lowlevel.checkpoint() if len(calls) == 1 else anyio.sleep_forever())
        return [ORDER]

    assert office.agent.info_of(office.customer).items == [ORDER]
    monkeypatch.setattr(panel, "SECONDS", 0.05)
    assert office.agent.info_of(office.customer) == CustomerInfo([], "slow")


def test_without_a_hook_or_with_nothing_to_say_there_are_no_items(office: Office):
    assert office.agent.info_of(office.customer) == CustomerInfo([])
    office.desk.customer_info(lambda _customer: None)
    assert office.agent.info_of(office.customer) == CustomerInfo([])


def test_a_hook_that_raises_is_logged_and_told(office: Office, caplog: pytest.LogCaptureFixture):
    @office.desk.customer_info
    def orders(_customer: Any) -> list[PanelItem]:
        raise RuntimeError("the shop is down")

    with caplog.at_level(logging.ERROR, "cschat.panel"):
        assert office.agent.info_of(office.customer) == CustomerInfo([], "failed")
    assert "the shop is down" in caplog.text


@pytest.mark.parametrize("answer", [[("주문", "1")], 5, [ORDER] * 51, "text"], ids=["pairs", "number", "too many", "text"])
def test_a_hook_that_answers_with_something_else_has_failed(office: Office, answer: Any):
    office.desk.customer_info(lambda _customer: answer)
    assert office.agent.info_of(office.customer).trouble == "failed"


def test_a_hook_that_hangs_holds_nobody_up_and_hangs_no_more_than_a_few_threads(office: Office, hanging: Any):
    office.desk.customer_info(hanging)
    before = threading.active_count()
    for _ in range(12):
        assert office.agent.info_of(office.customer) == CustomerInfo([], "slow")
    assert threading.active_count() - before == 8


def test_only_staff_ask_and_only_for_customers_of_theirs(office: Office):
    office.desk.customer_info(lambda _customer: [ORDER])
    with pytest.raises(Forbidden):
        office.visitor.info_of(office.customer)
    elsewhere = office.desk.brand("other").do(c.RegisterCustomer(guest="x"))
    for nobody in (elsewhere, "cus_nowhere"):
        with pytest.raises(NotFound):
            office.agent.info_of(nobody)


def test_a_desk_has_one_hook(office: Office):
    office.desk.customer_info(lambda _customer: [])
    with pytest.raises(Conflict):
        office.desk.brand("other").customer_info(lambda _customer: [])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: PanelItem(" ", "x"), "label"),
        (lambda: PanelItem("x", None), "value"),
        (lambda: PanelItem("x", "\0"), "value"),
        (lambda: PanelItem("x", "y", url="javascript:alert(1)"), "url"),
        (lambda: PanelItem("x", "y", url="//elsewhere"), "url"),
    ],
    ids=["no label", "no value", "no text", "a script", "elsewhere"],
)
def test_an_item_can_be_shown(make: Any, field: str):
    with pytest.raises(Invalid) as caught:
        make()
    assert caught.value.field == field
    assert PanelItem("x", "y", url="/orders/1").url == "/orders/1"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_desk_awaits_the_hook_in_its_own_loop(backend: str, hurry: None):
    async def main() -> None:
        async with AsyncDesk.open("memory:") as desk:
            loop, calls = threading.get_ident(), []
            customer = await desk.do(c.RegisterCustomer(guest="x"))

            @desk.customer_info
            async def orders(_customer: Any) -> list[PanelItem]:
                calls.append(threading.get_ident() == loop)
                if len(calls) == 2:
                    await anyio.sleep_forever()
                if len(calls) == 3:
                    raise RuntimeError("the shop is down")
                return [ORDER]

            assert await desk.info_of(customer) == CustomerInfo([ORDER])
            assert await desk.info_of(customer) == CustomerInfo([], "slow")
            assert await desk.info_of(customer) == CustomerInfo([], "failed")
            assert calls == [True] * 3
            with pytest.raises(Forbidden):
                await desk.acting_as(Actor.guest("x")).info_of(customer)

    anyio.run(main, backend=backend)


def test_an_async_desk_calls_a_plain_hook_in_a_thread(hanging: Any):
    async def main() -> None:
        async with AsyncDesk.open("memory:") as desk:
            customer = await desk.do(c.RegisterCustomer(guest="x"))
            desk.customer_info(hanging)
            assert await desk.info_of(customer) == CustomerInfo([], "slow")

    anyio.run(main)
