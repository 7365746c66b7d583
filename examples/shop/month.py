"""A month at 하늘상점: customers come as they do through a week, a bot answers what it can, the desk hands out the rest.

Leaves `month.db` and `report.html`, the report of the last week as it goes out by mail. Arrivals may be real ones: a CSV file of local time
and count per slot, and the share of them to keep, as two arguments.
"""

import base64
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, takewhile
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from cschat import Desk
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.mail_reports import Every, stretch_before
from cschat.core.times import SECOND, Micros, as_datetime, as_micros
from cschat.simulate import Assignments, Policy, Service, Simulation
from cschat.simulate.arrivals import from_file, thinned
from cschat.simulate.reading import read_conversations
from cschat.simulate.running import repeated
from cschat.transport.reports import page, pictures

SEOUL = ZoneInfo("Asia/Seoul")
CONVERSATIONS = Path(__file__).with_name("conversations.jsonl")
STORE, REPORT = Path("month.db"), Path("report.html")
PER_HOUR = (0, 0, 0, 0, 0, 0, 0, 1, 2, 9, 12, 11, 7, 10, 11, 10, 9, 8, 4, 3, 3, 2, 1, 0)
"""Customers through a working day, by the hour; on Saturdays a third, on Sundays a sixth of them."""
SHARES = (1, 1, 1, 1, 1, 1 / 3, 1 / 6)
POLICY = {
    "mode": "auto",
    "order": "least_active",
    "routes": [{"name": "반품", "category": "반품", "scope": {"agents": ["박지우"]}, "widen_after": 60}],
    "agents": [{"name": name, "capacity": 1} for name in ("김하늘", "이서준", "박지우")],
}
BOT = {
    "scenario": "first",
    "title": "첫 응대",
    "start": "hello",
    "steps": {
        "hello": {"ask": "question", "prompt": "안녕하세요, 하늘상점입니다. 무엇을 도와드릴까요?", "next": "look", "on_fail": "person"},
        "look": {
            "branch": [
                {"when": "'언제' in question and '배송' in question", "goto": "delivery"},
                {"when": "'적립금' in question or '쿠폰' in question", "goto": "points"},
            ],
            "else": "person",
        },
        "delivery": {"say": "오후 2시 전에 결제하신 주문은 당일 출고되고, 보통 하루 이틀 안에 도착합니다.", "next": "stop"},
        "points": {"say": "적립금은 배송 완료 7일 뒤에 쌓이고, 쿠폰은 결제 화면에서 고르실 수 있습니다.", "next": "stop"},
        "stop": {"end": "resolved"},
        "person": {"handoff": {}, "closed": "leave", "nobody": "leave"},
        "leave": {"leave_message": ["message"], "say": "문의를 남겨 주시면 확인한 뒤 답변드리겠습니다."},
    },
}


def through_the_week(first: datetime, days: int, rng: Random) -> Iterator[Micros]:
    """Arrivals at random within each hour."""
    for day in (first + timedelta(days=number) for number in range(days)):
        for hour, most in enumerate(PER_HOUR):
            count = sum(rng.random() < 0.5 for _ in range(round(2 * most * SHARES[day.weekday()])))
            begin = as_micros(day.replace(hour=hour))
            yield from sorted(begin + rng.randrange(3_600_000_000) for _ in range(count))


def main(arguments: list[str]) -> None:
    for old in (STORE, STORE.with_name("month.db-wal"), STORE.with_name("month.db-shm")):
        old.unlink(missing_ok=True)
    rng = Random(2026)
    arrivals = through_the_week(datetime(2026, 3, 2, tzinfo=SEOUL), 28, rng)
    if arguments:
        arrivals = thinned(from_file(Path(arguments[0]), zone=SEOUL, rng=rng), float(arguments[1]), rng)
    first = next(arrivals)
    month_long = takewhile(lambda at: at < first + 28 * 86_400 * SECOND, chain([first], arrivals))
    assignments = Assignments()
    with Desk.open(f"sqlite:///{STORE}?synchronous=normal", clock=FakeClock(as_datetime(first)), seed=2026, reactors=[assignments]) as desk:
        desk.do(c.ChangeBrand(name="하늘상점"))
        bot = desk.do(c.PublishScenario(BOT))
        desk.do(c.ChangeBrand(entry=[{"scenario": bot.name}]))
        service = Service.parse("exp:420")
        month = Simulation(desk, service=service, seed=2026, policy=Policy.of(POLICY), assignments=assignments, patience=600)
        figures = month.run(repeated(lambda: read_conversations(CONVERSATIONS)), month_long)
        print(
            f"{figures.sessions} sessions, {figures.messages} messages, {figures.abandoned} left before an answer; {figures.wall_s:.0f} s"
        )
        start, end = stretch_before(Every.WEEKLY, desk.clock.now() + 86_400 * SECOND, "Asia/Seoul")
        summary = desk.ask(q.Summary(as_datetime(start), as_datetime(end)))
    drawn = [f"data:image/png;base64,{base64.b64encode(png).decode()}" for png in pictures(summary)]
    REPORT.write_text(page(summary, drawn), encoding="utf-8")
    print(f"{STORE}, and {REPORT}: {summary.title}, {summary.period}")


if __name__ == "__main__":
    main(sys.argv[1:])
