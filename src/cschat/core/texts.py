"""The few sentences that the desk says by itself, in Korean and English.

May: hold texts, and say a time in words. May not: send them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cschat.core.times import Micros, as_datetime

__all__ = [
    "MARKED",
    "absence_text",
    "balance_text",
    "duration",
    "is_korean",
    "level_text",
    "no_answer_text",
    "opening_words",
    "unread_text",
    "way_out",
]

MARKED = "(광고)"
"""What Korean law wants to stand at the beginning of marketing, in whatever language the rest is."""

_ABSENCE = {
    "ko": {
        "closed": "지금은 상담 시간이 아닙니다.",
        "lunch": "지금은 점심시간입니다.",
        "holiday": "오늘은 휴무일입니다.",
        "nobody": "지금은 연결할 수 있는 상담사가 없습니다.",
        "overflow": "지금은 문의가 많아 상담사 연결이 어렵습니다.",
        "suspended": "지금은 상담사 연결이 어렵습니다.",
        "opens": "상담은 {opening} 이용하실 수 있습니다.",
        "leave": "문의 내용을 남겨 주시면 확인한 뒤 답변드리겠습니다.",
        "then": "그때 다시 문의해 주세요.",
        "later": "나중에 다시 문의해 주세요.",
    },
    "en": {
        "closed": "We are closed right now.",
        "lunch": "We are at lunch right now.",
        "holiday": "We are closed today.",
        "nobody": "Nobody is available right now.",
        "overflow": "A lot of people are writing to us right now.",
        "suspended": "We cannot connect you to anybody right now.",
        "opens": "We are back {opening}.",
        "leave": "Leave us a message and we will get back to you.",
        "then": "Please write to us again then.",
        "later": "Please try again later.",
    },
}

_LEVELS = {
    "ko": {
        "first_response": "첫 응답 시한",
        "next_response": "답변 시한",
        "resolution": "상담 완료 시한",
        "warned": "{goal}이 얼마 남지 않았습니다.",
        "breached": "{goal}을 넘겼습니다.",
    },
    "en": {
        "first_response": "The time for a first answer",
        "next_response": "The time for an answer",
        "resolution": "The time to finish",
        "warned": "{goal} is nearly up.",
        "breached": "{goal} is up.",
    },
}

_BALANCE = {
    "ko": {
        "left": "톡캐시 잔액이 {balance}원 남았습니다.",
        "unpaid": "톡캐시 잔액이 {balance}원뿐이라 상담사 계정 이용료 {unpaid}원을 차감하지 못했습니다.",
    },
    "en": {
        "left": "{balance} won are left.",
        "unpaid": "{balance} won are left, which does not reach for account fees of {unpaid} won.",
    },
}

_NO_ANSWER = {
    "ko": ("배정받은 상담사가 모두 제때 응답하지 않았습니다.", "{agent} 님이 연이어 응답하지 않아 상태를 바쁨으로 바꿨습니다."),
    "en": ("Everybody who could have it let it pass.", "{agent} did not answer several times in a row and was set busy."),
}

_UNREAD = {
    "ko": ("답변이 도착했습니다", "읽지 않은 답변이 {count}개 있습니다.", "이어서 대화하기: {link}", "챗봇", "파일"),
    "en": ("You have an answer", "Answers that you have not read: {count}", "Go on here: {link}", "Bot", "a file"),
}

_KO_DAYS = ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일")
_EN_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EN_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def is_korean(language: str) -> bool:
    """Whether a text for this language is in Korean; all else is in English."""
    return language.startswith("ko")


def duration(language: str, seconds: float) -> str:
    """A length of time in its two largest parts: "2분 5초"."""
    whole = round(seconds)
    if whole < 60 and seconds != whole:
        return f"{seconds:.1f}초" if is_korean(language) else f"{seconds:.1f} s"
    names = ("일", "시간", "분", "초") if is_korean(language) else (" d", " h", " min", " s")
    sizes = (whole // 86_400, whole // 3600 % 24, whole // 60 % 60, whole % 60)
    parts = [f"{size}{name}" for size, name in zip(sizes, names, strict=True)]
    first = next((place for place, size in enumerate(sizes) if size), 3)
    return " ".join(part for part, size in zip(parts[first : first + 2], sizes[first : first + 2], strict=True) if size) or parts[3]


def level_text(language: str, goal: str, *, breached: bool) -> str:
    """What staff are told when the time for a goal is up, or nearly so."""
    texts = _LEVELS["ko" if is_korean(language) else "en"]
    return texts["breached" if breached else "warned"].replace("{goal}", texts[goal])


def balance_text(language: str, balance: int, unpaid: int) -> str:
    """What staff are told when the balance is low, or does not reach for account fees."""
    text = _BALANCE["ko" if is_korean(language) else "en"]["unpaid" if unpaid else "left"]
    return text.format(balance=f"{balance:,}", unpaid=f"{unpaid:,}")


def no_answer_text(language: str, agent: str = "") -> str:
    """What staff are told when nobody has taken up an offer; with a name: when this agent was set busy for it."""
    by_all, by_one = _NO_ANSWER["ko" if is_korean(language) else "en"]
    return by_one.replace("{agent}", agent) if agent else by_all


def unread_text(language: str, brand: str, said: Sequence[tuple[str, str]], count: int, link: str) -> tuple[str, str]:
    """Subject and text of the mail about `count` answers that a customer has not read.

    `said` is who said what, "" for a bot and for a file without words; `link` is where to go on, or "".
    """
    subject, unread, where, bot, file = _UNREAD["ko" if is_korean(language) else "en"]
    lines = [unread.replace("{count}", str(count)), *(f"{who or bot}: {words or f'({file})'}" for who, words in said)]
    if link:
        lines.append(where.replace("{link}", link))
    return f"[{brand}] {subject}" if brand else subject, "\n\n".join(lines)


def way_out(language: str, url: str) -> str:
    """How marketing says where to opt out of it, at no cost."""
    return f"무료 수신거부: {url}" if is_korean(language) else f"To stop these messages, free of charge: {url}"


def absence_text(language: str, reason: str, opening: str, *, refused: bool) -> str:
    """What a customer is told when nobody can come: in Korean, or in English for every other language.

    `opening` is when it opens again, in words, or "". They are asked for a message, or, `refused`, to come again.
    """
    texts = _ABSENCE["ko" if is_korean(language) else "en"]
    parts = [texts.get(reason, texts["nobody"])]
    if opening:
        parts.append(texts["opens"].replace("{opening}", opening))
    parts.append(texts["leave"] if not refused else texts["then"] if opening else texts["later"])
    return " ".join(parts)


def opening_words(language: str, opens: Micros, now: Micros, zone: str) -> str:
    """From when it is open, in words and seen from `now`: `내일 오전 9시부터`, `on Monday from 9 am`."""
    where = ZoneInfo(zone)
    then, today = as_datetime(opens).astimezone(where), as_datetime(now).astimezone(where)
    return _in_korean(then, today) if is_korean(language) else _in_english(then, today)


def _in_korean(then: datetime, today: datetime) -> str:
    days = (then.date() - today.date()).days
    if days < 2:
        day = "내일" if days == 1 else "오늘"
    elif days < 7:
        day = _KO_DAYS[then.weekday()]
    else:
        year = f"{then.year}년 " if then.year != today.year else ""
        day = f"{year}{then.month}월 {then.day}일 {_KO_DAYS[then.weekday()]}"
    hour, minute = then.hour, f" {then.minute}분" if then.minute else ""
    half = "" if hour == 0 else "오전 " if hour < 12 else "낮 " if hour == 12 else "오후 "
    return f"{day} {half}{hour if hour <= 12 else hour - 12}시{minute}부터"


def _in_english(then: datetime, today: datetime) -> str:
    days = (then.date() - today.date()).days
    if days < 2:
        day = "tomorrow" if days == 1 else "today"
    elif days < 7:
        day = f"on {_EN_DAYS[then.weekday()]}"
    else:
        year = f" {then.year}" if then.year != today.year else ""
        day = f"on {_EN_DAYS[then.weekday()]} {then.day} {_EN_MONTHS[then.month - 1]}{year}"
    if then.minute == 0 and then.hour % 12 == 0:
        return f"{day} from {'noon' if then.hour else 'midnight'}"
    minute = f":{then.minute:02}" if then.minute else ""
    return f"{day} from {then.hour % 12 or 12}{minute} {'am' if then.hour < 12 else 'pm'}"
