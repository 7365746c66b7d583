"""What an alert says, in Korean and English, before any service has given it its form.

May: choose words, shorten, clean. May not: escape for a service, or look anything up.

All that a customer typed is made harmless to read here: one line where it stands within one, no control letters, none that turn the
direction of writing, no more than its share of letters. Escaping is the business of `formats`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import attrs

from cschat.core.alerts import AlertKind

__all__ = ["Facts", "Notice", "clean", "notice", "test_notice"]

MAX_NAME = 60
MAX_LINE = 200
MAX_QUOTE = 500
_MAX_QUOTE_LINES = 8
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@attrs.frozen
class Facts:
    """What is known of what happened; "" where nothing is. `how`: claim, manual or transfer, of an assignment; "moved" of an intake."""

    kind: AlertKind
    brand: str = ""
    customer: str = ""
    agent: str = ""
    how: str = ""
    channel: str = ""
    category: str = ""
    subject: str = ""
    said: str = ""
    text: str = ""
    scenario: str = ""
    link: str = ""


@attrs.frozen
class Notice:
    """An alert in words: a title, lines of a label and a value, what the customer said last, and where to go."""

    title: str
    lines: tuple[tuple[str, str], ...] = ()
    quote: str = ""
    link: str = ""
    link_label: str = ""

    @property
    def text(self) -> str:
        """All of it as plain text."""
        quote = [f"> {line}" for line in self.quote.splitlines()]
        link = [f"{self.link_label}: {self.link}"] if self.link else []
        return "\n".join([self.title, *(f"{label}: {value}" for label, value in self.lines), *quote, *link])


_TITLES: dict[str, dict[str, str]] = {
    "ko": {
        "agent_requested": "{customer}이 상담사 연결을 요청했습니다.",
        "assigned": "{agent} 님에게 상담이 배정되었습니다.",
        "assigned.claim": "{agent} 님이 상담을 시작했습니다.",
        "assigned.transfer": "{agent} 님에게 상담이 이관되었습니다.",
        "message_left": "{customer}이 메시지를 남겼습니다.",
        "message_left.moved": "{customer}의 상담이 메시지 접수로 전환되었습니다.",
        "no_answer": "상담 미응답 알림: {text}",
        "new_session": "{customer}의 새 상담이 들어왔습니다.",
        "customer_replied": "{customer}이 답장을 보냈습니다.",
        "bot_failure": "봇이 상담을 이어 가지 못했습니다. 확인이 필요합니다.",
        "sla": "응답 기한 알림: {text}",
        "surge": "문의 급증 알림: {text}",
        "low_balance": "잔액 부족 알림: {text}",
        "rule": "{text}",
        "test": "테스트 알림입니다. 이 메시지가 보이면 알림이 정상적으로 연결된 것입니다.",
    },
    "en": {
        "agent_requested": "{customer} asked for an agent.",
        "assigned": "A session was assigned to {agent}.",
        "assigned.claim": "{agent} took a session.",
        "assigned.transfer": "A session was handed on to {agent}.",
        "message_left": "{customer} left a message.",
        "message_left.moved": "The session of {customer} was moved to the messages to answer.",
        "no_answer": "No answer: {text}",
        "new_session": "{customer} opened a session.",
        "customer_replied": "{customer} replied.",
        "bot_failure": "The bot could not go on. Somebody should have a look.",
        "sla": "Response time: {text}",
        "surge": "Many inquiries: {text}",
        "low_balance": "Low balance: {text}",
        "rule": "{text}",
        "test": "This is a test. If you can read it, alerts arrive here.",
    },
}
_LABELS: dict[str, dict[str, str]] = {
    "ko": {
        "customer": "고객",
        "agent": "담당 상담사",
        "channel": "채널",
        "category": "문의 유형",
        "subject": "제목",
        "scenario": "시나리오",
        "reason": "사유",
        "link": "상담 열기",
        "somebody": "고객",
        "named": "{name} 님",
        "nobody": "담당 상담사",
    },
    "en": {
        "customer": "Customer",
        "agent": "Agent",
        "channel": "Channel",
        "category": "Category",
        "subject": "Subject",
        "scenario": "Scenario",
        "reason": "Reason",
        "link": "Open the session",
        "somebody": "A customer",
        "named": "{name}",
        "nobody": "an agent",
    },
}
_CHANNELS: Mapping[str, Mapping[str, str]] = {
    "ko": {"web": "웹", "app": "앱", "naver": "네이버 톡톡", "kakao": "카카오톡", "telegram": "텔레그램", "email": "이메일", "sms": "문자"},
    "en": {
        "web": "Web",
        "app": "App",
        "naver": "Naver TalkTalk",
        "kakao": "KakaoTalk",
        "telegram": "Telegram",
        "email": "E-mail",
        "sms": "SMS",
    },
}


def notice(facts: Facts, language: str) -> Notice:
    """The alert in Korean, or in English for every other language."""
    spoken = "ko" if language.startswith("ko") else "en"
    titles, labels = _TITLES[spoken], _LABELS[spoken]
    name, agent = clean(facts.customer, MAX_NAME), clean(facts.agent, MAX_NAME)
    form = titles.get(f"{facts.kind}.{facts.how}", titles[facts.kind])
    title = form.format(
        customer=labels["named"].format(name=name) if name else labels["somebody"],
        agent=agent or labels["nobody"],
        text=clean(facts.text, MAX_LINE),
    )
    lines = {
        "customer": "" if "{customer}" in form else name,
        "agent": "" if "{agent}" in form else agent,
        "channel": _CHANNELS[spoken].get(facts.channel, clean(facts.channel, MAX_NAME)),
        "category": clean(facts.category, MAX_LINE),
        "subject": clean(facts.subject, MAX_LINE),
        "scenario": clean(facts.scenario, MAX_LINE),
        "reason": "" if "{text}" in form else clean(facts.text, MAX_LINE),
    }
    return Notice(
        title=_headed(facts.brand, title),
        lines=tuple((labels[key], value) for key, value in lines.items() if value),
        quote=_quote(facts.said),
        link=facts.link,
        link_label=labels["link"],
    )


def test_notice(brand: str, language: str) -> Notice:
    """A test alert."""
    return Notice(_headed(brand, _TITLES["ko" if language.startswith("ko") else "en"]["test"]))


def clean(text: str, limit: int) -> str:
    """Text as a part of one line, at most `limit` letters."""
    return _cut(" ".join(_harmless(text[: 4 * limit]).split()), limit)


def _headed(brand: str, title: str) -> str:
    head = clean(brand, MAX_NAME)
    return f"[{head}] {title}" if head else title


def _quote(said: str) -> str:
    lines = [line for line in (" ".join(_harmless(one).split()) for one in said[: 4 * MAX_QUOTE].splitlines()) if line]
    short = "\n".join(lines[:_MAX_QUOTE_LINES])
    return _cut(f"{short}…" if len(lines) > _MAX_QUOTE_LINES else short, MAX_QUOTE)


def _harmless(text: str) -> str:
    return "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text if letter not in _TURNING)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
