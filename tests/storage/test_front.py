"""The front by itself, over the memory store's engine: who leads, who is told what, and what an interrupt leaves behind."""

from __future__ import annotations

import dis
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count
from types import CodeType
from typing import Any

import pytest

from cschat.errors import BatchStopped, Conflict, StoreClosed, StoreUnavailable
from cschat.storage import front as front_module
from cschat.storage.front import MAX_BATCH, Front
from cschat.storage.memory import _Engine
from cschat.storage.protocol import Pending, Transaction
from cschat.storage.unit import Unit
from cschat.testing.things import Thing, add_one, event

WAIT = 20.0


class Backend:
    """The memory engine, which also writes down what is asked of it, and fails when told."""

    def __init__(self) -> None:
        self.engine = _Engine()
        self.asked: list[str] = []
        self.failures: dict[str, BaseException] = {}

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if name in self.failures:
            raise self.failures.pop(name)

    def begin(self, touches: Sequence[Any] = (), *, prompt: bool = False) -> Unit:
        self._ask("begin")
        return self.engine.begin()

    def commit(self) -> None:
        self._ask("commit")
        self.engine.commit()

    def rollback(self) -> bool:
        self.asked.append("rollback")
        return self.engine.rollback()

    def committed(self) -> None:
        self.asked.append("committed")

    @property
    def n(self) -> int:
        row = self.engine.load(Thing, "thg_1")
        return 0 if row is None else row[0].n


