"""The group-commit front: many callers, one writer at a time, one commit for all who wait.

May: decide who writes when, and who is told what. May not: know which database it is, or what the work does.

The first caller becomes the leader: it runs one batch of everybody's queued work on its own thread, commits, wakes its batch, and hands
the lead to the oldest waiting thread. Alone, a caller pays no hop; together, they share a commit. Callers of an event loop never lead (that
would block their loop): if nobody leads, a thread that is started on first need does, and each loop is woken once for a batch.

Rules: leading ends after one own batch. Work that raises harms nobody else. If a flush fails, the batch is rolled back and its works are
run again one by one. Whatever a leader is hit by (KeyboardInterrupt), it hands over, and what others had given it goes back into the queue.
A work may run on another caller's thread; it reads only its transaction, and may not call the store.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from itertools import islice, takewhile
from typing import Any, Generic, Protocol, TypeVar, cast

from cschat.errors import BatchStopped, Conflict, StoreClosed, VersionConflict
from cschat.storage.protocol import Key, Transaction, Waker
from cschat.storage.unit import Unit

__all__ = ["Backend", "FlushFailed", "Front", "Measured", "Overtaken"]

T = TypeVar("T")
Measured = Callable[[int, int, float], None]
"""Told of each commit: how many works it held, how many wait for the next, the seconds it took."""
Work = Callable[[Transaction], T]

MAX_BATCH = 256
"""Works in one commit."""
MAX_SECONDS = 0.01
"""How long a batch may run before it is committed."""
MAX_TRIES = 5
"""How often a work is run against a record that keeps changing."""


class Backend(Protocol):
    """One database, written by one thread at a time."""

    def begin(self, touches: Sequence[Key] = (), *, prompt: bool = False) -> Unit:
        """Open a write transaction, for works that are known to need these records.

        A backend may keep what works write until it commits; `prompt`: it says at once if anything of a work cannot be written.
        """
        ...

    def commit(self) -> None:
        """Make it last. If this raises, nothing was written.

        `Overtaken`: the same works will do if they are run again, all together. `FlushFailed`: one of them cannot be written.
        """
        ...

    def rollback(self) -> bool:
        """Undo it; False if there was nothing to undo because it had been committed. Never raises."""
        ...

    def committed(self) -> None:
        """Called after the batch has been told: time for housekeeping and for telling watchers. Never raises."""
        ...


class Overtaken(Exception):
    """What a batch has read was changed by others before it could commit. A backend sees to it that this happens once and not twice."""


class FlushFailed(Exception):
    """Something that was to be written cannot be, and the transaction is spoilt; the cause is the reason."""


class _Item(Generic[T]):
    """One caller's work and, later, its answer. A thread sleeps on `bell`; an event loop has a `waker`."""

    __slots__ = ("answer", "bell", "done", "error", "exclusive", "gone", "thread", "touches", "waker", "work")

    def __init__(self, work: Work[T], touches: Sequence[Key] = (), waker: Waker | None = None, *, exclusive: bool = False) -> None:
        self.work = work
        self.touches = touches
        self.waker = waker
        self.exclusive = exclusive
        self.bell: Any = None
        self.thread = 0
        self.gone = False
        self.done = False
        self.error: BaseException | None = None
        self.answer: Any = None

    def fail(self, error: BaseException) -> None:
        self.error = error
        self.done = True

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.answer  # type: ignore[no-any-return]


class _Submitted(_Item[T]):
    """What `submit` answers with."""

    __slots__ = ("front",)

    def __init__(self, work: Work[T], touches: Sequence[Key], waker: Waker, front: Front) -> None:
        super().__init__(work, touches, waker)
        self.front = front

    def cancel(self) -> bool:
        return self.front.drop(self)


