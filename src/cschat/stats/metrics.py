"""The registry of metrics: every number is defined here, once.

May: name, define, and read a number out of a fact. May not: add up.

A metric reads the values of one fact. Each value belongs to an agent (None: to nobody) and has a length on the wall and, where hours are
known, in business time; a number that is no length has the same in both. A value of None is missing: it is counted as missing, never as 0.
A fact that a metric does not concern has no value at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeAlias

import attrs

from cschat.core.turns import TurnKind
from cschat.errors import Invalid
from cschat.stats.facts import Abandoned, Fact, Took

__all__ = ["LAYOUT", "METRICS", "PARTS", "SQI", "Attribution", "Metric", "Unit", "Value", "metric"]

Value: TypeAlias = tuple[str | None, int | None, int | None]
"""Whose it is, what it is on the wall, and in business time."""


class Unit(StrEnum):
    """What a number counts. A length is kept in milliseconds and shown in seconds; a rate is 0 or 1 for each turn: its mean is shown."""

    LENGTH = "s"
    RATE = "rate"
    NUMBER = "number"
    PERCENT = "percent"


class Attribution(StrEnum):
    """Whose the number is where it is asked for by agent: the turn's last owner, who was assigned, who answered, or everyone who had it."""

    OWNER = "the turn's last owner"
    ASSIGNED = "who was assigned"
    RESPONDER = "who answered"
    EACH = "each agent who had it, their own share"


@attrs.frozen
class Metric:
    """One number: its names, its exact definition, whose it is, and how to read it out of a fact. `sqi`: one of the eight.

    `where` says which facts it concerns. `of` gives what it is of one: a `Took` if it is a length, else a whole number; `shared`: a tuple
    of `Share`s, each with its own agent.
    """

    name: str
    ko: str
    en: str
    unit: Unit
    definition: str
    attribution: Attribution
    of: Callable[[Fact], Any] = attrs.field(eq=False, repr=False)
    where: Callable[[Fact], bool] = attrs.field(eq=False, repr=False)
    shared: bool = False
    sqi: bool = False

    @property
    def timed(self) -> bool:
        """Whether it has a reading in business hours of its own."""
        return self.unit is Unit.LENGTH

    @property
    def spread(self) -> bool:
        """Whether percentiles mean anything: not for what is 0 or 1."""
        return self.unit is not Unit.RATE

    def read(self, fact: Fact) -> list[Value]:
        """All values of a fact."""
        if not self.where(fact):
            return []
        of = self.of(fact)
        if self.shared:
            return [(share.agent, *_lengths(share.took)) for share in of]
        agent = fact.responder or fact.agent if self.attribution is Attribution.RESPONDER else fact.agent
        wall, business = _lengths(of) if self.timed else (of, of)
        return [(agent, wall, business)]


def _lengths(took: Took | None) -> tuple[int | None, int | None]:
    return (None, None) if took is None else (took.wall, took.business)


def _every(_fact: Fact) -> bool:
    return True


def _live(fact: Fact) -> bool:
    return fact.turn is TurnKind.LIVE


def _bot(fact: Fact) -> bool:
    return fact.turn is TurnKind.BOT


def _intake(fact: Fact) -> bool:
    return fact.turn is TurnKind.INTAKE


def _entered(fact: Fact) -> bool:
    return fact.entered and fact.turn is TurnKind.LIVE


_closes = attrgetter("closes")


def _one(_fact: Fact) -> int:
    return 1


def _is(how: Abandoned) -> Callable[[Fact], int]:
    return lambda fact: int(fact.abandoned is how)


def _mean_reply(fact: Fact) -> Took | None:
    if not fact.replies:
        return None
    wall = [share.took.wall for share in fact.replies if share.took is not None]
    business = [share.took.business for share in fact.replies if share.took is not None and share.took.business is not None]
    return Took(round(sum(wall) / len(wall)), round(sum(business) / len(business)) if business else None)


