"""How tasks of asyncio and trio wait for a store."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest
import trio

from cschat import loops
from cschat.storage.memory import MemoryStore
from cschat.testing.things import add_one, answer, transact

WAIT = 30


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Any:
    return {"asyncio": lambda function: asyncio.run(function()), "trio": trio.run}[request.param]


def test_a_loop_that_is_over_is_forgotten(run: Any) -> None:
    """A host that runs a loop for each request must not keep them all."""
    store = MemoryStore()
    held = len(loops._asyncio_loops) + len(loops._trio_loops)

    async def once() -> int:
        return await answer(store, add_one("thg_1"))

    assert [run(once) for _ in range(20)] == list(range(1, 21))
    gc.collect()
    assert len(loops._asyncio_loops) + len(loops._trio_loops) <= held + 1
    store.close()


def test_a_call_reaches_the_loop_and_later_nobody(run: Any) -> None:
    kept: list[Any] = []

    async def hear() -> None:
        loop = loops.current()
        kept.append(loop)
        heard = trio.Event() if isinstance(loop, loops._Trio) else asyncio.Event()
        threading.Thread(target=loop.call, args=(heard.set,)).start()
        await asyncio.wait_for(heard.wait(), WAIT) if isinstance(heard, asyncio.Event) else await heard.wait()
        assert loops.current() is loop

    run(hear)
    kept[0].call(pytest.fail)
    kept[0].soon(pytest.fail)
    gc.collect()
    kept[0].call(pytest.fail)
    kept[0].soon(pytest.fail)


def test_who_is_not_waited_for_any_more_harms_nobody(run: Any) -> None:
    """The loop ends while its work is under way: the work is committed, and the store goes on."""
    store = MemoryStore()
    inside, gate = threading.Event(), threading.Event()

    def slow(tx: Any) -> int:
        inside.set()
        assert gate.wait(WAIT)
        return add_one("thg_1")(tx)

    async def leave() -> None:
        loop = loops.current()
        store.submit(add_one("thg_1"), brand="b", waker=loop)  # type: ignore[arg-type]

    holder = threading.Thread(target=transact, args=(store, slow))
    holder.start()
    assert inside.wait(WAIT)
    run(leave)
    gate.set()
    holder.join()
    assert {transact(store, add_one("thg_1")), transact(store, add_one("thg_1"))} == {2, 4}, "and the one that was left behind: 3"
    store.close()