class Noticing(deque[Any]):
    """A queue that lets a test wait until somebody stands in it."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)

    def append(self, item: Any) -> None:
        super().append(item)
        self.came.release()

    def expect(self, number: int = 1) -> None:
        for _ in range(number):
            assert self.came.acquire(timeout=WAIT)


class Waker:
    """An event loop that runs what it is given at once, on its own thread, and counts how often it is woken."""

    def __init__(self) -> None:
        self.woken: list[Sequence[Pending[Any]]] = []
        self.news = threading.Semaphore(0)

    def soon(self, begin: Callable[[], None], /) -> None:
        threading.Thread(target=begin).start()

    def wake(self, done: Sequence[Pending[Any]], /) -> None:
        self.woken.append(done)
        self.news.release()


class Caller(threading.Thread):
    """A thread that transacts once."""

    def __init__(self, front: Front, work: Callable[[Transaction], Any]) -> None:
        super().__init__(daemon=True)
        self.front, self.work = front, work
        self.outcome: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self.front.transact(self.work)
        except BaseException as error:  # noqa: BLE001
            self.outcome = error

    def result(self) -> Any:
        self.join(WAIT)
        assert not self.is_alive(), "a caller was never answered"
        return self.outcome


class Hold:
    """A caller whose work stands still until it is let go: whoever comes meanwhile has to queue."""

    def __init__(self, front: Front) -> None:
        self.inside, self.gate = threading.Event(), threading.Event()
        self.caller = Caller(front, self.work)
        assert self.inside.wait(WAIT)

    def work(self, tx: Transaction) -> int:
        self.inside.set()
        assert self.gate.wait(WAIT)
        return add_one("thg_1")(tx)

    def let_go(self) -> None:
        self.gate.set()


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def front(backend: Backend) -> Iterator[Front]:
    front = Front(backend)
    front._queue = Noticing()
    yield front
    front.close()


def queued(front: Front, *works: Callable[[Transaction], Any]) -> list[Caller]:
    """Callers that stand in the queue, in this order."""
    callers = []
    for work in works:
        callers.append(Caller(front, work))
        front._queue.expect()
    return callers


def where(ran: list[str]) -> Callable[[Transaction], None]:
    return lambda _tx: ran.append(threading.current_thread().name)


class TestLeading:
    def test_alone_there_is_no_hop_and_no_queue(self, front: Front, backend: Backend) -> None:
        ran: list[str] = []
        front.transact(where(ran))
        assert ran == [threading.current_thread().name]
        assert backend.asked == ["begin", "commit", "committed"]
        assert front._lead is None

    def test_all_who_wait_share_a_commit_and_the_first_of_them_leads(self, front: Front, backend: Backend) -> None:
        hold = Hold(front)
        ran: list[str] = []
        callers = queued(front, *[where(ran)] * 5)
        hold.let_go()
        assert [caller.result() for caller in callers] == [None] * 5
        assert hold.caller.result() == 1
        assert backend.asked == ["begin", "commit", "committed"] * 2
        assert ran == [callers[0].name] * 5

    def test_leading_ends_after_one_own_batch(self, front: Front) -> None:
        hold = Hold(front)
        first, second = threading.Event(), threading.Event()

        def stand(tx: Transaction) -> int:
            first.set()
            assert second.wait(WAIT)
            return add_one("thg_1")(tx)

        [caller] = queued(front, stand)
        hold.let_go()
        assert hold.caller.result() == 1
        assert first.wait(WAIT)
        assert caller.is_alive()
        second.set()
        assert caller.result() == 2

    def test_a_batch_has_a_greatest_size(self, front: Front, backend: Backend) -> None:
        hold, waker = Hold(front), Waker()
        pending = [front.submit(add_one("thg_1"), waker) for _ in range(MAX_BATCH + 50)]
        hold.let_go()
        for _ in range(2):
            assert waker.news.acquire(timeout=WAIT)
        assert [len(done) for done in waker.woken] == [MAX_BATCH, 50]
        assert [one.result() for one in pending] == list(range(2, MAX_BATCH + 52))

    def test_a_loop_is_woken_once_for_a_batch(self, front: Front) -> None:
        hold, wakers = Hold(front), [Waker(), Waker()]
        pending = [front.submit(add_one("thg_1"), wakers[place % 2]) for place in range(20)]
        hold.let_go()
        for waker in wakers:
            assert waker.news.acquire(timeout=WAIT)
        assert [waker.woken for waker in wakers] == [[pending[::2]], [pending[1::2]]]

    def test_a_batch_that_takes_long_is_committed_and_the_rest_keeps_its_order(
        self, front: Front, backend: Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ticks = count()
        monkeypatch.setattr(front_module.time, "monotonic", lambda: next(ticks) * 0.004)
        hold = Hold(front)
        order: list[int] = []
        callers = queued(front, *[lambda _tx, place=place: order.append(place) for place in range(7)])
        hold.let_go()
        for caller in callers:
            caller.result()
        assert order == list(range(7))
        assert backend.asked.count("commit") == 1 + 3, "three at a time: 12 of 10 milliseconds"

    def test_who_waits_can_be_dropped_and_who_runs_cannot(self, front: Front, backend: Backend) -> None:
        hold, waker = Hold(front), Waker()
        pending = [front.submit(add_one("thg_1"), waker) for _ in range(3)]
        assert pending[1].cancel()
        assert not pending[1].cancel()
        hold.let_go()
        assert waker.news.acquire(timeout=WAIT)
        assert not pending[0].cancel()
        assert [pending[0].result(), pending[2].result(), backend.n] == [2, 3, 3]

    def test_threads_that_wait_and_loops_that_wait_are_served_alike(self, front: Front) -> None:
        hold, waker = Hold(front), Waker()
        pending = [front.submit(add_one("thg_1"), waker)]
        front._queue.expect()
        [caller] = queued(front, add_one("thg_1"))
        pending.append(front.submit(add_one("thg_1"), waker))
        hold.let_go()
        caller.result()
        assert waker.news.acquire(timeout=WAIT)
        assert sorted([caller.outcome, *(one.result() for one in pending)]) == [2, 3, 4]


class TestFailing:
    def test_what_a_work_wrote_before_it_raised_goes_with_it(self, front: Front, backend: Backend) -> None:
        """Its neighbours in the same batch are written, and nothing of it with theirs."""

        def write_and_raise(tx: Transaction) -> None:
            tx.put(Thing("thg_half"))
            raise ValueError("no")

        hold = Hold(front)
        before, failing, after = queued(front, add_one("thg_1"), write_and_raise, add_one("thg_1"))
        hold.let_go()
        assert isinstance(failing.result(), ValueError)
        assert [before.result(), after.result()] == [2, 3]
        assert backend.asked == ["begin", "commit", "committed"] * 2
        assert backend.engine.load(Thing, "thg_half") is None

    def test_a_failed_flush_is_undone_and_each_work_run_by_itself(self, front: Front, backend: Backend) -> None:
        hold = Hold(front)
        callers = queued(front, add_one("thg_1"), lambda tx: tx.append(event("thg_1", 1)), add_one("thg_1"))
        del backend.asked[:]
        hold.let_go()
        outcomes = [caller.result() for caller in callers]
        assert outcomes[::2] == [2, 3]
        assert isinstance(outcomes[1], Conflict)
        own, together, *alone = "".join(name[0] if name != "committed" else " " for name in backend.asked).split()
        assert (own, together[:2]) == ("c", "br")
        assert together[2:] + "".join(alone) == "bc" + "br" * front_module.MAX_TRIES + "bc"

    @pytest.mark.parametrize("error", [StoreUnavailable("full"), RuntimeError("anything")], ids=lambda error: type(error).__name__)
    @pytest.mark.parametrize("when", ["begin", "commit"])
    def test_if_the_database_fails_all_are_told_and_the_next_goes_on(
        self, front: Front, backend: Backend, error: Exception, when: str
    ) -> None:
        hold, waker = Hold(front), Waker()

        def last_before_the_failure(_tx: Transaction) -> None:
            if when == "commit":
                backend.failures["commit"] = error

        callers = queued(front, last_before_the_failure, add_one("thg_1"), add_one("thg_1"))
        pending = front.submit(add_one("thg_1"), waker)
        if when == "begin":
            backend.failures["begin"] = error
        hold.let_go()
        assert [caller.result() for caller in callers] == [error] * 3
        assert waker.news.acquire(timeout=WAIT)
        with pytest.raises(type(error)):
            pending.result()
        assert hold.caller.result() == 1
        assert front.transact(add_one("thg_1")) == backend.n == 2

    @pytest.mark.parametrize("when", ["begin", "commit"])
    def test_alone_one_is_told_as_well(self, front: Front, backend: Backend, when: str) -> None:
        backend.failures[when] = StoreUnavailable("full")
        with pytest.raises(StoreUnavailable):
            front.transact(add_one("thg_1"))
        assert front.transact(add_one("thg_1")) == backend.n == 1


class TestInterrupts:
    def test_somebody_who_waits_is_interrupted(self, front: Front, backend: Backend) -> None:
        """Ctrl-C reaches the main thread while it stands in the queue: its work is never run, and the others are."""
        hold = Hold(front)

        def interrupt() -> None:
            front._queue.expect()
            for _ in range(40):
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                if over.wait(0.5):  # else again, for Python does not notice a signal that comes just before it begins to wait for a lock
                    return

        over = threading.Event()
        interrupting = threading.Thread(target=interrupt)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
        try:
            interrupting.start()
            with pytest.raises(KeyboardInterrupt):
                front.transact(add_one("thg_1"))
        finally:
            over.set()
            interrupting.join()
            signal.signal(signal.SIGINT, before)
        hold.let_go()
        assert hold.caller.result() == 1
        assert front.transact(add_one("thg_1")) == backend.n == 2

    def test_a_leader_is_interrupted_in_anothers_work(self, front: Front, backend: Backend) -> None:
        """What others had given it goes back into the queue, in order, and is done by the next leader."""
        hold = Hold(front)
        interrupts = iter([KeyboardInterrupt])
        order: list[str] = []

        def innocent(tx: Transaction) -> int:
            order.append(threading.current_thread().name)
            for interrupt in interrupts:
                raise interrupt
            return add_one("thg_1")(tx)

        callers: list[Caller] = []

        def crowd() -> None:
            front._queue.expect()
            callers.extend(queued(front, add_one("thg_1"), innocent, add_one("thg_1")))
            hold.let_go()

        crowding = threading.Thread(target=crowd)
        crowding.start()
        with pytest.raises(KeyboardInterrupt):
            front.transact(add_one("thg_1"))
        crowding.join()
        assert [caller.result() for caller in callers] == [2, 3, 4]
        assert order == [threading.main_thread().name, callers[0].name]
        assert front.transact(add_one("thg_1")) == backend.n == 5

    def test_whoever_left_while_others_were_run_is_not_put_back(
        self, front: Front, backend: Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its work was taken out of the queue, but its batch took too long to come to it."""
        ticks = count()
        monkeypatch.setattr(front_module.time, "monotonic", lambda: next(ticks))
        hold, slow, gate = Hold(front), threading.Event(), threading.Event()

        def stand(tx: Transaction) -> int:
            slow.set()
            assert gate.wait(WAIT)
            return add_one("thg_1")(tx)

        [leader] = queued(front, stand)
        [gone] = queued(front, add_one("thg_1"))
        item = front._queue[-1]
        hold.let_go()
        assert slow.wait(WAIT)
        front._leave(item)
        gate.set()
        assert leader.result() == 2
        assert front.transact(add_one("thg_1")) == 3
        assert gone.is_alive()
        item.bell.release()
        gone.result()

    @pytest.mark.parametrize("death", [KeyboardInterrupt, SystemExit, GeneratorExit])
    def test_the_writer_of_the_loops_survives_everything(self, front: Front, death: type[BaseException]) -> None:
        def die(_tx: Transaction) -> None:
            raise death

        waker = Waker()
        for _ in range(3):
            pending = [front.submit(die, waker), front.submit(add_one("thg_1"), waker)]
            while not all(one.done for one in pending):
                assert waker.news.acquire(timeout=WAIT)
            with pytest.raises(death):
                pending[0].result()
        assert pending[1].result() == 3
        assert front.transact(add_one("thg_1")) == 4

    @pytest.mark.parametrize("role", ["leader", "heir"])
    def test_an_interrupt_anywhere_loses_neither_the_lead_nor_a_work(self, role: str) -> None:
        """The main thread is interrupted once at each place of the front where Python looks for signals."""
        lines = set()
        for step in count():
            line = _interrupted(role, step)
            if line is None:
                break
            lines.add(line)
        assert len(lines) > 15, "the interrupts came by the whole front"