class Front:
    """What every caller of a store goes through to write."""

    def __init__(self, backend: Backend, *, inline: bool = False) -> None:
        """`inline`: the backend is quick enough to be run on an event loop's own thread."""
        self._backend = backend
        self._inline = inline
        self._closed = False
        self.measured: Measured | None = None
        self._reset()

    def _reset(self) -> None:
        self._mutex = threading.Lock()
        self._queue: deque[_Item[Any]] = deque()
        self._lead: _Item[Any] | None = None
        self._idle = threading.Condition(self._mutex)
        self._runner: threading.Thread | None = None
        self._kicks = threading.Semaphore(0)

    # ------------------------------------------------------------------------------------------------------- callers

    def transact(self, work: Work[T], touches: Sequence[Key] = ()) -> T:
        """Run work, commit it, answer with its result."""
        item = _Item(work, touches)
        try:
            self._take_turn(item)
            if self._lead is item:
                begun = 0.0 if self.measured is None else time.perf_counter()
                if self._queue:
                    self._run_batch(item)
                else:
                    self._run_alone(item)
                    self._backend.committed()
                    self._measure(1, begun)
        finally:
            try:
                self._leave(item)
            except BaseException:
                self._leave(item)
                raise
        return item.result()

    def submit(self, work: Work[T], waker: Waker, touches: Sequence[Key] = ()) -> _Submitted[T]:
        """Queue work; `waker` is called when it is done."""
        item = _Submitted(work, touches, waker, self)
        with self._mutex:
            self._refuse_if_closed()
            self._queue.append(item)
            if self._lead is not None:
                return item
        if self._inline:
            self._begin()
        else:
            waker.soon(self._begin)
        return item

    def _begin(self) -> None:
        """Have what loops wait for done, unless somebody leads already and so will come to it."""
        lead = _Item(_nothing)
        with self._mutex:
            if self._lead is not None or not self._queue:
                return
            self._lead = lead
        if self._inline:
            self._lead_for_loops(lead)
        else:
            self._kick()

    def drop(self, item: _Item[Any]) -> bool:
        """Take work out of the queue; False if it has begun."""
        with self._mutex:
            if item not in self._queue:
                return False
            item.gone = True
            self._queue.remove(item)
        return True

    @contextmanager
    def batch(self, size: int) -> Generator[_Batch]:
        """Lead for as long as the block lasts, letting others in after each commit."""
        batch = _Batch(self, size)
        try:
            yield batch
        finally:
            batch.close()

    def close(self) -> None:
        """Refuse newcomers, and return when all who were waiting have their answers."""
        with self._mutex:
            self._refuse_if_leading()
            self._closed = True
        while self._lead is not None or self._queue:
            self._begin()
            with self._mutex:
                if self._lead is not None:
                    self._idle.wait()
        if self._runner is not None:
            self._kicks.release()
            self._runner.join()

    def pause(self, seconds: float) -> bool:
        """Let nobody write until `resume`. False if that could not be had in time, or the calling thread itself is writing."""
        pause = _Item(_nothing, exclusive=True)
        try:
            self._take_turn(pause, seconds, even_closed=True)
        except Conflict:
            return False
        if self._lead is pause:
            return True
        self._leave(pause)
        return False

    def resume(self, *, child: bool, paused: bool) -> None:
        """After a `pause` and a fork. In the child nobody leads and nobody waits: its parent's other threads are not there."""
        if child:
            self._reset()
        elif paused and self._lead is not None:
            self._leave(self._lead)

    # ------------------------------------------------------------------------------------------------------- leading

    def _take_turn(self, item: _Item[Any], seconds: float = -1, *, even_closed: bool = False) -> None:
        """Wait until the item leads, or somebody else has run it, or the time is over. Whatever comes of it, `_leave` must follow."""
        item.thread = threading.get_ident()
        with self._mutex:
            if not even_closed:
                self._refuse_if_closed()
            if self._lead is None:
                self._lead = item
                return
            self._refuse_if_leading()
            item.bell = threading.Lock()
            item.bell.acquire()
            self._queue.append(item)
        item.bell.acquire(timeout=seconds)

    def _leave(self, item: _Item[Any]) -> None:
        """The caller leads no longer, and waits no longer. It may be done twice, if it was interrupted."""
        if item.done and self._lead is not item and not item.gone:
            return  # somebody else has run it
        with self._mutex:
            item.gone = True
            if not self._queue and not self._closed:
                if self._lead is item:
                    self._lead = None
                return
            if item in self._queue:
                self._queue.remove(item)
            if self._lead is item:
                self._lead = next((heir for heir in self._queue if heir.bell is not None), None)
            self._call_heir()
            waiting = set() if self._lead is not None else {item.waker for item in self._queue if item.waker is not None}
        for waker in waiting:
            waker.soon(self._begin)

    def _call_heir(self) -> None:
        """Let the lead go to the oldest thread that waits; loops that wait are asked to begin when their tasks are ready."""
        heir = self._lead
        if heir is None:
            self._idle.notify_all()
        elif heir.bell is not None and heir in self._queue:
            if heir.bell.locked():
                heir.bell.release()
            self._queue.remove(heir)

    def _kick(self) -> None:
        if self._runner is None:
            self._runner = threading.Thread(target=self._run, name="cschat-writer", daemon=True)
            self._runner.start()
        self._kicks.release()

    def _run(self) -> None:
        while True:
            self._kicks.acquire()
            lead = self._lead
            if lead is None or lead.thread:
                return
            self._lead_for_loops(lead)

    def _lead_for_loops(self, lead: _Item[Any]) -> None:
        lead.thread = threading.get_ident()
        try:
            self._run_batch(None)
        finally:
            try:
                self._leave(lead)
            except BaseException:
                self._leave(lead)
                raise

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreClosed("the store has been closed")

    def _refuse_if_leading(self) -> None:
        """Waiting for oneself would never end."""
        if self._lead is not None and self._lead.thread == threading.get_ident():
            raise Conflict("this thread is writing already: neither a work nor a batch may call the store")

    # ------------------------------------------------------------------------------------------------------- batches

    def _measure(self, works: int, begun: float) -> None:
        if self.measured is not None:
            self.measured(works, len(self._queue), time.perf_counter() - begun)

    def _run_batch(self, own: _Item[Any] | None) -> None:
        items = [] if own is None else [own]
        begun = 0.0 if self.measured is None else time.perf_counter()
        try:
            with self._mutex:
                others = list(takewhile(lambda item: not item.exclusive, islice(self._queue, MAX_BATCH - len(items))))
                items += others
                for _ in others:
                    self._queue.popleft()
            self._run_together(items)
        except Exception as error:  # noqa: BLE001  (the database did not do its part: all who were in it are told)
            for item in items:
                item.fail(error)
        finally:
            try:
                self._settle(items, own)
            except BaseException:
                self._settle(items, own)
                raise
            finally:
                self._backend.committed()
                self._measure(sum(item.done for item in items), begun)

    def _run_together(self, items: list[_Item[Any]]) -> None:
        ran: list[_Item[Any]] = []
        try:
            unit = self._backend.begin([key for item in items for key in item.touches])
            late = time.monotonic() + MAX_SECONDS
            for item in items:
                self._run_one(item, unit)
                ran.append(item)
                if time.monotonic() > late:
                    break
            self._backend.commit()
            self._finish(ran)
        except Overtaken:
            self._backend.rollback()
            self._run_together(items)
        except FlushFailed:
            self._backend.rollback()
            for item in items:
                self._run_alone(item)
        except BaseException:
            if not self._backend.rollback():
                self._finish(ran)
            raise

    def _finish(self, items: Iterable[_Item[Any]]) -> None:
        for item in items:
            item.done = True

    def _run_one(self, item: _Item[Any], unit: Unit) -> None:
        item.error = None
        try:
            item.answer = item.work(unit)
        except BaseException as error:
            unit.discard()
            if not isinstance(error, Exception) and not self._belongs_to(item):
                raise  # this thread was interrupted while it ran somebody else's work
            item.error = error
            return
        try:
            unit.flush()
        except Exception as error:
            raise FlushFailed from error

    def _belongs_to(self, item: _Item[Any]) -> bool:
        """Whether an interrupt concerns the work that ran: only a main thread can be interrupted from outside, and hear of it itself."""
        lead = self._lead
        return lead is None or lead is item or lead.work is _nothing or threading.current_thread() is not threading.main_thread()

    def _run_alone(self, item: _Item[Any]) -> None:
        """One transaction for one work; again if a record changed behind it."""
        for _ in range(MAX_TRIES):
            begun = False
            try:
                unit = self._backend.begin(item.touches)
                begun = True
                self._run_one(item, unit)
                self._backend.commit()
                item.done = True
            except FlushFailed as failed:
                self._backend.rollback()
                item.fail(cast("Exception", failed.__cause__))
            except Overtaken:
                self._backend.rollback()
                item.fail(VersionConflict("what this has read was changed meanwhile", kind="", id=""))
            except Exception as error:  # noqa: BLE001  (the database did not do its part)
                self._backend.rollback()
                item.fail(error)
            except BaseException:
                item.done = not self._backend.rollback() and begun
                raise
            if not isinstance(item.error, VersionConflict):
                return

    def _settle(self, items: list[_Item[Any]], own: _Item[Any] | None) -> None:
        """Put back what did not run, and wake whose work is done. It may be done twice, if it was interrupted."""
        loops: dict[Waker, list[Any]] = {}
        for item in reversed(items):
            if not item.done and item is not own:
                self._put_back(item)
        for item in items:
            if not item.done or item is own:
                continue
            if item.waker is not None:
                loops.setdefault(item.waker, []).append(item)
            elif item.bell.locked():
                item.bell.release()
        for waker, done in loops.items():
            waker.wake(done)

    def _put_back(self, item: _Item[Any]) -> None:
        with self._mutex:
            if not item.gone and item not in self._queue:
                self._queue.appendleft(item)


