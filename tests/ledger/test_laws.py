"""Whatever happens, the books hold: entries sum to zero, the balance is what was posted, nothing is charged twice, stores agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.needs import empty
from tests.office import Office

from cschat import Desk, Event, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.ledger import AtZero, ChargeKind, Ledger, Posting, added
from cschat.core.times import as_datetime
from cschat.errors import CschatError

Step = tuple[str, Any]
MONEY = st.integers(1, 2_000)
PRICES = st.dictionaries(st.sampled_from([kind.value for kind in ChargeKind]), st.integers(0, 400))
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("top up"), MONEY),
    st.tuples(st.just("adjust"), st.integers(-500, 500).filter(bool)),
    st.tuples(st.just("charge"), st.tuples(st.sampled_from(["sms", "notification"]), st.sampled_from("abc"), st.integers(1, 9))),
    st.tuples(st.just("price"), st.tuples(PRICES, st.sampled_from([None, 0, 1, 20]))),
    st.tuples(st.just("rule"), st.tuples(st.sampled_from([*AtZero]), st.none() | MONEY)),
    st.tuples(st.sampled_from(["open", "request", "claim", "answer", "answer", "end", "reopen", "write", "outbound"]), st.integers(0, 2)),
    st.tuples(st.just("wait"), st.sampled_from([1, 9, 24, 24 * 31])),
    st.tuples(st.just("hire"), st.none()),
    st.tuples(st.just("repeat the month"), st.none()),
)


class Run:
    """One desk on which steps are taken."""

    def __init__(self, url: str) -> None:
        self.clock = FakeClock("2026-03-20 10:00")
        self.office = Office.on(Desk.open(url, clock=self.clock, seed=1), self.clock)
        self.office.desk.do_all([c.ChangeBrand(grace=0, reopening={"*": "same_session"}), c.SetLedger(), c.SetTariff({"session": 100})])
        self.sessions = [self.office.session() for _ in range(3)]

    def take(self, step: Step) -> str:
        """Take a step; the name of the error, if it was refused. While the ledger blocks, nobody new is accepted."""
        before, position = self.ledger, self.office.desk.position()
        try:
            self._does[step[0]](self, step[1])
            refused = ""
        except CschatError as error:
            refused = type(error).__name__
        if before.blocks(self.clock.now()) and step[0] not in ("wait", "top up", "adjust", "rule", "price"):
            fresh = [event for event in self.log if event.position > position]
            assert not [event for event in fresh if isinstance(event.body, (e.AgentRequested, e.OpenedByAgent))]
            assert not [event for event in fresh if isinstance(event.body, e.Assigned) and not self._waited(event)]
        return refused

    def _waited(self, event: Event) -> bool:
        """Whether what was assigned had been in the queue."""
        earlier = [one.body for one in self.office.log(event.subject) if one.seq < event.seq]
        moves = [one for one in earlier if isinstance(one, (e.AgentRequested, e.MessageLeft, e.Reopened, e.Opened))]
        return isinstance(moves[-1], e.AgentRequested)

    @property
    def ledger(self) -> Ledger:
        found = self.office.desk.ask(q.GetLedger())
        assert found is not None
        return found

    @property
    def log(self) -> list[Event]:
        return self.office.desk.store.read(lambda tx: tx.log(after=0, limit=100_000))

    def _charge(self, what: tuple[str, str, int]) -> None:
        kind, key, count = what
        self.office.desk.do(c.Charge(kind, key, count))

    def _price(self, what: tuple[dict[str, int], int | None]) -> None:
        prices, days = what
        today = as_datetime(self.clock.now()).astimezone(self.clock.zone).date()
        self.office.desk.do(c.SetTariff(prices, effective=None if days is None else today + timedelta(days=days)))  # type: ignore[arg-type]

    def _wait(self, hours: int) -> None:
        self.office.desk.advance(hours=hours)

    def _repeat(self, _what: None) -> None:
        door, began = self.office.system._door, FakeClock("2026-04-01 00:00").now()
        self.office.desk.store.transact(door.doing(lambda ctx: ctx.arm("ledger", "led_main", began)), brand=door.brand_id)
        self.office.desk.settle()

    def _reopen(self, number: int) -> None:
        session = self.office.look(self.sessions[number])
        (self.office.agent if session.state is State.CLOSED else self.office.visitor).do(c.ReopenSession(session))

    def _open(self, number: int) -> None:
        self.sessions[number] = self.office.session()

    _does: dict[str, Callable[[Run, Any], Any]] = {  # noqa: RUF012
        "top up": lambda self, amount: self.office.desk.do(c.TopUp(amount)),
        "adjust": lambda self, amount: self.office.desk.do(c.AdjustBalance(amount, "정정")),
        "charge": _charge,
        "price": _price,
        "rule": lambda self, how: self.office.desk.do(c.SetLedger(how[0], low=how[1])),
        "open": _open,
        "request": lambda self, number: self.office.visitor.do(c.RequestAgent(self.sessions[number])),
        "claim": lambda self, number: self.office.agent.do(c.ClaimSession(self.sessions[number])),
        "answer": lambda self, number: self.office.agent.do(c.SendMessage(self.sessions[number], text="네")),
        "write": lambda self, number: self.office.visitor.do(c.SendMessage(self.sessions[number], text="저기요")),
        "end": lambda self, number: self.office.agent.do_all([c.EndSession(self.sessions[number]), c.WrapUp(self.sessions[number])]),
        "reopen": _reopen,
        "outbound": lambda self, _number: self.office.agent.do(c.OpenSessionByAgent(self.office.customer, text="안내")),
        "wait": _wait,
        "hire": lambda self, _what: self.office.desk.do(c.AddAgent(name="새")),
        "repeat the month": _repeat,
    }


def check(run: Run) -> None:
    """The laws."""
    accounts: dict[str, int] = {}
    counts: Counter[str] = Counter()
    charged: set[tuple[str, str]] = set()
    at_zero, last = AtZero.BLOCK, 0
    for event in run.office.log("led_main"):
        body = event.body
        assert event.time >= last
        last = event.time
        if isinstance(body, e.LedgerSet):
            at_zero = AtZero(body.after["at_zero"])
        if not isinstance(body, e.Posted):
            continue
        assert sum(entry.amount for entry in body.entries) == 0
        assert all(type(entry.amount) is int for entry in body.entries)
        accounts = added(accounts, body.entries)
        counts[body.kind] += body.count
        assert (body.accounts, body.counts) == (accounts, {kind: count for kind, count in counts.items() if count})
        assert not body.key or (body.kind, body.key) not in charged
        charged.add((body.kind, body.key))
        line = Posting.of(event)
        assert line.balance == accounts["balance"]
        if at_zero is AtZero.BLOCK and line.amount < 0 and line.balance < 0:
            assert body.kind == "session"
    ledger = run.ledger
    assert (ledger.accounts, ledger.balance, sum(accounts.values())) == (accounts, accounts.get("balance", 0), 0)
    answered = answered_days(run)
    assert {key for kind, key in charged if kind == "session"} <= answered


def answered_days(run: Run) -> set[str]:
    """Every session and day on which an agent has said something in it."""
    said = [event for event in run.log if isinstance(event.body, e.MessageSent) and event.body.agent is not None]
    return {f"{event.subject}:{event.at.astimezone(run.clock.zone).date()}" for event in said}


def summed(lines: Sequence[Posting], kind: str) -> int:
    return sum(line.amount for line in lines if line.kind == kind)


@settings(max_examples=80)
@given(steps=st.lists(STEPS, max_size=40))
def test_the_books_hold(steps: list[Step]):
    run = Run("memory:")
    for step in steps:
        run.take(step)
    check(run)


@settings(max_examples=15)
@given(steps=st.lists(STEPS, min_size=5, max_size=30))
def test_every_store_has_the_same_books(steps: list[Step], postgres_desk: str):
    with TemporaryDirectory() as folder:
        empty(postgres_desk)
        first, *others = runs = [Run("memory:"), Run(f"sqlite:///{Path(folder) / 'desk.db'}?synchronous=normal"), Run(postgres_desk)]
        for step in steps:
            answer, *answers = [run.take(step) for run in runs]
            assert answers == [answer] * 2, step
        for other in others:
            assert first.ledger == other.ledger
            assert first.office.log("led_main") == other.office.log("led_main")
            for query in (q.Statement(), q.ChargedCounts(), q.Postings(limit=1000)):
                assert first.office.desk.ask(query) == other.office.desk.ask(query)
            other.office.desk.close()


@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=25), start=st.integers(-2, 1_500), hours=st.integers(0, 1_000))
def test_a_statement_is_the_sum_of_its_lines(steps: list[Step], start: int, hours: int):
    run = Run("memory:")
    begin = as_datetime(run.clock.now())
    for step in steps:
        run.take(step)
    first = begin + timedelta(hours=start)
    last = first + timedelta(hours=hours)
    every = list(run.office.desk.each(q.Postings(limit=3)))
    within = [line for line in every if first <= line.at < last]
    found = run.office.desk.ask(q.Statement(first, last))
    assert found is not None
    assert list(run.office.desk.each(q.Postings(first, last, limit=2))) == within
    assert found.opening == sum(line.amount for line in every if line.at < first)
    assert found.closing == found.opening + sum(line.amount for line in within)
    assert found.closing == found.opening + found.topped_up + found.adjusted - found.charged
    assert (found.topped_up, found.adjusted) == (summed(within, "top_up"), summed(within, "adjustment"))
    for kind, one in found.by_kind.items():
        assert (one.count, -one.amount) == (sum(line.count for line in within if line.kind == kind), summed(within, kind))


@settings(max_examples=30)
@given(steps=st.lists(STEPS, max_size=30))
def test_with_a_price_all_the_time_every_answered_day_is_charged_and_nothing_else(steps: list[Step]):
    run = Run("memory:")
    for step in steps:
        if step[0] != "price":
            run.take(step)
    assert {line.key for line in run.office.desk.each(q.Postings()) if line.kind == "session"} == answered_days(run)
