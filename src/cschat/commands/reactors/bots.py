"""Scenarios meet sessions: what a customer says and what the bot answers are one commit.

May: run the engine on a session's cursors and record what follows. May not: decide what a scenario means.

Main scenarios run in BOT: the brand's `entry` says which, when a session opens or comes back to the bot. Side scenarios run beside people:
the brand's `beside` says which. A scenario that cannot go on records `ScenarioFailed`, and people are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from cschat.about import About
from cschat.accepting import unavailable
from cschat.commands.customers import RecordConsent, UpdateCustomer
from cschat.commands.ending import end
from cschat.commands.protocol import Context
from cschat.commands.sorting import SetCategory, SetPriority, TagSession
from cschat.commands.talking import say
from cschat.commands.waiting import LeaveMessage, RequestAgent
from cschat.core import events as e
from cschat.core.channels import channel_named, fit
from cschat.core.content import Content, Speaker, Visibility
from cschat.core.knowledge import plain_text
from cschat.core.people import Customer, Group
from cschat.core.records import evolve
from cschat.core.scenarios import ScenarioVersion, entry_of
from cschat.core.session import Session, State
from cschat.core.times import as_datetime
from cschat.errors import CschatError, MissingExtra, NotFound, ScenarioError

if TYPE_CHECKING:
    from cschat.bots import engine
    from cschat.bots.scenario import Scenario

__all__ = ["Scenarios", "Search"]

T = TypeVar("T")
_QUARTER = 900_000_000
_NOTHING_AGREED: frozenset[tuple[str, str]] = frozenset()
Search = Callable[[str, str | None, int], Sequence[Any]]
"""Finds articles for a `faq`, as `Env.search` does: pure, quick, and without input or output of its own, for it runs in the transaction."""


class Scenarios:
    """The reactor that runs the brand's scenarios. One for each desk; it keeps the versions it has read, which never change."""

    on: Collection[type] = (
        e.Opened,
        e.ReturnedToBot,
        e.Reopened,
        e.MessageSent,
        e.AgentRequested,
        e.AgentUnavailable,
        e.Assigned,
        e.Ended,
        e.ActionAnswered,
    )

    def __init__(self) -> None:
        self._known: dict[str, Scenario] = {}
        self.search: Search | None = None

    # -------------------------------------------------------------------------------------------------- what has happened

    def react(self, ctx: Context, event: e.Event) -> None:
        body = event.body
        if type(body) is e.MessageSent:
            if body.author is Speaker.CUSTOMER:
                self._heard(ctx, event)
            return
        session = ctx.tx.get(Session, event.subject)
        match body:
            case e.Opened(page=page):
                self._enter(ctx, session, page)
            case e.ReturnedToBot() | e.Reopened(to="bot"):
                self._enter(ctx, session, "")
            case e.AgentUnavailable(reason=reason):
                self._turn(ctx, session, _engine().Refused(reason), side=False)
            case e.AgentRequested() if session.state is State.QUEUED:
                self._beside(ctx, session, "queued")
            case e.Assigned() if session.state is State.ACTIVE:
                self._beside(ctx, session, "assigned")
            case e.Ended() if session.last_agent is not None and session.state in (State.WRAP_UP, State.CLOSED):
                self._beside(ctx, session, "ended")
            case e.ActionAnswered():
                given = _engine().Returned(body.value) if body.ok else _engine().Failed(body.reason)
                for side, cursor in ((False, session.main), (True, session.side)):
                    if cursor is not None and cursor.asked == body.answers:
                        self._turn(ctx, session, given, side=side)
                        return
            case _:
                pass

    def _heard(self, ctx: Context, event: e.Event) -> None:
        session = ctx.tx.get(Session, event.subject)
        if event.body.step:
            self._turn(ctx, session, _engine().Said(event.body.content), side=True)
        elif session.main is not None:
            self._turn(ctx, session, _engine().Said(event.body.content), side=False)

    def takes(self, ctx: Context, session: Session, content: Content) -> bool:
        """Whether the session's side scenario waits for just this."""
        cursor = session.side
        if cursor is None or session.state is State.BOT:
            return False
        try:
            scenario = self._scenario(ctx, cursor.scenario)
        except ScenarioError:
            return False  # not one of ours: another reactor's
        return _engine().takes(scenario, cursor, content, self._env(ctx, session, side=True))  # type: ignore[no-any-return]

    # ----------------------------------------------------------------------------------------------------------- beginning

    def _enter(self, ctx: Context, session: Session, page: str) -> None:
        brand = ctx.see.brand()
        if not brand.entry or session.state is not State.BOT:
            return
        customer = ctx.tx.get(Customer, session.customer)
        is_open = unavailable(ctx.see) is None
        name = entry_of(brand.entry, session, customer, page=page, language=session.language or brand.language, is_open=is_open)
        if name is not None:
            self._begin(ctx, session, name, side=False)

    def _beside(self, ctx: Context, session: Session, when: str) -> None:
        name = ctx.see.brand().beside.get(when)
        if name is not None:
            self._begin(ctx, session, name, side=True)
        elif session.side is not None and session.side.scenario.startswith(f"{ScenarioVersion.prefix}_"):
            ctx.record(session, e.BotMoved(side=True, scenario=session.side.scenario))  # what stood beside the last stage is over

    def _begin(self, ctx: Context, session: Session, name: str, *, side: bool) -> None:
        version = _latest(ctx, name)
        if version is None:
            self._failed(ctx, session, name, ScenarioError(reason=f"there is no scenario {name}"), side=side)
        else:
            self._turn(ctx, session, _engine().Start(version.id), side=side, begin=version.id)

    # ------------------------------------------------------------------------------------------------------------ one turn

    def _turn(self, ctx: Context, session: Session, given: engine.Given, *, side: bool, begin: str | None = None) -> None:
        cursor = None if begin else (session.side if side else session.main)
        key = begin or (None if cursor is None else cursor.scenario)
        if key is None or not key.startswith(f"{ScenarioVersion.prefix}_") or (side is (session.state is State.BOT)):
            return  # nothing is under way, or another reactor's bot is
        try:
            scenario = self._scenario(ctx, key)
            outcome = _engine().answer(scenario, cursor, given, self._env(ctx, session, side=side))
            session = self._record(ctx, session, key, outcome, side=side)
        except ScenarioError as error:
            self._failed(ctx, session, key, error, side=side)

    def _record(self, ctx: Context, session: Session, key: str, outcome: engine.Outcome, *, side: bool) -> Session:
        cursor: e.BotCursor | None = outcome.cursor
        acts: list[engine.Act] = [effect for effect in outcome.effects if type(effect) is _engine().Act]  # type: ignore[misc]  # pyright: ignore[reportAssignmentType]
        channel = channel_named(session.channel)
        for reply in outcome.replies:
            for content in fit(reply, channel):
                session, _ = say(ctx, session, Speaker.BOT, content)
        for act in acts:
            until = ctx.now + round(act.timeout * 1_000_000)
            session = ctx.record(session, e.ActionRequested(act.action, dict(act.with_), until))
            if cursor is not None:
                cursor = evolve(cursor, asked=session.seq, until=until)
        if outcome.path or cursor != (session.side if side else session.main):
            session = ctx.record(session, e.BotMoved(side, cursor, key, outcome.path, outcome.called))
        for effect in outcome.effects:
            if effect not in acts:
                session = _EFFECTS[type(effect).__name__](ctx, ctx.tx.get(Session, session.id), effect)
        return session

    def _failed(self, ctx: Context, session: Session, key: str, error: ScenarioError, *, side: bool) -> None:
        session = ctx.tx.get(Session, session.id)
        session = ctx.record(session, e.ScenarioFailed(key, error.step, error.reason[:1000]))
        if (session.side if side else session.main) is not None:
            session = ctx.record(session, e.BotMoved(side, scenario=key))
        if not side and session.state is State.BOT:
            RequestAgent(session.id).run(ctx)

    # --------------------------------------------------------------------------------------------------- what it may know

    def _scenario(self, ctx: Context, key: str) -> Scenario:
        found = self._known.get(key)
        if found is None:
            from cschat.bots.format import load

            try:
                version = ctx.see.mine(ScenarioVersion, key)
            except NotFound as error:
                raise ScenarioError(reason=f"there is no scenario {key}") from error
            found = self._known[key] = load(version.document)
        return found

    def _env(self, ctx: Context, session: Session, *, side: bool) -> engine.Env:
        brand = ctx.see.brand()
        customer = ctx.tx.get(Customer, session.customer)
        language = session.language or customer.language or brand.language

        def latest(name: str) -> str:
            version = _latest(ctx, name)
            if version is None:
                raise ScenarioError(reason=f"there is no scenario {name}")
            return version.id

        return _engine().Env(  # type: ignore[no-any-return]
            language=language,
            about=About(ctx.see, session, customer),
            today=_day(brand.zone, ctx.now // _QUARTER),
            agreed=_agreed(customer) if customer.consents else _NOTHING_AGREED,
            search=self.search or partial(_offered, ctx),
            scenarios=lambda key: self._scenario(ctx, key),
            latest=latest,
            forms=channel_named(session.channel).forms,
            side=side,
        )


@cache
def _engine() -> Any:
    """The engine, imported when the first scenario runs, so that a desk without bots does not pay for it."""
    from cschat.bots import engine

    return engine


@lru_cache(maxsize=64)
def _day(zone: str, quarter: int) -> date:
    """The day that it is in a zone. Days begin on a quarter of an hour in UTC everywhere, so one is good for all of its quarter."""
    return as_datetime(quarter * _QUARTER).astimezone(ZoneInfo(zone)).date()


def _agreed(customer: Customer) -> frozenset[tuple[str, str]]:
    """What the customer agrees to now: the last word on each counts."""
    last = {(consent.what, consent.version): consent.given for consent in customer.consents}
    return frozenset(terms for terms, given in last.items() if given)


def _latest(ctx: Context, name: str) -> ScenarioVersion | None:
    found = ctx.tx.find(ScenarioVersion, where={"brand": ctx.brand_id, "name": name}, order="-number", limit=1)
    return found[0] if found else None


# --------------------------------------------------------------------------------------------------- what the engine wants


def _offered(ctx: Context, text: str, section: str | None, limit: int) -> Sequence[Any]:
    """The brand's own articles, if the best is good enough to be offered."""
    try:
        found = ctx.see.finder.articles(ctx.tx, ctx.brand_id, ctx.now, text, section=section, limit=limit)
    except MissingExtra as error:
        raise ScenarioError(reason=str(error)) from error
    articles = [one.record for one in found] if found and found[0].sure else []
    return [_engine().Found(article.id, article.title, plain_text(article.body)) for article in articles]


def _tag(ctx: Context, session: Session, effect: engine.Tag) -> Session:
    return _tried(lambda: TagSession(session, effect.names).run(ctx))


def _categorise(ctx: Context, session: Session, effect: engine.Categorise) -> Session:
    return _tried(lambda: SetCategory(session, effect.path).run(ctx))


def _prioritise(ctx: Context, session: Session, effect: engine.Prioritise) -> Session:
    return SetPriority(session, effect.priority).run(ctx)


def _ask_for_person(ctx: Context, session: Session, effect: engine.AskForPerson) -> Session:
    if effect.category is not None:
        session = _tried(lambda: SetCategory(session, effect.category).run(ctx))
    if effect.priority is not None:
        session = SetPriority(session, effect.priority).run(ctx)
    if effect.group is not None and not ctx.tx.find(Group, where={"brand": ctx.brand_id, "name": effect.group}, limit=1):
        raise ScenarioError(reason=f"there is no group {effect.group}")
    RequestAgent(session.id).run(ctx)
    return ctx.tx.get(Session, session.id)


def _take_message(ctx: Context, session: Session, effect: engine.TakeMessage) -> Session:
    """The answers become a note for whoever handles it, and what the profile does not know yet is kept there."""
    note = "\n".join(f"{name}: {value}" for name, value in effect.answers.items() if value)
    if note:
        session, _ = say(ctx, session, Speaker.BOT, Content(text=note[:20_000]), visibility=Visibility.INTERNAL)
    profile = ctx.tx.get(Customer, session.customer).profile
    told: dict[str, Any] = {
        name: effect.answers[name] for name in ("name", "phone", "email") if effect.answers.get(name) and not getattr(profile, name)
    }
    if told:
        _tried(lambda: UpdateCustomer(session.customer, **told).run(ctx))
    return LeaveMessage(session.id).run(ctx)


def _keep(ctx: Context, session: Session, effect: engine.Keep) -> Session:
    in_profile = effect.name in ctx.tx.get(Customer, session.customer).profile.__struct_fields__
    kept: dict[str, Any] = {effect.name: effect.value} if in_profile else {"attributes": {effect.name: effect.value}}
    _tried(lambda: UpdateCustomer(session.customer, **kept).run(ctx))
    return session


def _agree(ctx: Context, session: Session, effect: engine.Agree) -> Session:
    RecordConsent(effect.what, effect.purpose, effect.version, effect.given, customer=session.customer).run(ctx)
    return session


def _judge(ctx: Context, session: Session, effect: engine.Score) -> Session:
    if session.state in (State.QUEUED, State.INTAKE):
        return session  # there is nothing to judge yet
    return ctx.record(session, e.Rated(effect.score, effect.scale))


def _finish(ctx: Context, session: Session, effect: engine.Finish) -> Session:
    if session.state is not State.BOT:
        return session
    return end(ctx, session, effect.reason, timer="scenario", policy="entry")


def _tried(work: Callable[[], T]) -> T:
    """Carry a command out; what it refuses is the scenario's fault."""
    try:
        return work()
    except CschatError as error:
        raise ScenarioError(reason=str(error)) from error


_EFFECTS: Mapping[str, Callable[[Context, Session, Any], Session]] = {
    "Tag": _tag,
    "Categorise": _categorise,
    "Prioritise": _prioritise,
    "AskForPerson": _ask_for_person,
    "TakeMessage": _take_message,
    "Keep": _keep,
    "Agree": _agree,
    "Score": _judge,
    "Finish": _finish,
}
