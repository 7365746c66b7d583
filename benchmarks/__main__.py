"""`python -m benchmarks [SECTION ...]`: prints every figure of docs/performance.md, section by section."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    conversations,
    copying,
    export,
    history,
    hours,
    ledger,
    postgres,
    queueing,
    routing,
    rules,
    search,
    sizing,
    spikes,
    stats,
    storage,
    timers,
    turns,
    weight,
)
from cschat import commands as c

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Data of others that may be measured with and not be shipped; sections that need it say so where it is absent."""


def simulation() -> None:
    path = SHARED / "twitter-airlines" / "conversations.jsonl.xz"
    if _absent(path):
        return
    for run in conversations.run(path):
        figures = run.figures
        print(f"  {run.store:7} {figures.sessions:,} sessions, {figures.messages:,} messages, {figures.commands:,} commands")
        print(f"          {figures.commands_per_s:,.0f} commands/s, texts equal: {run.texts_equal}, content {figures.content_hash[:16]}")


def theory() -> None:
    path = SHARED / "contact-centre" / "erlang_reference.csv"
    if _absent(path):
        return
    rows = queueing.rows(path)
    for order in (None, "least_active", "round_robin"):
        wrong = {(row.load, row.agents): differ for row in rows if (differ := queueing.exact(row, order=order))}
        by = order or "claims"
        print(f"  exact, {by}: {len(rows)} rows of 5,000 customers; waits that differ from the heap's: {sum(wrong.values())} {wrong or ''}")
    for row in rows:
        if row.load in (1, 5, 20) and row.load / row.agents <= 0.9 and row.p_wait >= 0.01:
            customers, share, mean = queueing.statistical(row)
            verdict = "agrees" if share.holds and mean.holds else "DIFFERS"
            waits = f"p_wait {share.measured:.4f} ({share.expected:.4f}), mean wait {mean.measured:8.3f} s ({mean.expected:8.3f})"
            print(f"  load {row.load:4.0f} agents {row.agents:3}: {customers:7,} customers, {waits}: {verdict}")


def waits() -> None:
    for automatic in (False, True):
        for agents, slots in ((1, 1), (3, 1), (3, 3), (10, 1), (10, 3)):
            told = queueing.told(agents, slots, automatic=automatic)
            mode = "auto" if automatic else "manual"
            times = f"told {told.told:6.1f} s, waited {told.waited:6.1f} s: {told.ratio:.2f}"
            print(f"  {mode:7} {agents:2} x {slots} slots: {told.customers:6,} customers {times}")


def week() -> None:
    path = SHARED / "contact-centre" / "bank_calls_5min.csv.gz"
    if _absent(path):
        return
    for automatic in (False, True):
        figures = conversations.week(path, automatic=automatic)
        mode = "auto" if automatic else "manual"
        print(f"  {mode:7} {figures.sessions:,} sessions, {figures.commands:,} commands in {figures.wall_s:.1f} s")


def commands() -> None:
    for name, ratio in storage.messages().items():
        print(f"  {name:52} {ratio}")


def on_postgres() -> None:
    for name, ratio in postgres.messages():
        print(f"  {f'{name}, against hand on a pool of ten':52} {ratio}", flush=True)
    print(f"  {'16 tasks in each of two processes, against one':52} {postgres.processes()}")


def grown() -> None:
    for name, ratio in postgres.growth():
        print(f"  {f'{name}: 2,000,000 sessions, against 100,000':60} {ratio}", flush=True)


def lives() -> None:
    print(f"  {'a life of 6 commands, NORMAL, 1 caller':52} {storage.lives()}")


def weights() -> None:
    imported, nothing = weight.import_seconds()
    print(f"  import cschat: {imported:.3f} s (an empty program: {nothing:.6f} s)")
    print(f"  a session record: {weight.record_bytes():,} bytes")
    growth, speed = weight.stream_growth_bytes()
    print(f"  stream of 1,000,000 events: {growth / 1e6:.1f} MB growth, {speed:,.0f} events/s")


def searching() -> None:
    if not _absent(SHARED / "banking77"):
        search.show(SHARED)


def bots() -> None:
    print(f"  the engine alone: {turns.engine():,.0f} turns/s")
    print(f"  a desk in memory: {turns.desk():,.0f} turns/s")
    print(f"  {'SQLite NORMAL, 1 caller, against hand':52} {turns.sqlite()}")
    tasks, threads = turns.many()
    print(f"  SQLite FULL, 16 callers: {tasks:,.0f} turns/s by tasks, {threads:,.0f} by threads")
    normal, full = turns.state_only(durable=False), turns.state_only(durable=True)
    print(f"  the state alone on SQLite, 1 caller: {normal:,.0f} turns/s NORMAL, {full:,.0f} FULL")


