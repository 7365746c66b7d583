"""What timers cost: those that are not due, and those that are, all at one moment and each at its own."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

from cschat import Actor, Desk
from cschat import commands as c
from cschat.core.clock import FakeClock
from cschat.core.timers import Timer
from cschat.core.times import as_datetime

__all__ = ["due_per_second", "look"]

ROUNDS = 2_000
PER_SESSION = 20
PER_AGENT = 900


def look(pending: int) -> float:
    """Microseconds that `run_due` takes in memory, with nothing due and so many timers pending: the median."""
    clock = FakeClock()
    desk = Desk.open("memory:", clock=clock, seed=1)
    later = clock.now() + 3_600_000_000
    with desk.store.batch(size=10_000) as batch:
        for first in range(0, pending, 1000):
            timers = [
                Timer(Timer.id_of("delayed", f"dly_{n}"), "brd_main", "delayed", f"dly_{n}", later + n) for n in range(first, first + 1000)
            ]
            batch.run(lambda tx, timers=timers: [tx.put(timer) for timer in timers])
    desk.run_due()
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        desk.run_due()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e6


def due_per_second(count: int, *, apart: bool) -> float:
    """Delayed replies that `advance` sends in a second of processor time, in memory: all due at one moment, or a millisecond apart."""
    clock = FakeClock()
    desk = Desk.open("memory:", clock=clock, seed=1)
    customer = desk.do(c.RegisterCustomer(guest="browser"))
    begins = as_datetime(clock.now()) + timedelta(hours=1)
    with desk.batch():
        for number in range(count):
            if number % (PER_SESSION * PER_AGENT) == 0:
                agent = desk.acting_as(Actor.agent(desk.do(c.AddAgent(name="상담사", capacity=1000))))
            if number % PER_SESSION == 0:
                session = agent.do(c.OpenSessionByAgent(customer))
            agent.do(c.DelayReply(session, begins + timedelta(milliseconds=number if apart else 0), text="오늘 출발했어요."))
    began = time.process_time()
    desk.advance(hours=3)
    took = time.process_time() - began
    assert not list(desk.store.stream(Timer))
    return count / took