def _nothing(_tx: Transaction) -> None:
    """The work of whoever wants the lead and nothing else."""


class _Batch:
    """See `Store.batch`. Holds the lead between its first work and the next commit."""

    def __init__(self, front: Front, size: int) -> None:
        self._front = front
        self._backend = front._backend  # noqa: SLF001  (the front's other half)
        self._size = size
        self._unit: Unit | None = None
        self._works: list[Work[Any]] = []
        self._lead: _Item[None] | None = None
        self._stopped = False

    def run(self, work: Work[T]) -> T:
        unit = self._ready()
        item = _Item(work)
        try:
            self._front._run_one(item, unit)  # noqa: SLF001
        except BaseException as failed:
            self._stopped = True
            self._run_again()
            if isinstance(failed, FlushFailed):
                raise cast("Exception", failed.__cause__) from None
            raise
        if item.error is not None:
            self._stopped = True
            raise item.error
        self._works.append(work)
        if len(self._works) >= self._size:
            self._commit()
        return item.result()

    def read(self, work: Work[T]) -> T:
        unit = self._ready()
        try:
            return work(unit)
        finally:
            unit.discard()

    def close(self) -> None:
        if self._lead is not None:
            self._commit()

    def _ready(self) -> Unit:
        if self._stopped:
            raise BatchStopped("a command of this batch has failed; leave the block")
        if self._unit is None:
            self._lead = _Item(_nothing, exclusive=True)
            try:
                self._front._take_turn(self._lead)  # noqa: SLF001
                self._unit = self._backend.begin(prompt=True)
            except BaseException:
                if self._front._lead is self._lead:  # noqa: SLF001
                    self._backend.rollback()
                self._leave()
                raise
        return self._unit

    def _run_again(self) -> None:
        """The transaction was spoilt: begin anew with the works that were good."""
        self._backend.rollback()
        works, self._works, self._unit = self._works, [], None
        unit = self._backend.begin(prompt=True)
        for work in works:
            item = _Item(work)
            try:
                self._front._run_one(item, unit)  # noqa: SLF001
            except FlushFailed as failed:
                item.error = failed.__cause__
            if item.error is not None:
                self._backend.rollback()
                raise BatchStopped("the commands since the last commit could not be repeated and are lost") from item.error
        self._unit = unit

    def _commit(self) -> None:
        try:
            if self._unit is not None:
                self._backend.commit()
        except BaseException as failed:
            self._stopped = True
            self._backend.rollback()
            if isinstance(failed, FlushFailed):
                raise cast("Exception", failed.__cause__) from None
            raise
        finally:
            self._unit = None
            self._works = []
            try:
                self._backend.committed()
            finally:
                self._leave()

    def _leave(self) -> None:
        if self._lead is None:
            return
        try:
            self._front._leave(self._lead)  # noqa: SLF001
        except BaseException:
            self._front._leave(self._lead)  # noqa: SLF001
            raise
        finally:
            self._lead = None