def past() -> None:
    history.show(history.run())


def opening_hours() -> None:
    for zone in ("Asia/Seoul", "America/New_York"):
        for name, took in hours.microseconds(zone).items():
            print(f"  {zone:18}{name:26} {took:8.1f} microseconds")


def ruled() -> None:
    for name, url in (("memory", "memory:"), ("SQLite NORMAL", "sqlite:///FOLDER.db?synchronous=normal")):
        for what, ratio in rules.compared(url).items():
            print(f"  {name:14}{what:56} {ratio}")


def statistics() -> None:
    stats.measure(1_000_000)


def money() -> None:
    for name, url in (("memory", "memory:"), ("SQLite NORMAL", "sqlite:///FOLDER.db?synchronous=normal")):
        for what, ratio in ledger.compared(url).items():
            print(f"  {name:14}{what:56} {ratio}")
    print(f"  {'charged counts after 100,000 charges, against after 100':70} {ledger.statements(100_000)}")


def exported() -> None:
    export.run()


def handed_out() -> None:
    few, many = routing.crowded("memory:", 1_000), routing.crowded("memory:", 100_000)
    for place in (few, many):
        print(f"  {place.waiting:7,} waiting, 1,000 agents: an end and the next one's turn {routing.event(place):5.0f} microseconds")
    few.desk.do(c.SetDistribution(mode="manual"))
    print(f"  an end at a desk that does not hand out {routing.event(few):25.0f} microseconds")
    by_clock, by_processor = routing.drained(many)
    print(f"  memory, drained: {by_clock:,.0f} assignments/s by the clock, {by_processor:,.0f} of processor time")
    print(f"  {'SQLite NORMAL in batch(), against hand':52} {routing.sqlite()}")


def surges() -> None:
    nab, bank = SHARED / "nab", SHARED / "contact-centre" / "bank_calls_5min.csv.gz"
    if not _absent(nab):
        judged = spikes.tweets(nab)
        for name, one in judged.items():
            held = " (held out)" if name in spikes.HELD_OUT else ""
            print(f"  {name:5} {spikes.normalised([one]):5.1f}  {one.hit} of {one.windows} windows, {one.false} false alarms{held}")
        for what, names in (("tuned", spikes.TUNED), ("held out", spikes.HELD_OUT), ("all five", tuple(judged))):
            print(f"  {what}: {spikes.normalised([judged[name] for name in names]):.1f}")
    if not _absent(bank):
        first, second, weeks, speed = spikes.calls(bank)
        print(f"  calls of a bank: {first} alarms in the first half, {second} in the second, {weeks:.1f} weeks; {speed:,.0f} rows/s")


def due() -> None:
    for pending in (0, 1_000_000):
        print(f"  run_due with {pending:9,} timers pending, none due: {timers.look(pending):6.1f} microseconds")
    for apart in (False, True):
        speeds = sorted(timers.due_per_second(10_000, apart=apart) for _ in range(3))
        when = "each at its own moment" if apart else "all at one moment"
        print(f"  delayed replies sent, {when:22}: {speeds[1]:7,.0f}/s ({speeds[0]:,.0f} to {speeds[2]:,.0f})")


def copied() -> None:
    without, all_, more = copying.run()
    print(f"  1,000,000 events, from SQLite into SQLite: {without:,.0f} events/s, with verification {all_:,.0f}/s, {more:,.0f} MB more")


def sized() -> None:
    for what, measure in (
        ("whole conversations a second", sizing.conversations),
        ("sessions handed out a second", sizing.handed_out),
        ("kB on disk of a conversation with ten messages", sizing.kilobytes),
    ):
        with sizing.stores() as urls:
            print(f"  {what:50} " + ", ".join(f"{name} {measure(url):,.0f}" for name, url in urls.items()), flush=True)


SECTIONS: dict[str, Callable[[], None]] = {
    "simulation": simulation,
    "theory": theory,
    "waits": waits,
    "week": week,
    "commands": commands,
    "lives": lives,
    "postgres": on_postgres,
    "growth": grown,
    "weights": weights,
    "search": searching,
    "history": past,
    "bots": bots,
    "hours": opening_hours,
    "rules": ruled,
    "statistics": statistics,
    "ledger": money,
    "export": exported,
    "copy": copied,
    "sizing": sized,
    "routing": handed_out,
    "surges": surges,
    "timers": due,
}


def _absent(path: Path) -> bool:
    if not path.exists():
        print(f"  skipped: {path.name} is not here")
    return not path.exists()


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        sys.exit(f"no such section: {', '.join(unknown)} (there are {', '.join(SECTIONS)})")
    for name in names or SECTIONS:
        print(f"{name} ({time.strftime('%Y-%m-%d')})", flush=True)
        SECTIONS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
