"""Rules are obeyed: what sets one off, and what it then does.

May: look at the brand's rulebook, set rules off, do what they say, within the transaction of whatever has happened. May not: fail the
command that has set them off. What a rule cannot do is recorded, and what has happened goes on.

A rule is set off once by what stands at the beginning of a chain of causes. If it would be again, by way of others or by itself, it is
stopped there, and the chain is recorded.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from cschat.about import About
from cschat.commands.distributing import DirectSession
from cschat.commands.ending import end
from cschat.commands.owning import ReleaseSession
from cschat.commands.protocol import Context
from cschat.commands.sorting import SetCategory, SetPriority, TagSession, UntagSession
from cschat.commands.talking import say
from cschat.commands.waiting import MoveToIntake, RequestAgent
from cschat.core import events as e
from cschat.core.calendar import next_change
from cschat.core.channels import channel_named, fit
from cschat.core.content import Content, Speaker, Visibility
from cschat.core.people import Agent, AgentStatus, Customer, Role
from cschat.core.records import evolve
from cschat.core.rules import Rule, Rulebook, Watch
from cschat.core.session import Session, State, may
from cschat.core.times import Micros
from cschat.errors import CschatError, ReactionLoop, StoreClosed, StoreUnavailable, VersionConflict
from cschat.facts import Facts
from cschat.rules.actions import Action
from cschat.rules.book import Book, ReadRule, author_of, opened_book
from cschat.rules.clocks import anchor_of, due_at, fired, look_at, missed

__all__ = ["answer", "filled", "language_of", "look", "next_look", "rules_of"]

DEEPEST = 20
"""How long a chain of causes may be for a rule to add to it; less than `MAX_CHAIN`, so that what a rule does finds room."""
_NOT_OURS = (ReactionLoop, StoreClosed, StoreUnavailable, VersionConflict)
_AGAIN = "it would set itself off again"
_TOO_DEEP = "too many rules set each other off"


class _Same:
    """A rulebook as a key. A store gives the same object until it, or another process, writes: then they are compared as a whole."""

    __slots__ = ("book",)

    def __init__(self, book: Rulebook) -> None:
        self.book = book

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and (other.book is self.book or other.book == self.book)

    def __hash__(self) -> int:
        return hash((self.book.id, self.book.seq))


@lru_cache(maxsize=64)
def _opened(same: _Same) -> Book:
    return opened_book(same.book)


def rules_of(ctx: Context) -> Book | None:
    """The brand's rules, read; None: it has none."""
    book = ctx.kept(_book)
    return None if book is None else _opened(_Same(book))


def _book(ctx: Context) -> Rulebook | None:
    return ctx.tx.peek(Rulebook, Rulebook.id_of(ctx.brand_id))


# --------------------------------------------------------------------------------------------------- what sets a rule off


def answer(ctx: Context, event: e.Event, rules: Sequence[ReadRule]) -> None:
    """Set off those of the rules that an event concerns and whose condition holds, in their order."""
    session = facts = None
    by = author_of(event)
    for ready in rules:
        if by is None or ready.rule.when.by not in (None, by):
            continue
        if session is None or facts is None:
            session = ctx.tx.get(Session, event.subject)
            facts = Facts(ctx.see, session, event, now=ctx.now)
        if ready.condition.holds(facts):
            _set_off(ctx, session, ready)
            session = None


def look(ctx: Context, session: Session) -> Session:
    """Set off the rules of time that are due for a session, in their order; the session after that."""
    book = rules_of(ctx)
    if book is None or not book.timed:
        return session
    watch = ctx.tx.peek(Watch, Watch.id_of(session.id)) or Watch(Watch.id_of(session.id), ctx.brand_id)
    marks = {id: mark for id, mark in watch.marks.items() if id in book.names}
    for ready in book.timed:
        when, mark = ready.rule.when, marks.get(ready.rule.id)
        anchor = anchor_of(when, session)
        due = None if anchor is None else due_at(when, anchor, mark)
        if anchor is None or due is None or due > ctx.now:
            continue
        if ready.condition.holds(Facts(ctx.see, session, None, now=ctx.now)):
            marks[ready.rule.id] = fired(mark, anchor, when, ctx.now)
            _set_off(ctx, session, ready)
            session = ctx.tx.get(Session, session.id)
        else:
            opens = next_change(ctx.see.hours(), ctx.now) if ready.condition.fields & {"open", "closed_for"} else None
            marks[ready.rule.id] = missed(mark, anchor, ctx.now, opens=opens)
    if marks != watch.marks:
        ctx.tx.put(evolve(watch, marks=marks))
    return session


def next_look(ctx: Context, session: Session) -> Micros | None:
    """When the rules of time want to look at a session next; None: not before something happens to it."""
    book = rules_of(ctx)
    if book is None or not book.timed:
        return None
    watch = ctx.tx.peek(Watch, Watch.id_of(session.id))
    marks = {} if watch is None else watch.marks
    looks = (look_at(ready.rule.when, session, marks.get(ready.rule.id), ctx.now) for ready in book.timed)
    return min((at for at in looks if at is not None), default=None)


