"""Whether the desk keeps up: what is overdue, who is behind, what was given up.

May: look at the work of the desk itself, of all brands. May not: mend it, or look into sessions (`health` does).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.deliveries import Delivery, Follower
from cschat.core.leases import CLOCKS, Lease
from cschat.core.session import Session
from cschat.core.timers import Timer
from cschat.core.times import SECOND, Micros, earliest
from cschat.sight import Sight
from cschat.stats.state import Folded
from cschat.storage.protocol import Lte, TextSearch, Transaction

__all__ = ["Consumer", "Health", "HealthAnswer", "Trouble"]

LATE_SECONDS = 300
"""After how long what waits counts as forgotten."""
_MOST_PARKED = 1000
_ALL = 10_000
_RUN = "let a process run what is due: `desk.running()`, or `desk.run_due()` every second"


@attrs.frozen
class Consumer:
    """One who follows the log: a host effect, a webhook, an alert target, the statistics.

    It has read up to `position`, `behind` events are beyond it, the first of them from `since` (None: there is none). `due` is since when
    its oldest delivery could have been tried.
    """

    name: str
    position: int
    behind: int
    since: Micros | None
    due: Micros | None = None


@attrs.frozen
class Trouble:
    """Something that is not as it should be, and what helps. `code`: `clocks`, `behind`, `deliveries` or `parked`."""

    code: str
    what: str
    advice: str


@attrs.frozen
class HealthAnswer:
    """The answer to `Health`. `clocks` is when the oldest clock or timer that has not been done fell due; `parked` stops at 1,000.

    `keeper` is the process that sees to clocks now, `host:number:token`; None while there was nothing to do or nobody does.
    `index_behind`: the index of texts has something to take in. All is well while there are no `troubles`.
    """

    position: int
    clocks: Micros | None
    consumers: list[Consumer]
    index_behind: bool
    parked: int
    troubles: list[Trouble]
    keeper: str | None = None


@attrs.frozen
class Health:
    """Whether the desk keeps up, with all its brands: a `HealthAnswer`. By the desk and its host.

    That it answers says that the store can be read and that its schema is up to date, for opening it sees to that. What waits for more than
    five minutes is a trouble, and so is a delivery that was given up.
    """

    permission: ClassVar = Permission.OPERATE

    def run(self, ctx: Sight) -> HealthAnswer:
        tx, now = ctx.tx, ctx.now
        followers = tx.find(Follower, where={"brand": ""}, limit=_ALL)
        read = [(follower.id.removeprefix(f"{Follower.prefix}_"), follower.position) for follower in followers]
        position = _last(tx, max((position for _name, position in read), default=0))
        consumers = [_consumer(tx, name, reached, position, now) for name, reached in read]
        folded = tx.peek(Folded, Folded.id_of_all)
        if folded is not None and folded.layout:
            consumers.append(_consumer(tx, "statistics", folded.position, position, now))
        clocks = _overdue(tx, now)
        parked = tx.count(Delivery, where={"parked": Lte(now)}, at_most=_MOST_PARKED)
        troubles = list(_troubles(clocks, consumers, parked, now))
        return HealthAnswer(position, clocks, consumers, isinstance(tx, TextSearch) and tx.behind(), parked, troubles, _keeper(tx, now))


def _keeper(tx: Transaction, now: Micros) -> str | None:
    lease = tx.peek(Lease, Lease.id_of(CLOCKS))
    return lease.holder if lease is not None and lease.until > now else None


def _last(tx: Transaction, known: int) -> int:
    """The position of the last event, looked for from one that is known in ever longer steps and then ever shorter ones."""
    step = 1
    while tx.log(after=known + step - 1, limit=1):
        known += step
        step *= 2
    while step > 1:
        step //= 2
        if tx.log(after=known + step - 1, limit=1):
            known += step
    return known


def _consumer(tx: Transaction, name: str, reached: int, position: int, now: Micros) -> Consumer:
    following = tx.log(after=reached, limit=1)
    due = tx.find(Delivery, where={"target": name, "due": Lte(now)}, order="due", limit=1)
    since = following[0].time if following else None
    return Consumer(name, reached, position - reached, since, due[0].due if due else None)


def _overdue(tx: Transaction, now: Micros) -> Micros | None:
    sessions = tx.find(Session, where={"wake": Lte(now)}, order="wake", limit=1)
    timers = tx.find(Timer, where={"due": Lte(now)}, order="due", limit=1)
    return earliest(*(session.wake for session in sessions), *(timer.due for timer in timers))


def _troubles(clocks: Micros | None, consumers: list[Consumer], parked: int, now: Micros) -> Iterator[Trouble]:
    late = now - LATE_SECONDS * SECOND
    if clocks is not None and clocks < late:
        yield Trouble("clocks", f"what fell due {_ago(clocks, now)} has not been done", _RUN)
    for one in consumers:
        if one.since is not None and one.since < late:
            what = f"{one.name} has not read {one.behind:,} events, the first from {_ago(one.since, now)}"
            yield Trouble("behind", what, f"{_RUN}; if it is a host effect, in a process that registers it")
        elif one.due is not None and one.due < late:
            yield Trouble("deliveries", f"a delivery to {one.name} could have been tried {_ago(one.due, now)}", _RUN)
    if parked:
        what = f"{parked:,}{'+' if parked == _MOST_PARKED else ''} deliveries were given up"
        yield Trouble("parked", what, "see `desk.parked()` for their errors; then `desk.resend(...)` or `desk.discard(...)`")


def _ago(then: Micros, now: Micros) -> str:
    seconds = (now - then) // SECOND
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} seconds ago"
