"""History search over a year of messages: how long a query takes, and what the index costs.

The messages are made of Korean words and endings whose frequencies fall as those of a language do; no data of others.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import attrs

from cschat import Desk
from cschat import commands as c
from cschat import queries as q
from cschat.core import events as e
from cschat.core.content import Content, Speaker
from cschat.core.people import Customer, CustomerKind
from cschat.core.records import evolve
from cschat.core.session import opened
from cschat.core.times import SECOND, as_datetime
from cschat.storage.protocol import Store, Transaction
from cschat.transport.indexing import STEP, Indexing

__all__ = ["Figures", "run", "show"]

BRAND = "brd_main"
YEAR = 365 * 86_400
BEGAN = 1_735_689_600 * SECOND
EACH = 10
"""Messages in a session."""
TAGS = ("단순문의", "불만", "긴급", "재문의", "칭찬")
_STEMS = """
배송 환불 주문 결제 상품 교환 반품 쿠폰 회원 가입 로그인 비밀번호 적립금 포인트 카드 영수증 세금계산서 취소 변경 주소 택배 지연 분실 파손
불량 사이즈 색상 재고 입고 예약 방문 설치 수리 보증 기간 연장 해지 구독 요금 할인 이벤트 당첨 리뷰 사진 첨부 문의 답변 상담 연결 시간 내일
오늘 어제 주말 공휴일 점심 오전 오후 확인 처리 접수 완료 진행 안내 감사 죄송 부탁 빨리 언제 어디 얼마 무엇 어떻게 왜 정말 아직 이미 다시
"""
STEMS = _STEMS.split()
_ENDINGS = "이 가 을 를 은 는 에 로 해요 했어요 인가요 주세요 하고 되나요 드려요 합니다 입니다"
ENDINGS = ("", *_ENDINGS.split())


def _sentences(chance: random.Random, words: list[str]) -> Iterator[str]:
    """Texts of some eight words; the word of rank n comes with a weight of 1 / n."""
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    while True:
        yield " ".join(chance.choices(words, cum_weights=weights, k=chance.randrange(3, 14)))


def _vocabulary(chance: random.Random) -> list[str]:
    """Stems with endings, the frequent words, and then 20,000 of two to four syllables that nobody says often."""
    known = [f"{stem}{ending}" for stem in STEMS for ending in ENDINGS]
    chance.shuffle(known)
    syllables = [chr(chance.randrange(0xAC00, 0xD7A4)) for _ in range(900)]
    return known + ["".join(chance.choices(syllables, k=chance.randrange(2, 5))) for _ in range(20_000)]


def _fill(store: Store, messages: int, words: list[str]) -> None:
    """So many messages over a year, in sessions of `EACH`; five sessions for each customer."""
    chance = random.Random(1)
    said, sessions = _sentences(chance, words), messages // EACH
    with store.batch(size=100) as batch:
        for number in range(sessions):
            batch.run(_session(number, BEGAN + YEAR * SECOND * number // sessions, sessions // 5, chance, said))


def _session(number: int, began: int, customers: int, chance: random.Random, said: Iterator[str]) -> Callable[[Transaction], None]:
    id, customer = f"ses_{number:08}", f"cus_{number % customers:08}"

    def work(tx: Transaction) -> None:
        if number < customers:
            tx.put(Customer(customer, BRAND, 0, f"guest:{number}", CustomerKind.GUEST, began))
        first = e.Event(BRAND, id, 1, began, "system", e.Opened(customer, "web"))
        tx.put(evolve(opened(first), tags=tuple(chance.choices(TAGS, weights=(60, 20, 10, 9, 1)))))
        tx.append(first)
        for seq in range(2, EACH + 2):
            body = e.MessageSent(f"msg_{number}_{seq}", Speaker.CUSTOMER, Content(text=next(said)))
            tx.append(e.Event(BRAND, id, seq, began + seq * 20 * SECOND, "system", body))

    return work


@attrs.frozen
class Figures:
    """Seconds, but for the counts and bytes. A search is for the first page of 50."""

    messages: int
    indexing: float
    longest_step: float
    file_bytes: int
    index_bytes: int
    searches: dict[str, tuple[float, float]]
    """By what was searched for: the median and the longest."""
    erasing: float
    """Until `EraseCustomer` returns, for five sessions."""
    traces: float
    """Until no trace is left in the index, off the hot path."""


def run(messages: int = 1_000_000) -> Figures:
    """Fill a file, index it as the desk does, search."""
    words = _vocabulary(random.Random(2))
    with TemporaryDirectory(prefix="cschat-bench-") as name:
        path = Path(name) / "desk.db"
        with Desk.open(f"sqlite:///{path}?synchronous=normal") as desk:
            _fill(desk.store, messages, words)
            size = _size(path)
            took, longest = _index(desk)
            grown, searches = _size(path) - size, _searches(desk, words)
            began = perf_counter()
            desk.do(c.EraseCustomer("cus_00000001"))
            erased = perf_counter() - began
            return Figures(messages, took, longest, size, grown, searches, erased, _index(desk)[0])


def _size(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def _index(desk: Desk) -> tuple[float, float]:
    indexing, steps, more = Indexing(desk.store, desk.clock), [], True
    while more:
        began = perf_counter()
        more = indexing.steps(1)
        steps.append(perf_counter() - began)
    return sum(steps), max(steps)


def _searches(desk: Desk, words: list[str]) -> dict[str, tuple[float, float]]:
    chance = random.Random(3)
    frequent = [stem for stem in STEMS if len(stem) == 2]
    seldom = [word for word in words[2000:] if len(word) == 2]

    def month() -> dict[str, datetime]:
        start = as_datetime(BEGAN) + timedelta(days=chance.randrange(335))
        return {"start": start, "end": start + timedelta(days=30)}

    asked: dict[str, Callable[[], q.SearchHistory]] = {
        "two frequent syllables, a month": lambda: q.SearchHistory(chance.choice(frequent), **month()),
        "two seldom syllables, a month": lambda: q.SearchHistory(chance.choice(seldom), **month()),
        "two seldom syllables, the year": lambda: q.SearchHistory(chance.choice(seldom)),
        "two frequent words, a month": lambda: q.SearchHistory(" ".join(chance.sample(frequent, 2)), **month()),
        "two frequent syllables, a month, a tag of 1 %": lambda: q.SearchHistory(chance.choice(frequent), tag=TAGS[-1], **month()),
        "two frequent syllables, one customer": lambda: q.SearchHistory(
            chance.choice(frequent), customer=f"cus_{chance.randrange(1000):08}"
        ),
    }
    return {name: _timed([ask() for _ in range(60)], desk) for name, ask in asked.items()}


def _timed(queries: list[q.SearchHistory], desk: Desk) -> tuple[float, float]:
    took = []
    for query in queries:
        began = perf_counter()
        desk.ask(query)
        took.append(perf_counter() - began)
    return median(took), max(took)


def show(figures: Figures) -> None:
    """Print them."""
    each = figures.indexing / figures.messages
    print(f"  {figures.messages:,} messages indexed in {figures.indexing:.1f} s: {each * 1e6:.0f} microseconds each, off the hot path")
    print(f"  the longest step of {STEP} events: {figures.longest_step * 1e3:.1f} ms")
    share = figures.index_bytes / figures.file_bytes
    print(f"  the index: {figures.index_bytes / figures.messages:.0f} bytes a message, {share:.0%} of the file without it")
    for name, (middle, longest) in figures.searches.items():
        print(f"  {name:48} median {middle * 1e3:7.2f} ms, longest {longest * 1e3:7.2f} ms")
    print(f"  a customer of five sessions erased in {figures.erasing * 1e3:.1f} ms, and the last trace of them in {figures.traces:.1f} s")
