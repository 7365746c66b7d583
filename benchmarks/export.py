"""Export of messages to JSON Lines, against a loop of sqlite3 and json that writes the same fields.

Each run is a process of its own, so that its memory is its own too; ours and the loop take turns. Meanwhile another process may write.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import attrs

from cschat import Actor, Desk
from cschat import commands as c
from cschat.core import events as e
from cschat.core.content import Content, Speaker
from cschat.core.ids import Ids
from cschat.core.session import Session, opened
from cschat.data import export_table
from cschat.storage.protocol import Transaction

MESSAGES = 1_000_000
PER_SESSION = 8
TOGETHER = 50
START = 1_772_409_600_000_000
TEXTS = (
    "배송이 언제 오나요?",
    "확인해 볼게요. 잠시만 기다려 주세요.",
    "주문 번호는 20260302-1042 입니다.",
    "네, 감사합니다!",
    "Is it there yet?",
)


@attrs.frozen
class Run:
    """One way to write the file: how many rows, seconds, and the most memory its process ever held, in MB."""

    rows: int
    seconds: float
    resident: float
    sha256: str


def fill(url: str, messages: int) -> None:
    """A desk with so many messages, in sessions of eight, fifty of which go on at once."""
    ids, now, done = Ids(7), START, 0
    with Desk.open(url, brand="shop") as desk, desk.store.batch(size=20) as batch:
        agent, customer = (desk.do(c.AddAgent(name="민아")), desk.do(c.RegisterCustomer(member="u1", name="김손님")))
        brand = agent.brand
        while done < messages:
            sessions = []
            for _ in range(TOGETHER):
                now += 1_000_000
                first = e.Event(brand, ids.new("ses", now), 1, now, f"customer:{customer.id}", e.Opened(customer.id, "web", "ko"))
                sessions.append((opened(first), [first]))
            for turn in range(PER_SESSION):
                speaker = (Speaker.CUSTOMER, Speaker.AGENT)[turn % 2]
                for place, (session, events) in enumerate(sessions):
                    now += 250_000
                    said = Content(text=TEXTS[(place + turn) % len(TEXTS)])
                    body = e.MessageSent(ids.new("msg", now), speaker, said, agent=agent.id if speaker is Speaker.AGENT else None)
                    event = e.Event(brand, session.id, session.seq + 1, now, f"{speaker}:x", body)
                    events.append(event)
                    sessions[place] = (session.apply(event), events)
            ordered = sorted((event for _, events in sessions for event in events), key=lambda event: (event.time, event.seq))
            batch.run(partial(write, ordered, [session for session, _ in sessions]))
            done += TOGETHER * PER_SESSION


def write(events: list[e.Event], sessions: list[Session], tx: Transaction) -> None:
    for event in events:
        tx.append(event)
    for session in sessions:
        tx.put(session)


def ours(url: str, path: Path) -> int:
    with Desk.open(url, brand="shop") as desk, path.open("wb") as file:
        return export_table(desk, "messages", file, format="jsonl")


def by_hand(url: str, path: Path) -> int:
    """What one would write: the few fields of all sessions in a dict, and a line for each message."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    agents = {id: json.loads(data)["name"] for id, data in connection.execute("SELECT id, data FROM cschat_agent")}
    categories = {id: json.loads(data)["path"] for id, data in connection.execute("SELECT id, data FROM cschat_category")}
    sessions = {}
    for id, data in connection.execute("SELECT id, data FROM cschat_session"):
        session = json.loads(data)
        sessions[id] = (session["channel"], categories.get(session["category"]), ", ".join(session["tags"]), session["customer"])
    sql = "SELECT subject, seq, time, data FROM cschat_event WHERE type = 'MessageSent' AND brand = 'brd_shop' ORDER BY position"
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        for subject, seq, when, data in connection.execute(sql):
            body = json.loads(data)
            channel, category, tags, customer = sessions[subject]
            line = {
                "at": datetime.fromtimestamp(when / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "session": subject,
                "seq": seq,
                "author": body["author"],
                "agent": body["agent"],
                "agent_name": agents.get(body["agent"]),
                "visibility": body["visibility"],
                "kind": body["content"]["kind"],
                "text": body["content"]["text"],
                "channel": channel,
                "category": category,
                "tags": tags,
                "customer": customer,
                "id": body["id"],
            }
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            rows += 1
    connection.close()
    return rows


WAYS = {"ours": ours, "by hand": by_hand}


def apart(way: str, url: str, path: Path) -> subprocess.Popen[str]:
    """Start one way in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "benchmarks.export", way, url, str(path)], stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> Run:
    said, _ = process.communicate()
    assert process.returncode == 0
    return Run(**json.loads(said))


def against_hand(url: str, folder: Path, rounds: int) -> tuple[list[Run], list[Run]]:
    """Both ways in turns."""
    runs: dict[str, list[Run]] = {way: [] for way in WAYS}
    for number in range(rounds):
        for way in list(WAYS)[:: 1 if number % 2 == 0 else -1]:
            runs[way].append(finished(apart(way, url, folder / f"{way}.jsonl")))
    return runs["ours"], runs["by hand"]


def beside(url: str, folder: Path) -> tuple[list[float], list[float]]:
    """How long each message took to write, in milliseconds: while nothing else is done, and while an export runs in another process."""
    alone: list[float] = []
    meanwhile: list[float] = []
    with Desk.open(f"{url}?synchronous=normal", brand="shop") as desk:
        visitor = desk.acting_as(Actor.member("u2"))
        session = visitor.do(c.OpenSession(text="안녕하세요"))

        def say(times: list[float]) -> None:
            began = time.perf_counter()
            visitor.do(c.SendMessage(session, text="아직이요"))
            times.append(1000 * (time.perf_counter() - began))
            time.sleep(0.002)

        for _ in range(1000):
            say(alone)
        process = apart("ours", url, folder / "beside.jsonl")
        while process.poll() is None:
            say(meanwhile)
        finished(process)
    return alone, meanwhile


def run(messages: int = MESSAGES, rounds: int = 2) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/desk.db"
        fill(url, messages)
        mine, hand = against_hand(url, folder, rounds)
        assert {one.sha256 for one in mine} == {one.sha256 for one in hand}, "they write different files"
        ratio = statistics.median(b.seconds / a.seconds for a, b in zip(mine, hand, strict=True))
        for way, runs in (("ours", mine), ("by hand", hand)):
            seconds, resident = statistics.median(one.seconds for one in runs), max(one.resident for one in runs)
            print(f"  {way:8} {runs[0].rows:,} messages in {seconds:.1f} s ({runs[0].rows / seconds:,.0f}/s), {resident:.0f} MB resident")
        print(f"  ratio    {ratio:.2f}, the files are equal")
        for way, times in zip(("alone", "beside an export"), beside(url, folder), strict=True):
            ordered = sorted(times)
            middle, high = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
            print(
                f"  writing {way}: {len(times):,} messages, median {middle:.2f} ms, 99 % within {high:.2f} ms, longest {ordered[-1]:.1f} ms"
            )


def main(way: str, url: str, path: str) -> None:
    began = time.perf_counter()
    rows = WAYS[way](url, Path(path))
    seconds = time.perf_counter() - began
    # Not `getrusage`: what it tells begins with the parent's.
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    resident = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    print(json.dumps({"rows": rows, "seconds": seconds, "resident": resident, "sha256": digest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