@cache
def _signal_places(code: CodeType) -> frozenset[int]:
    """Where in a function Python looks for signals: at its beginning, after each call, and when it loops."""
    places = set()
    before = ""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("RESUME", "JUMP_BACKWARD") or before.startswith("CALL"):
            places.add(instruction.offset)
        before = instruction.opname
    return frozenset(places)


def _interrupted(role: str, step: int) -> int | None:  # noqa: C901
    """One life: the main thread leads, with others' works in its batch ("heir") or not, and is interrupted at its place number `step`."""
    backend = Backend()
    front = Front(backend)
    front._queue = queue = Noticing()
    hit: list[int] = []
    steps = count()
    over = threading.Event()

    def trace(frame: Any, what: str, _arg: object) -> Any:
        if frame.f_code.co_filename != front_module.__file__:
            return None
        frame.f_trace_opcodes = True
        if what == "opcode" and not hit and frame.f_lasti in _signal_places(frame.f_code) and next(steps) == step:
            hit.append(frame.f_lineno)
            raise KeyboardInterrupt
        return trace

    hold = Hold(front) if role == "heir" else None
    callers: list[Caller] = []

    def crowd() -> None:
        if role == "heir":
            while not queue.came.acquire(timeout=0.001):
                if over.is_set():
                    break
        for _ in range(2):
            callers.append(Caller(front, add_one("thg_1")))
            while role == "heir" and not queue.came.acquire(timeout=0.001):
                if over.is_set():
                    break
        if hold is not None:
            hold.let_go()

    crowding = threading.Thread(target=crowd)
    crowding.start()
    answer = None
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        answer = front.transact(add_one("thg_1"))
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
        over.set()
    crowding.join()
    answers = [caller.result() for caller in callers]
    if hold is not None:
        answers.append(hold.caller.result())
    assert all(isinstance(one, int) for one in answers), (hit, answers)
    last = Caller(front, add_one("thg_1")).result()
    assert len({*answers, last}) == len(answers) + 1
    mine = last - len(answers) - 1
    assert mine == (1 if answer is not None else mine) <= 1, (hit, answers, last)
    assert front._lead is None
    assert not front._queue
    return hit[0] if hit else None