def _set_off(ctx: Context, session: Session, ready: ReadRule) -> None:
    rule, chain = ready.rule, ctx.chain
    what = f"{session.id} {rule.id}"
    if ready.link in chain or len(chain) >= DEEPEST:
        if not ctx.first_time(f"stop {what}"):
            return
        names = rules_of(ctx)
        links = [*(link for link in chain if link.startswith("rule:")), ready.link]
        told = tuple(link if names is None else names.names.get(link.removeprefix("rule:"), link) for link in links)
        ctx.record(session, e.RuleStopped(rule.id, rule.name, _AGAIN if ready.link in chain else _TOO_DEEP, told))
        return
    if chain and not ctx.first_time(what):
        return
    session = ctx.record(session, e.RuleFired(rule.id, rule.name))
    with ctx.because(f"{session.id}:{session.seq}", ready.link):
        for action in ready.actions:
            reason = _done(ctx, ctx.tx.get(Session, session.id), rule, action)
            if reason is not None:
                body = e.RuleStopped(rule.id, rule.name, f"{action.name}: {reason}"[:1000])
                ctx.record(ctx.tx.get(Session, session.id), body)
                return


# ------------------------------------------------------------------------------------------------------ what a rule does


def _done(ctx: Context, session: Session, rule: Rule, action: Action) -> str | None:
    """Do it; why it cannot be done, if it cannot."""
    needs, already, do = _ACTIONS[action.name]
    if session.state in already:
        return None
    if needs is not None and not may(session.state, needs):
        return f"not possible for a session that is {session.state}"
    try:
        do(ctx, session, rule, action.given)
    except _NOT_OURS:
        raise
    except CschatError as error:
        return str(error)
    return None


def filled(ctx: Context, session: Session, texts: Mapping[str, str], language: str) -> str:
    """The text in a language, with its variables filled in."""
    from cschat.bots.templates import template

    text = texts.get(language) or texts.get(language.partition("-")[0]) or texts.get("") or next(iter(texts.values()))
    agent = None if session.agent is None else ctx.tx.get(Agent, session.agent)
    shown = agent is not None and agent.status is not AgentStatus.HIDDEN
    about = About(ctx.see, session, ctx.tx.get(Customer, session.customer))
    return template(text).render(ChainMap({"agent": {"name": agent.name} if agent is not None and shown else {}}, about))  # type: ignore[arg-type]


def language_of(ctx: Context, session: Session) -> str:
    """The language in which a customer is spoken to."""
    return session.language or ctx.tx.get(Customer, session.customer).language or ctx.see.brand().language


def _send(ctx: Context, session: Session, _rule: Rule, given: Mapping[str, str]) -> None:
    content = Content(text=filled(ctx, session, given, language_of(ctx, session)))
    content.check()
    for part in fit(content, channel_named(session.channel)):
        session, _ = say(ctx, session, Speaker.SYSTEM, part)


def _note(ctx: Context, session: Session, _rule: Rule, given: Mapping[str, str]) -> None:
    content = Content(text=filled(ctx, session, given, ctx.see.brand().language))
    content.check()
    say(ctx, session, Speaker.SYSTEM, content, visibility=Visibility.INTERNAL)


def _alert(ctx: Context, session: Session, rule: Rule, given: Mapping[str, Any]) -> None:
    text = filled(ctx, session, given["text"], ctx.see.brand().language)
    ctx.record(session, e.AlertRaised(given["kind"], text, rule.name))


def _end(ctx: Context, session: Session, rule: Rule, reason: str) -> None:
    if session.state is State.WRAP_UP:
        ctx.record(session, e.WrappedUp(Role.SYSTEM, reason=reason))
        return
    when = rule.when
    what = f"event:{when.event}" if when.event else f"silent:{when.silent}" if when.silent else f"state:{when.state}"
    end(ctx, session, reason, timer=what, policy=f"rule:{rule.name}")


def _hold(ctx: Context, session: Session, _rule: Rule, seconds: float) -> None:
    ctx.record(session, e.Held(ctx.now + round(seconds * 1_000_000)))


def _direct(ctx: Context, session: Session, _rule: Rule, whom: Mapping[str, str]) -> None:
    """To whom the rule says, unless somebody has asked for an agent by name: that goes before."""
    if session.wanted is not None:
        events = ctx.tx.events(session.id, limit=session.seq)
        if next(event.cause for event in reversed(events) if isinstance(event.body, e.Directed)) is None:
            return
    DirectSession(session.id, **whom).run(ctx)


_Do = Callable[[Context, Session, Rule, Any], object]
_NEVER: tuple[State, ...] = ()
_ACTIONS: Mapping[str, tuple[type | None, tuple[State, ...], _Do]] = {
    "set_category": (None, _NEVER, lambda ctx, session, _rule, path: SetCategory(session.id, path).run(ctx)),
    "set_priority": (None, _NEVER, lambda ctx, session, _rule, priority: SetPriority(session.id, priority).run(ctx)),
    "add_tags": (None, _NEVER, lambda ctx, session, _rule, tags: TagSession(session.id, tags).run(ctx)),
    "remove_tags": (None, _NEVER, lambda ctx, session, _rule, tags: UntagSession(session.id, tags).run(ctx)),
    "direct": (e.Directed, _NEVER, _direct),
    "request_agent": (
        e.AgentRequested,
        (State.QUEUED, State.ACTIVE),
        lambda ctx, session, _rule, _yes: RequestAgent(session.id).run(ctx),
    ),
    "release": (e.Released, (State.QUEUED,), lambda ctx, session, _rule, _yes: ReleaseSession(session.id).run(ctx)),
    "move_to_intake": (e.MovedToIntake, (State.INTAKE,), lambda ctx, session, _rule, reason: MoveToIntake(session.id, reason).run(ctx)),
    "hold": (e.Held, _NEVER, _hold),
    "end": (None, (State.CLOSED,), _end),
    "send": (None, _NEVER, _send),
    "note": (None, _NEVER, _note),
    "alert": (None, _NEVER, _alert),
}
"""For each action: the event that must be possible, the states in which there is nothing left to do, and how it is done."""