_OWNER, _ASSIGNED, _RESPONDER, _EACH = Attribution
_LENGTH, _RATE, _NUMBER, _PERCENT = Unit

_ALL: tuple[Metric, ...] = (
    Metric(
        *("queue_time", "배정 대기 시간", "Time in the queue", _LENGTH),
        "For each stretch in the queue of a live turn: the `Assigned` that ends it - the beginning of the stretch. Assigned at once is 0 "
        "and counted; a stretch that ends otherwise is missing. An offer that is let pass does not end the stretch.",
        _ASSIGNED,
        attrgetter("queue"),
        _live,
        shared=True,
        sqi=True,
    ),
    Metric(
        *("abandonment_rate", "응대 전 이탈률", "Abandonment before an answer", _RATE),
        "Of the live turns that were in QUEUED: those that ended, or left it by `MessageLeft`, `ReturnedToBot` or `MovedToIntake`, without "
        "a public message of a person.",
        _OWNER,
        lambda fact: int(fact.abandoned is not None),
        _entered,
        sqi=True,
    ),
    Metric(
        *("first_response_time", "채팅방 생성 후 최초 응대까지", "First response since the opening", _LENGTH),
        "The first public message of a person - the opening of the session; for its first live turn only. Missing if nobody answered.",
        _RESPONDER,
        attrgetter("opened_response"),
        attrgetter("first_live"),
        sqi=True,
    ),
    Metric(
        *("agent_wait", "상담 도중 상담사의 대기 시간", "What the agent waited for the customer", _LENGTH),
        "The sum over closed gaps of a live turn: a customer's message - the latest unanswered message of a person. What is held is in no "
        "gap. Missing if no person answered in the turn.",
        _OWNER,
        attrgetter("agent_wait"),
        _live,
        sqi=True,
    ),
    Metric(
        *("customer_wait", "상담 도중 고객의 대기 시간", "What the customer waited for the agent", _LENGTH),
        "The sum over closed gaps of a live turn after the first response: a message of a person - the earliest unanswered message of the "
        "customer. What is held is in no gap. Missing if no person answered in the turn.",
        _OWNER,
        attrgetter("customer_wait"),
        _live,
        sqi=True,
    ),
    Metric(
        *("talk_time", "총 대화 시간", "Length of the talk", _LENGTH),
        "The last public message of the customer or a person before the end - the first public message of a person; of a live turn. "
        "Missing if no person answered.",
        _OWNER,
        attrgetter("talk"),
        _live,
        sqi=True,
    ),
    Metric(
        *("after_work", "상담 후 처리 시간", "Work after the talk", _LENGTH),
        "`WrappedUp` - `Ended`; of a live turn. Missing if the system closed it, or if there was nothing to wrap up.",
        _OWNER,
        attrgetter("after_work"),
        _live,
        sqi=True,
    ),
    Metric(
        *("total_time", "총 상담 시간", "Length of the consultation", _LENGTH),
        "The closing of a live turn - its beginning; for the session's first live turn - the opening of the session.",
        _OWNER,
        attrgetter("total"),
        _live,
        sqi=True,
    ),
    Metric(
        *("first_response_time_from_handoff", "상담 요청 후 최초 응대까지", "First response since the request", _LENGTH),
        "The first public message of a person - the beginning of the turn; of every live turn. Missing if nobody answered.",
        _RESPONDER,
        attrgetter("response"),
        _live,
    ),
    Metric(
        *("agent_wait_open", "상담사 대기 시간(미종결)", "What the agent waited in vain", _LENGTH),
        "The sum over gaps that were cut (by a hold, a transfer, a release or the end) while the agent waited; otherwise as `agent_wait`.",
        _OWNER,
        attrgetter("agent_wait_open"),
        _live,
    ),
    Metric(
        *("customer_wait_open", "고객 대기 시간(미종결)", "What the customer waited in vain", _LENGTH),
        "The sum over gaps that were cut while the customer waited; otherwise as `customer_wait`.",
        _OWNER,
        attrgetter("customer_wait_open"),
        _live,
    ),
    Metric(
        *("intake_response_time", "접수 응답 시간", "Answer to a message left", _LENGTH),
        "The first public message of a person - the beginning of the intake turn. Missing if nobody answered.",
        _RESPONDER,
        attrgetter("response"),
        _intake,
    ),
    Metric(
        *("intake_handled_rate", "접수 처리율", "Messages left that were answered", _RATE),
        "Of the intake turns: those with a public message of a person.",
        _OWNER,
        lambda fact: int(fact.response is not None),
        _intake,
    ),
    Metric(
        *("handle_time", "상담사별 처리 시간", "Time in an agent's hands", _LENGTH),
        "For each agent of a turn of any kind: the sum of the stretches in which they had it, the time for the note included.",
        _EACH,
        attrgetter("owned"),
        _every,
        shared=True,
    ),
    Metric(
        *("reply_time", "응답 시간(응답별)", "Time to a reply, by reply", _LENGTH),
        "For each public message of a person after the first that answers the customer, in a turn of any kind: it - the earliest "
        "unanswered message of the customer.",
        _RESPONDER,
        attrgetter("replies"),
        _every,
        shared=True,
    ),
    Metric(
        *("reply_time_per_turn", "응답 시간(상담별)", "Time to a reply, by turn", _LENGTH),
        "For each live turn: the mean of its `reply_time`. Missing if it had none.",
        _OWNER,
        _mean_reply,
        _live,
    ),
    Metric(
        *("session_age", "상담 경과 시간", "Age of the session", _LENGTH),
        "For each closing of a session: it - the opening.",
        _OWNER,
        attrgetter("session_age"),
        _closes,
    ),
    Metric(*("turns", "상담 구간 수", "Turns", _NUMBER), "1 for each closed turn of any kind.", _OWNER, _one, _every),
    Metric(
        *("closings", "상담 종료 수", "Closings", _NUMBER),
        "1 for each closing of a session; a reopened one may have several.",
        _OWNER,
        _one,
        _closes,
    ),
    Metric(
        *("closings_by_bot", "봇 종료 수", "Closings by the bot", _NUMBER),
        "1 for each closing of a session in a bot's turn.",
        _OWNER,
        _one,
        lambda fact: fact.closes and fact.turn is TurnKind.BOT,
    ),
    Metric(
        *("closings_by_agent", "상담사 종료 수", "Closings by agents", _NUMBER),
        "1 for each closing of a session in a turn that an agent had.",
        _OWNER,
        _one,
        lambda fact: fact.closes and fact.agent is not None,
    ),
    Metric(
        *("sessions_closed", "종료된 상담 수", "Sessions closed", _NUMBER),
        "1 for each session, at its first closing.",
        _OWNER,
        _one,
        attrgetter("first_closing"),
    ),
    Metric(
        *("bot_resolution_rate", "봇 해결률", "Resolved by the bot", _RATE),
        "Of the bot turns: those in which the session ended without any message of a person and without a handoff before, unless the "
        "customer came back (reopened it, went on in another session, or opened a new one) within the brand's reopening window.",
        _OWNER,
        lambda fact: int(fact.resolved),
        _bot,
    ),
    Metric(
        *("handoff_rate", "상담사 연결률", "Handed on to people", _RATE),
        "Of the bot turns: those that a request for a person, or an agent who stepped in, brought to an end.",
        _OWNER,
        lambda fact: int(fact.handoff),
        _bot,
    ),
    Metric(
        *("reopen_rate", "재상담률", "Reopened", _RATE),
        "Of all turns: those that began because the session was reopened. It counts when that turn is closed, so past days stay.",
        _OWNER,
        lambda fact: int(fact.reopened),
        _every,
    ),
    Metric(
        *("transfer_rate", "이관율", "Transferred", _RATE),
        "Of the live turns that an agent had: those that were transferred at least once.",
        _OWNER,
        lambda fact: int(fact.transfers > 0),
        lambda fact: _live(fact) and bool(fact.owned),
    ),
    Metric(
        *("customer_messages", "고객 메시지 수", "Messages of customers", _NUMBER),
        "The public messages of the customer in a turn.",
        _OWNER,
        attrgetter("customer_messages"),
        _every,
    ),
    Metric(
        *("human_messages", "상담사 메시지 수", "Messages of people", _NUMBER),
        "The public messages of agents in a turn.",
        _OWNER,
        attrgetter("human_messages"),
        _every,
    ),
    Metric(
        *("bot_messages", "봇 메시지 수", "Messages of bots", _NUMBER),
        "The public messages of bots and of the system in a turn.",
        _OWNER,
        attrgetter("bot_messages"),
        _every,
    ),
    Metric(
        *("rating", "만족도", "Rating", _PERCENT),
        "What the customer last judged of a turn, in hundredths of the scale: 4 of 5 is 80.",
        _OWNER,
        attrgetter("rating"),
        lambda fact: fact.rating is not None,
    ),
    Metric(
        *("sla_breaches", "SLA 위반 수", "Service levels missed", _NUMBER),
        "The times that were up (`SlaBreached`) in a live turn.",
        _OWNER,
        attrgetter("breaches"),
        _live,
    ),
    Metric(
        *("sla_hit_rate", "SLA 준수율", "Service levels met", _RATE),
        "Of the live turns for which a service level held when they were closed: those in which no time was up.",
        _OWNER,
        lambda fact: int(fact.breaches == 0),
        lambda fact: _live(fact) and fact.promised,
    ),
    *(
        Metric(
            *(f"abandoned_{how}", f"이탈률: {ko}", f"Abandoned: {en}", _RATE),
            f"Of the live turns that were in QUEUED: those abandoned, {defined}.",
            _OWNER,
            _is(how),
            _entered,
        )
        for how, ko, en, defined in (
            (Abandoned.IN_QUEUE, "대기 중", "in the queue", "in which the customer ended it while it waited"),
            (
                Abandoned.ASSIGNED_UNANSWERED,
                "배정 후 무응답",
                "assigned, not answered",
                "in which the customer ended it while an agent had it",
            ),
            (Abandoned.LEFT_MESSAGE, "메시지 접수", "message left", "by `MessageLeft`"),
            (Abandoned.BACK_TO_BOT, "봇으로 복귀", "back to the bot", "by `ReturnedToBot`"),
            (Abandoned.BY_US, "당사 종료", "by us", "by an end of an agent, the system or the host, or by `MovedToIntake`"),
        )
    ),
    Metric(
        *("abandoned_short", "이탈률: 짧은 대기", "Abandoned: hardly waited", _RATE),
        "Of the live turns that were in QUEUED: those abandoned sooner after the queue began than the brand's `short_wait` (10 s if it is "
        "not set), whichever way.",
        _OWNER,
        lambda fact: int(fact.short),
        _entered,
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric by its name."""
PARTS: dict[str, tuple[str, ...]] = {
    "sqi": tuple(metric.name for metric in _ALL if metric.sqi),
    "more": tuple(metric.name for metric in _ALL if not metric.sqi),
}
"""The metrics of each part of the cells, by place. In business hours the part is called `<part>.business`."""
LAYOUT = hashlib.sha256(repr([[(one.name, one.definition) for one in _ALL], PARTS, Fact.__struct_fields__]).encode()).hexdigest()[:16]
"""Names what facts and cells say and look like. Those of another layout are made anew."""
SQI: tuple[str, ...] = tuple(metric.name for metric in _ALL if metric.sqi)
"""상담품질지표: the eight."""


def metric(name: str) -> Metric:
    """The metric of a name. `Invalid` if there is none."""
    found = METRICS.get(name)
    if found is None:
        raise Invalid(field="measures", reason=f"there is no metric {name!r}", allowed=list(METRICS))
    return found