class TestBatches:
    def test_a_batch_is_led_by_its_own_thread(self, front: Front, backend: Backend) -> None:
        hold = Hold(front)
        ran: list[str] = []
        begun, gate = threading.Event(), threading.Event()

        def write() -> None:
            with front.batch(10) as batch:
                batch.run(where(ran))
                begun.set()
                assert gate.wait(WAIT)
                batch.run(where(ran))

        [before] = queued(front, add_one("thg_1"))
        writer = threading.Thread(target=write)
        writer.start()
        front._queue.expect()
        [after] = queued(front, add_one("thg_1"))
        hold.let_go()
        assert begun.wait(WAIT)
        assert before.result() == 2
        assert after.is_alive()
        assert backend.n == 2
        gate.set()
        writer.join()
        assert after.result() == 3
        assert ran == [writer.name] * 2
        assert backend.asked == ["begin", "commit", "committed"] * 4

    def test_watchers_are_told_before_the_lead_goes_on(self, front: Front, backend: Backend) -> None:
        """Else they would be told of what the next leader has not committed yet."""
        asked: list[str] = []
        committed = backend.committed

        def look() -> None:
            asked.append("led" if front._lead is not None and front._lead.thread == threading.get_ident() else "free")
            committed()

        backend.committed = look  # type: ignore[method-assign]
        with front.batch(1) as batch:
            batch.run(add_one("thg_1"))
        front.transact(add_one("thg_1"))
        assert asked == ["led", "led"]

    def test_a_batch_that_cannot_commit_says_so_and_lets_go(self, front: Front, backend: Backend) -> None:
        backend.failures["commit"] = StoreUnavailable("full")
        with pytest.raises(StoreUnavailable), front.batch(2) as batch:
            batch.run(add_one("thg_1"))
            with pytest.raises(StoreUnavailable):
                batch.run(add_one("thg_1"))
            with pytest.raises(BatchStopped):
                batch.run(add_one("thg_1"))
            assert backend.n == 0
            backend.failures["begin"] = StoreUnavailable("gone")
            with front.batch(2) as another:
                another.run(add_one("thg_1"))
        assert front.transact(add_one("thg_1")) == backend.n == 1

    @pytest.mark.parametrize("how", ["begin", "work"])
    def test_what_cannot_be_repeated_is_reported(self, front: Front, backend: Backend, how: str) -> None:
        """A flush spoilt the transaction, and what had run before it cannot be run again: nothing of it is committed."""
        runs = count()

        def fickle(tx: Transaction) -> int:
            if next(runs):
                raise RuntimeError("not twice")
            return add_one("thg_1")(tx)

        with front.batch(9) as batch:
            batch.run(fickle)
            if how == "begin":
                backend.failures["begin"] = StoreUnavailable("gone")
            with pytest.raises(StoreUnavailable if how == "begin" else BatchStopped):
                batch.run(lambda tx: tx.append(event("thg_1", 1)))
        assert backend.n == 0
        assert front.transact(add_one("thg_1")) == 1

    def test_an_interrupt_while_it_waits_for_the_lead_harms_not_who_has_it(
        self, front: Front, backend: Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_args: object, **_kwargs: object) -> None:
            raise KeyboardInterrupt

        hold = Hold(front)
        with monkeypatch.context() as patched:
            patched.setattr(front, "_take_turn", interrupted)
            with pytest.raises(KeyboardInterrupt), front.batch(2) as batch:
                batch.run(add_one("thg_1"))
        hold.let_go()
        assert hold.caller.result() == 1
        assert "rollback" not in backend.asked

    def test_an_interrupt_between_two_writes_leaves_no_half(self, front: Front, backend: Backend) -> None:
        with pytest.raises(KeyboardInterrupt), front.batch(9) as batch:
            batch.run(add_one("thg_1"))
            write = backend.engine.write

            def interrupted(writes: Any) -> None:
                backend.engine.write = write  # type: ignore[method-assign]
                write(writes)
                raise KeyboardInterrupt

            backend.engine.write = interrupted  # type: ignore[method-assign]
            batch.run(add_one("thg_1"))
        assert backend.n == 1
        assert front.transact(add_one("thg_1")) == 2


