"""The laws of a store that many use at once: threads, tasks of asyncio and trio, processes.

May: be inherited by `StoreSuite`. May not: sleep, or depend on who is quicker.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from cschat.core.records import evolve
from cschat.errors import Conflict, StoreClosed, VersionConflict
from cschat.storage.protocol import Store, Transaction
from cschat.testing.child import Child
from cschat.testing.things import DOORS, WAIT_SECONDS, Door, Reopen, Thing, add_one, answer, append, put, said, transact

__all__ = ["ChangeBehind", "Crowd"]

ChangeBehind = Callable[[Transaction, Thing], None]


class Crowd:
    """What holds for many callers at once."""

    # ------------------------------------------------------------------------------------------------ nothing is lost

    def test_no_update_is_lost(self, store: Store, door: Door) -> None:
        sums = door(store, [add_one("thg_1")] * 200, lanes=8)
        assert sorted(sums) == list(range(1, 201))
        assert store.read(lambda tx: tx.get(Thing, "thg_1").n) == 200
        assert [seq for seq, _ in said(store, "thg_1")] == list(range(1, 201))

    def test_threads_and_tasks_of_every_loop_share_a_store(self, store: Store) -> None:
        doors = [door for name, door in DOORS.items() if name != "trio" or _has_trio()]
        sums: list[int] = []

        def enter(door: Door) -> None:
            sums.extend(door(store, [add_one("thg_1")] * 60, lanes=6))

        crowds = [threading.Thread(target=enter, args=(door,)) for door in (*doors, *doors)]
        for crowd in crowds:
            crowd.start()
        for crowd in crowds:
            crowd.join()
        assert sorted(sums) == list(range(1, 60 * len(crowds) + 1))
        assert [seq for seq, _ in said(store, "thg_1")] == sorted(sums)

    def test_watchers_see_positions_rise(self, store: Store, door: Door) -> None:
        """Whoever follows the log sees each event once, in order, and never a later one before an earlier one."""
        seen: list[tuple[int, str, int]] = []

        def watch() -> None:
            while len(seen) < 210:
                after = seen[-1][0] if seen else 0
                page = store.read(lambda tx: tx.log(after=after, limit=50))  # noqa: B023  (read now)
                seen.extend((one.position, one.subject, one.seq) for one in page)
                if not page and store.wait(after=after, timeout=WAIT_SECONDS) == after:
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        door(store, [add_one(f"thg_{place % 7}") for place in range(210)], lanes=7)
        watcher.join()
        positions = [position for position, _, _ in seen]
        assert positions == sorted(set(positions))
        assert seen == [(one.position, one.subject, one.seq) for one in store.stream_log()]
        for subject in range(7):
            assert [seq for _, name, seq in seen if name == f"thg_{subject}"] == list(range(1, 31))

    def test_of_two_claimers_one_wins(self, store: Store, door: Door) -> None:
        transact(store, put(*(Thing(f"thg_{row}") for row in range(8))))

        def claim(row: int, who: str) -> Callable[[Transaction], str]:
            def work(tx: Transaction) -> str:
                thing = tx.get(Thing, f"thg_{row}")
                if thing.owner is not None:
                    raise Conflict(f"{thing.owner} has it", owner=thing.owner)
                tx.put(evolve(thing, owner=who))
                append(tx, thing.id, who)
                return who

            return work

        outcomes = door(store, [claim(place % 8, f"w{place}") for place in range(96)], lanes=24)
        for row in range(8):
            of_row = outcomes[row::8]
            [winner] = [outcome for outcome in of_row if isinstance(outcome, str)]
            assert {outcome.owner for outcome in of_row if outcome is not winner} == {winner}
            assert store.read(lambda tx, row=row: tx.get(Thing, f"thg_{row}").owner) == winner  # type: ignore[misc]
            assert said(store, f"thg_{row}") == [(1, winner)]

    def test_a_room_is_never_overfilled(self, store: Store, door: Door) -> None:
        """What is counted inside a unit is still so when it commits."""

        def enter(id: str) -> Callable[[Transaction], bool]:
            def work(tx: Transaction) -> bool:
                if tx.count(Thing, where={"owner": "room"}) >= 5:
                    return False
                tx.put(Thing(id, owner="room"))
                return True

            return work

        outcomes = door(store, [enter(f"thg_{place:02}") for place in range(40)], lanes=20)
        assert sum(outcomes) == 5
        assert store.read(lambda tx: tx.count(Thing, where={"owner": "room"})) == 5

    def test_a_repeated_request_has_one_effect(self, store: Store, door: Door) -> None:
        def send(request: str) -> Callable[[Transaction], int]:
            def work(tx: Transaction) -> int:
                before = tx.once("thg_1", request)
                return append(tx, "thg_1", request, once=request) if before is None else before.seq

            return work

        outcomes = door(store, [send(f"r{place % 6}") for place in range(72)], lanes=18)
        events = said(store, "thg_1")
        assert sorted(text for _, text in events) == [f"r{request}" for request in range(6)]
        for seq, text in events:
            assert set(outcomes[int(text[1:]) :: 6]) == {seq}

    # ------------------------------------------------------------------------------------------- changed behind one's back

    def test_work_is_run_again_if_a_record_changed_behind_it(self, store: Store, door: Door, change_behind: ChangeBehind | None) -> None:
        change = _needed(change_behind)
        transact(store, put(Thing("thg_1", n=1), Thing("thg_2")))
        attempts = count(1)

        def work(tx: Transaction) -> tuple[int, int]:
            attempt = next(attempts)
            thing = tx.get(Thing, "thg_1")
            tx.put(evolve(tx.get(Thing, "thg_2"), n=attempt))
            append(tx, "thg_2")
            if attempt == 1:
                change(tx, thing)
            tx.put(evolve(thing, n=thing.n + 1))
            return attempt, thing.n + 1

        [(attempt, n)] = door(store, [work])
        assert attempt > 1
        assert store.read(lambda tx: (tx.get(Thing, "thg_1").n, tx.get(Thing, "thg_2").n)) == (n, attempt)
        assert said(store, "thg_2") == [(1, "")]

    def test_work_that_never_gets_through_is_given_up(self, store: Store, door: Door, change_behind: ChangeBehind | None) -> None:
        change = _needed(change_behind)
        transact(store, put(Thing("thg_1"), Thing("thg_2")))

        def writing(tx: Transaction) -> None:
            thing = tx.get(Thing, "thg_1")
            change(tx, thing)
            tx.put(evolve(thing, text="mine"))
            append(tx, "thg_1")

        def deleting(tx: Transaction) -> None:
            change(tx, tx.get(Thing, "thg_2"))
            tx.delete(Thing, "thg_2")

        outcomes = door(store, [writing, deleting, add_one("thg_3")])
        assert [type(outcome) for outcome in outcomes] == [VersionConflict, VersionConflict, int]
        assert [(thing.id, thing.text) for thing in store.stream(Thing)] == [("thg_1", ""), ("thg_2", ""), ("thg_3", "")]
        assert said(store, "thg_1") == []

    # ------------------------------------------------------------------------------------------------------ bad company

    @pytest.mark.parametrize("death", [KeyboardInterrupt, SystemExit, GeneratorExit], ids=lambda death: death.__name__)
    def test_death_is_for_the_one_who_asked_for_it(self, store: Store, door: Door, death: type[BaseException]) -> None:
        def die(tx: Transaction) -> None:
            tx.put(Thing("thg_dead"))
            append(tx, "thg_1", "dead")
            raise death

        for round_ in range(10):
            outcomes = door(store, [die if place == round_ else add_one("thg_1") for place in range(12)], lanes=12)
            assert isinstance(outcomes.pop(round_), death)
            assert sorted(outcomes) == list(range(round_ * 11 + 1, round_ * 11 + 12))
        assert [thing.id for thing in store.stream(Thing)] == ["thg_1"]
        with pytest.raises(death):
            transact(store, die)
        assert door(store, [add_one("thg_1")]) == [111]

    def test_batches_let_others_in_between(self, store: Store, door: Door) -> None:
        """And nobody sees half of one, or writes within one."""
        begun = threading.Event()

        def write() -> None:
            with store.batch(size=4) as batch:
                for place in range(40):
                    batch.run(lambda tx, place=place: append(tx, "thg_batch", str(place // 4)))  # type: ignore[misc]
                    begun.set()

        writers = [threading.Thread(target=write) for _ in range(2)]
        for writer in writers:
            writer.start()
        assert begun.wait(WAIT_SECONDS)
        sums = door(store, [add_one("thg_1")] * 40, lanes=4)
        for writer in writers:
            writer.join()
        assert sorted(sums) == list(range(1, 41))
        log = [one.subject for one in store.stream_log()]
        assert len(log) == 120
        runs = [len(run) for run in "".join("b" if subject == "thg_batch" else " " for subject in log).split()]
        assert all(run % 4 == 0 for run in runs), runs

    # ------------------------------------------------------------------------------------------------------ cancellation

    def test_what_has_not_begun_is_dropped_when_its_task_is_cancelled(self, store: Store, loop: str) -> None:
        inside, gate = threading.Event(), threading.Event()

        def hold(tx: Transaction) -> int:
            inside.set()
            assert gate.wait(WAIT_SECONDS)
            return add_one("thg_held")(tx)

        holder = threading.Thread(target=transact, args=(store, hold))
        holder.start()
        assert inside.wait(WAIT_SECONDS)
        submitted = threading.Event()

        def cancel_when_submitted(cancel: Callable[[], None]) -> None:
            assert submitted.wait(WAIT_SECONDS)
            cancel()

        _cancelled(loop, store, add_one("thg_dropped"), cancel_when_submitted, submitted)
        gate.set()
        holder.join()
        assert transact(store, add_one("thg_held")) == 2
        assert [thing.id for thing in store.stream(Thing)] == ["thg_held"]

    def test_what_has_begun_is_committed_though_its_task_is_cancelled(self, store: Store, loop: str) -> None:
        begun, gate = threading.Event(), threading.Event()

        def work(tx: Transaction) -> int:
            begun.set()
            assert gate.wait(WAIT_SECONDS)
            return add_one("thg_1")(tx)

        def cancel_when_begun(cancel: Callable[[], None]) -> None:
            assert begun.wait(WAIT_SECONDS)
            cancel()
            gate.set()

        _cancelled(loop, store, work, cancel_when_begun, threading.Event())
        assert store.wait(after=0, timeout=WAIT_SECONDS) == 1
        assert transact(store, add_one("thg_1")) == 2

    # ----------------------------------------------------------------------------------------------------------- reading

    def test_a_read_is_one_snapshot(self, store: Store) -> None:
        transact(store, add_one("thg_1"))
        begun, written = threading.Event(), threading.Event()

        def look(tx: Transaction) -> tuple[object, ...]:
            return tx.get(Thing, "thg_1").n, len(tx.events("thg_1", limit=9)), len(tx.log(after=0, limit=9)), tx.peek(Thing, "thg_2")

        def look_twice(tx: Transaction) -> list[tuple[object, ...]]:
            first = look(tx)
            begun.set()
            written.wait(0.2)  # a store whose readers hold writers up does not write now
            return [first, look(tx)]

        def write() -> None:
            assert begun.wait(WAIT_SECONDS)
            transact(store, add_one("thg_1"))
            transact(store, add_one("thg_2"))
            written.set()

        writer = threading.Thread(target=write)
        writer.start()
        assert store.read(look_twice) == [(1, 1, 1, None), (1, 1, 1, None)]
        writer.join()
        assert store.read(look) == (2, 2, 3, Thing("thg_2", n=1))

    def test_readers_never_see_half_a_unit(self, store: Store, door: Door) -> None:
        stop = threading.Event()
        halves: list[object] = []

        def look(tx: Transaction) -> tuple[int, int, int]:
            things = [tx.peek(Thing, id) for id in ("thg_1", "thg_2")]
            first, second = (0 if thing is None else thing.n for thing in things)
            return first, second, len(tx.events("thg_1", limit=999))

        def watch() -> None:
            while not stop.is_set():
                halves.extend(seen for seen in [store.read(look)] if len(set(seen)) > 1)

        def both(tx: Transaction) -> None:
            add_one("thg_1")(tx)
            add_one("thg_2")(tx)

        watcher = threading.Thread(target=watch)
        watcher.start()
        door(store, [both] * 100, lanes=5)
        stop.set()
        watcher.join()
        assert halves == []
        assert store.read(look) == (100, 100, 100)

    # ----------------------------------------------------------------------------------------------------------- waiting

    def test_waiting_ends_when_something_is_committed(self, store: Store, door: Door) -> None:
        assert store.wait(after=0, timeout=0.01) == 0
        reached: list[int] = []
        ready = threading.Barrier(5)

        def wait() -> None:
            ready.wait(WAIT_SECONDS)
            reached.append(store.wait(after=0, timeout=WAIT_SECONDS))

        waiters = [threading.Thread(target=wait) for _ in range(4)]
        for waiter in waiters:
            waiter.start()
        ready.wait(WAIT_SECONDS)
        door(store, [add_one("thg_1")])
        for waiter in waiters:
            waiter.join()
        assert reached == [1] * 4
        assert store.wait(after=0, timeout=WAIT_SECONDS) == 1
        assert store.wait(after=1, timeout=0.01) == 1

    def test_listeners_hear_of_every_commit_until_they_stop(self, store: Store, door: Door) -> None:
        first, second = threading.Semaphore(0), threading.Semaphore(0)

        def fail() -> None:
            raise RuntimeError("a listener's own trouble")

        stop_failing = store.subscribe(fail)
        stop_first, stop_second = store.subscribe(first.release), store.subscribe(second.release)
        for _ in range(3):
            door(store, [add_one("thg_1")])
            assert first.acquire(timeout=WAIT_SECONDS)
            assert second.acquire(timeout=WAIT_SECONDS)
        stop_failing()
        stop_first()
        while first.acquire(blocking=False):
            pass
        door(store, [add_one("thg_1")])
        assert second.acquire(timeout=WAIT_SECONDS)
        assert not first.acquire(blocking=False)
        stop_second()
        stop_second()

    # ----------------------------------------------------------------------------------------------------------- closing

    def test_closing_answers_all_who_came_before(self, store: Store, door: Door) -> None:
        enough = threading.Event()

        def work(tx: Transaction) -> int:
            sum_ = add_one("thg_1")(tx)
            if sum_ == 30:
                enough.set()
            return sum_

        def close() -> None:
            assert enough.wait(WAIT_SECONDS)
            store.close()

        closer = threading.Thread(target=close)
        closer.start()
        outcomes = door(store, [work] * 300, lanes=10)
        closer.join()
        sums = [outcome for outcome in outcomes if isinstance(outcome, int)]
        assert sorted(sums) == list(range(1, len(sums) + 1))
        assert {type(outcome) for outcome in outcomes} <= {int, StoreClosed}
        with pytest.raises(StoreClosed):
            transact(store, work)

    def test_closing_lets_those_go_who_wait(self, store: Store) -> None:
        heard = threading.Event()
        store.subscribe(heard.set)
        ready = threading.Event()
        outcome: list[Any] = []

        def wait() -> None:
            ready.set()
            try:
                outcome.append(store.wait(after=0, timeout=WAIT_SECONDS))
            except StoreClosed as error:
                outcome.append(error)

        waiter = threading.Thread(target=wait)
        waiter.start()
        assert ready.wait(WAIT_SECONDS)
        store.close()
        waiter.join(WAIT_SECONDS / 2)
        assert not waiter.is_alive()
        assert heard.is_set(), "a task that watches must find out"

    # -------------------------------------------------------------------------------------------------------- processes

    def test_two_stores_on_one_database_lose_nothing(self, store: Store, door: Door, reopen: Reopen) -> None:
        other = reopen()
        try:
            sums: list[int] = []
            crowd = threading.Thread(target=lambda: sums.extend(door(other, [add_one("thg_1")] * 80, lanes=4)))
            crowd.start()
            sums.extend(door(store, [add_one("thg_1")] * 80, lanes=4))
            crowd.join()
            assert sorted(sums) == list(range(1, 161))
            assert said(other, "thg_1") == said(store, "thg_1") == [(seq, "") for seq in range(1, 161)]
        finally:
            other.close()

    def test_two_processes_on_one_database_lose_nothing(self, store: Store, door: Door, reopen: Reopen) -> None:
        with Child(reopen, "thg_1", 80) as child:
            child.go()
            sums = door(store, [add_one("thg_1")] * 80, lanes=4)
            sums += child.acknowledged()
        assert sorted(sums) == list(range(1, 161))
        positions = [one.position for one in store.stream_log()]
        assert positions == sorted(set(positions))
        assert said(store, "thg_1") == [(seq, "") for seq in range(1, 161)]

    def test_another_process_is_heard(self, store: Store, reopen: Reopen) -> None:
        heard = threading.Semaphore(0)
        stop = store.subscribe(heard.release)
        with Child(reopen, "thg_1", None) as child:
            child.go()
            for _ in range(3):
                [sum_] = child.acknowledged(1)
                assert heard.acquire(timeout=WAIT_SECONDS)
                assert store.wait(after=sum_ - 1, timeout=WAIT_SECONDS) >= sum_
        stop()

    def test_a_killed_process_has_lost_nothing_that_was_acknowledged(self, store: Store, reopen: Reopen) -> None:
        told = 0
        for acknowledged in (1, 17, 40):
            with Child(reopen, "thg_1", None) as child:
                child.go()
                told = child.acknowledged(acknowledged)[-1]
            n = store.read(lambda tx: tx.get(Thing, "thg_1").n)
            assert n >= told
            assert said(store, "thg_1") == [(seq, "") for seq in range(1, n + 1)]
        assert transact(store, add_one("thg_1")) > told


def _has_trio() -> bool:
    try:
        import trio  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError:
        return False
    return True


def _needed(change: ChangeBehind | None) -> ChangeBehind:
    if change is None:
        pytest.skip("no way to change a record of this store behind an open transaction: there is no `change_behind`")
    return change


def _cancelled(
    loop: str, store: Store, work: Callable[[Transaction], object], when: Callable[[Callable[[], None]], None], submitted: threading.Event
) -> None:
    """Run work in a task of a loop, and have `when`, on a thread, cancel it. Returns when the task is over."""
    if loop == "asyncio":
        asyncio.run(_cancelled_on_asyncio(store, work, when, submitted))
    else:
        trio = pytest.importorskip("trio")
        trio.run(_cancelled_on_trio, store, work, when, submitted)


async def _cancelled_on_asyncio(
    store: Store, work: Callable[[Transaction], object], when: Callable[[Callable[[], None]], None], submitted: threading.Event
) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(answer(store, work))
    canceller = threading.Thread(target=when, args=(lambda: loop.call_soon_threadsafe(task.cancel),))
    canceller.start()
    for _ in range(3):
        await asyncio.sleep(0)
    submitted.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    canceller.join()


async def _cancelled_on_trio(
    store: Store, work: Callable[[Transaction], object], when: Callable[[Callable[[], None]], None], submitted: threading.Event
) -> None:
    import trio

    token, scope = trio.lowlevel.current_trio_token(), trio.CancelScope()
    canceller = threading.Thread(target=when, args=(lambda: token.run_sync_soon(scope.cancel),))
    canceller.start()
    with scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(answer, store, work)
            for _ in range(3):
                await trio.lowlevel.checkpoint()
            submitted.set()
    assert scope.cancelled_caught
    canceller.join()
