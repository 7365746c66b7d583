"""The last days of 하늘상점: recorded conversations, with pauses, several at a time as in any day of work."""

import heapq
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import cycle
from pathlib import Path
from random import Random

from cschat import Actor, Desk, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.times import as_micros
from cschat.simulate.reading import Conversation, Speaker, read_conversations

CONVERSATIONS = Path(__file__).parents[1] / "shop" / "conversations.jsonl"
DAYS = 14
HOURS = (9, 10, 11, 13, 14, 15, 16)


def play(desk: Desk, agents: list[Desk], shop: dict, until: datetime) -> None:
    """Let time pass until then, with all that customers and agents do. `agents` are doors."""
    rng = Random(2026)
    coming = []
    for number, (at, said) in enumerate(zip(arrivals(until, rng), cycle(read_conversations(CONVERSATIONS)), strict=False)):
        member = shop["members"][number % 3]["member"] if number % 4 == 0 else None
        customer = desk.acting_as(Actor.guest(f"browser-{number}") if member is None else Actor.member(member))
        category = shop["intents"].get(said.intent, "기타")
        one = talk(customer, agents[number % 5 % 2], said, category, rng) if number % 6 != 1 else helped_by_bot(customer)
        coming.append((at, number, one))
    while coming:
        at, number, one = heapq.heappop(coming)
        let_pass(desk, at)
        if next(one, "over") is None:
            heapq.heappush(coming, (at + timedelta(seconds=rng.randrange(10, 80)), number, one))


def arrivals(until: datetime, rng: Random) -> Iterator[datetime]:
    """When customers come: in working hours, on Sundays not at all, and early enough to be done by `until`."""
    for ago in range(DAYS - 1, -1, -1):
        day = datetime.combine(until.date() - timedelta(days=ago), time(), until.tzinfo)
        for hour in () if day.weekday() == 6 else HOURS:
            for _ in range(1 if day.weekday() == 5 else rng.choice((2, 2, 3, 4))):
                if (at := day + timedelta(hours=hour, seconds=rng.randrange(3600))) < until - timedelta(minutes=40):
                    yield at


def talk(customer: Desk, agent: Desk, said: Conversation, category: str, rng: Random) -> Iterator[None]:
    """One conversation, a step at a time: asked, answered, ended with a note and, by most, rated."""
    first, *turns = said.turns
    session = customer.do(c.OpenSession(text=first.text))
    yield
    if customer.ask(q.GetSession(session)).state is State.BOT:
        customer.do(c.SendMessage(session, text="상담사와 이야기할래요"))
        yield
    if customer.ask(q.GetSession(session)).state is State.BOT:
        customer.do(c.RequestAgent(session))
    agent.do(c.ClaimSession(session))
    for turn in turns:
        yield
        (agent if turn.speaker is Speaker.AGENT else customer).do(c.SendMessage(session, text=turn.text))
    yield
    agent.do(c.EndSession(session))
    yield
    if rng.random() < 0.6:
        customer.do(c.RateSession(session, score=rng.choice((5, 5, 5, 4, 4, 3))))
    tags = [rng.choice(("단순문의", "단순문의", "재문의"))]
    *_, last = customer.each(q.Transcript(session))
    customer.do(c.MarkRead(session, up_to=last.seq))
    agent.do(c.WrapUp(session, note=f"{category.rpartition('/')[2]} 안내", category=category, tags=tags))


def helped_by_bot(customer: Desk) -> Iterator[None]:
    """One who needs nobody: the bot looks up the order."""
    session = customer.do(c.OpenSession(text="배송이 궁금해요"))
    for answer in ("1042", "알겠어요"):
        yield
        customer.do(c.SendMessage(session, text=answer))
    *_, last = customer.each(q.Transcript(session))
    customer.do(c.MarkRead(session, up_to=last.seq))


def let_pass(desk: Desk, until: datetime) -> None:
    """Let the desk's clock go on, doing what falls due."""
    desk.advance(microseconds=as_micros(until) - desk.clock.now())