class TestPausing:
    def test_nobody_writes_in_a_pause(self, front: Front, backend: Backend) -> None:
        assert front.pause(WAIT)
        [caller] = queued(front, add_one("thg_1"))
        assert backend.n == 0
        front.resume(child=False, paused=True)
        assert caller.result() == 1

    def test_a_pause_gives_up_in_time_and_leaves_nothing_behind(self, front: Front) -> None:
        hold = Hold(front)
        assert not front.pause(0.01)
        hold.let_go()
        assert hold.caller.result() == 1
        assert front.transact(add_one("thg_1")) == 2

    def test_who_writes_cannot_pause(self, front: Front) -> None:
        assert front.transact(lambda _tx: front.pause(WAIT)) is False
        assert front.pause(WAIT)
        front.resume(child=False, paused=True)

    def test_a_closed_front_pauses_as_well(self, front: Front) -> None:
        front.close()
        assert front.pause(WAIT)
        front.resume(child=False, paused=True)
        with pytest.raises(StoreClosed):
            front.transact(add_one("thg_1"))

    def test_in_a_child_nobody_is_waited_for(self, front: Front) -> None:
        hold = Hold(front)
        [caller] = queued(front, add_one("thg_1"))
        queue, mutex, lead = front._queue, front._mutex, front._lead
        front.resume(child=True, paused=False)
        assert (front._lead, len(front._queue)) == (None, 0)
        front._queue, front._mutex, front._lead = queue, mutex, lead  # the parent's threads are still here, and must end
        front._idle = threading.Condition(mutex)
        hold.let_go()
        assert caller.result() == 2
