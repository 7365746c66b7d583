"""A day at 하늘상점: recorded conversations of a Korean shop pass through a whole desk, and what happened is shown.

Leaves `support.db` in the current folder, to be looked into with any SQLite tool.
"""

import sqlite3
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from cschat import Desk
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.times import as_micros
from cschat.simulate import Figures, Service, Simulation
from cschat.simulate.arrivals import poisson
from cschat.simulate.reading import read_conversations
from rich.console import Console
from rich.table import Table

SEOUL = ZoneInfo("Asia/Seoul")
CONVERSATIONS = Path(__file__).with_name("conversations.jsonl")
STORE = Path("support.db")
LOOK = (
    """.venv/bin/sqlite-utils support.db "SELECT at, author, text FROM messages WHERE text LIKE '%환불%' LIMIT 5" --table""",
    ".venv/bin/cschat simulate examples/shop/conversations.jsonl --agents 1 --slots 2 --rate 120",
)


def main(console: Console) -> None:
    for old in (STORE, STORE.with_name("support.db-wal"), STORE.with_name("support.db-shm")):
        old.unlink(missing_ok=True)
    morning = datetime(2026, 3, 4, 9, tzinfo=SEOUL)
    with Desk.open(f"sqlite:///{STORE}", clock=FakeClock(morning), seed=2026) as desk:
        day = Simulation(desk, agents=2, slots=2, service=Service.parse("chars:2"), seed=2026)
        figures = day.run(read_conversations(CONVERSATIONS), poisson(120, as_micros(morning), Random(2026)))
        show_figures(console, figures)
        show_intents(console)
        show_conversation(console, desk)
        faults = desk.ask(q.SelfCheck())
    console.print(f"Self-check: {faults or 'all is well'}\n")
    console.print("[bold]Look into it[/bold]: the desk is one SQLite file with readable views.")
    for line in LOOK:
        console.print(f"  {line}", style="cyan", highlight=False, soft_wrap=True)


def show_figures(console: Console, figures: Figures) -> None:
    table = Table(title="하늘상점, one day: 2 agents with 2 slots each, 120 customers an hour", show_header=False, title_justify="left")
    table.add_row("sessions", f"{figures.sessions} ({figures.closed} closed)")
    table.add_row("messages", str(figures.messages))
    table.add_row(
        "waited for a person", f"{figures.p_wait:.0%}, on average {figures.mean_wait_s:.0f} s, 90 % at most {figures.p90_wait_s:.0f} s"
    )
    table.add_row("agents busy", f"{figures.occupancy:.0%} of their slots")
    table.add_row("commands", f"{figures.commands} in {figures.wall_s:.2f} s, all in support.db")
    console.print(table)


def show_intents(console: Console) -> None:
    """What customers asked about: plain SQL on a view."""
    table = Table("tag", "sessions", title="What they asked about", title_justify="left")
    with sqlite3.connect(STORE) as database:
        rows = database.execute(
            "SELECT value, count(*) AS number FROM sessions, json_each(sessions.tags) GROUP BY value ORDER BY number DESC, value LIMIT 5"
        )
        for tag, number in rows:
            table.add_row(tag, str(number))
    database.close()
    console.print(table)


def show_conversation(console: Console, desk: Desk) -> None:
    session = min(desk.each(q.ClosedList()), key=lambda session: session.opened)
    console.print(f"[bold]The first conversation[/bold] ({session.id}, {', '.join(session.tags)})")
    for message in desk.each(q.Transcript(session)):
        local = message.at.astimezone(SEOUL)
        console.print(
            f"  {local:%H:%M:%S}  {'고객  ' if message.author == 'customer' else '상담사'}  {message.text}", highlight=False, soft_wrap=True
        )
    console.print()


if __name__ == "__main__":
    main(Console())
