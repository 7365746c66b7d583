"""The floor: what a careful programmer writes for this one purpose, with sqlite3 and msgspec dicts.

The same tables and indexes (made by cschat), the same reads and writes, one commit per command. No access rules, no machine, no validation.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec

from cschat.core.ids import Ids

__all__ = ["REFUND", "Hand", "connected"]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_BARE: dict[str, Any] = {"media": None, "choices": [], "cards": [], "fields": [], "article": None}

REFUND: tuple[tuple[str, list[tuple[str, tuple[str, ...]]], str, list[list[str]]], ...] = (
    ("환불", [("주문번호 10자리를 알려 주세요.", ())], "order_no", [["hello", "choose:1"]]),
    ("12", [("다시 한번 확인해 주세요.\n주문번호 10자리를 알려 주세요.", ())], "order_no", [["order_no", "again"]]),
    ("1234567890", [("1234567890 주문을 환불할까요?", ("네", "아니요"))], "confirm", [["order_no", "next"]]),
    (
        "네",
        [("환불을 접수했습니다. 더 필요한 것이 있으신가요?", ()), ("언제든 말씀해 주세요.", ("처음으로", "끝"))],
        "again",
        [["confirm", "choose:1"], ["done", "next"]],
    ),
    ("처음으로", [("무엇을 도와드릴까요?", ("환불", "배송", "상담사"))], "hello", [["again", "choose:1"]]),
)
"""The turns of the dialogue in `turns`: what the customer says, what the bot answers with which buttons, its step after that, its path."""


def _plain(text: str) -> dict[str, Any]:
    return {"kind": "text", "text": text, **_BARE}


def connected(path: Path, *, durable: bool, checkpoint_pages: int = 1000) -> sqlite3.Connection:
    """A connection to a file that cschat has made."""
    db = sqlite3.connect(path, isolation_level=None, cached_statements=512, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    db.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
    db.execute("PRAGMA secure_delete = FAST")
    return db


class Hand:
    """What is written on a connection: `db.execute(sql, values)`, with "?" for each value."""

    def __init__(self, db: Any) -> None:
        self.db = db
        self.ids = Ids()

    # ----------------------------------------------------------------------------------------------------------- rows

    def _row(self, table: str, id: str) -> tuple[dict[str, Any], int]:
        data, version = self.db.execute(f"SELECT data, version FROM cschat_{table} WHERE id = ?", (id,)).fetchone()
        return _decode(data), version

    def _customer(self, brand: str, key: str) -> dict[str, Any]:
        sql = "SELECT data, version FROM cschat_customer WHERE brand = ? AND key = ?"
        return _decode(self.db.execute(sql, (brand, key)).fetchone()[0])

    def _event(self, session: dict[str, Any], type_: str, body: dict[str, Any], actor: str, now: int, **more: str | None) -> None:
        session["seq"] += 1
        session["last"] = now
        self.db.execute(
            "INSERT INTO cschat_event (brand, subject, seq, time, type, actor, cause, once, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(session["brand"], session["id"], session["seq"], now, type_, actor),
                *(more.get("cause"), more.get("once"), _encode(body).decode()),
            ),
        )

    def _save(self, session: dict[str, Any], version: int, **columns: Any) -> None:
        more = "".join(f", {name} = ?" for name in columns)
        self.db.execute(
            f"UPDATE cschat_session SET data = ?, version = version + 1{more} WHERE id = ? AND version = ?",
            (_encode(session).decode(), *columns.values(), session["id"], version),
        )

    def _message(
        self, session: dict[str, Any], content: dict[str, Any], author: str, agent: str | None, actor: str, now: int, **more: str | None
    ) -> None:
        body = {"id": self.ids.new("msg", now), "author": author, "content": content, "visibility": "public", "agent": agent, "step": False}
        self._event(session, "MessageSent", body, actor, now, **more)
        turn = session["turn"]
        if author == "bot":
            turn["bot_messages"] += 1
            return
        turn["last_said"] = now
        if author == "agent":
            if turn["first_response"] is None:
                turn["first_response"] = now
            elif turn["customer_since"] is not None:
                turn["customer_wait"] += now - turn["customer_since"]
            turn["customer_since"], turn["agent_since"] = None, now
            turn["human_messages"] += 1
            session["read_by_staff"] = session["seq"]
        else:
            turn["agent_wait"] += 0 if turn["agent_since"] is None else now - turn["agent_since"]
            turn["customer_since"], turn["agent_since"] = turn["customer_since"] or now, None
            turn["customer_messages"] += 1
            session["read_by_customer"], session["spoke"] = session["seq"], True

    # -------------------------------------------------------------------------------------------------------- commands

    def say(self, session: dict[str, Any], version: int, agent: str, text: str, once: str | None = None) -> None:
        """The writes of an agent's message."""
        self._message(session, _plain(text), "agent", agent, f"agent:{agent}", time.time_ns() // 1000, once=once)
        self._save(session, version)

    def send(self, session_id: str, agent: str, text: str, request_id: str | None = None) -> None:
        """An agent says something."""
        self.db.execute("BEGIN IMMEDIATE")
        self._row("agent", agent)
        once = None
        if request_id is not None:
            once = f"r:agent:{agent}:{request_id}"
            if self.db.execute("SELECT data FROM cschat_event WHERE subject = ? AND once = ?", (session_id, once)).fetchone():
                self.db.execute("ROLLBACK")
                return
        session, version = self._row("session", session_id)
        self.say(session, version, agent, text, once)
        self.db.execute("COMMIT")

    def bot_turn(self, brand: str, key: str, session_id: str, at: int) -> None:
        """A turn of the refund dialogue: the customer says something, the bot answers, and stands somewhere else."""
        text, replies, step, path = REFUND[at]
        now = time.time_ns() // 1000
        self.db.execute("BEGIN IMMEDIATE")
        customer = self._customer(brand, key)
        session, version = self._row("session", session_id)
        self._row("brand", brand)
        self._message(session, {"kind": "text", "text": text, **_BARE}, "customer", None, f"customer:{customer['id']}", now)
        cause = f"{session_id}:{session['seq']}"
        known = {"order_no": text} if text.isdigit() and len(text) == 10 else session["main"]["known"]
        for words, labels in replies:
            kind, choices = "choices" if labels else "text", [{"label": label, "value": None, "url": None} for label in labels]
            content = {"kind": kind, "text": words, **_BARE, "choices": choices}
            self._message(session, content, "bot", None, "system", now, cause=cause)
        scenario = session["main"]["scenario"]
        cursor = {"scenario": scenario, "step": step, "known": known, "tries": 0, "part": 0, "frames": [], "asked": 0, "until": None}
        moved = {"side": False, "cursor": cursor, "scenario": scenario, "path": path}
        self._event(session, "BotMoved", moved, "system", now, cause=cause)
        session["main"] = cursor
        self._save(session, version)
        self.db.execute("COMMIT")

    def life(self, brand: str, key: str, customer: str, agent: str) -> None:
        """Open, customer message, claim, agent message, end, wrap up: six commands, six commits."""
        session = self._open(brand, key, customer)
        self._say(session, brand, key, customer)
        self._claim(session, agent)
        self.send(session, agent, "안녕하세요")
        self._end(session, agent)
        self._wrap_up(session, agent)

    def _open(self, brand: str, key: str, customer: str) -> str:
        now = time.time_ns() // 1000
        self.db.execute("BEGIN IMMEDIATE")
        self._customer(brand, key)
        session = _new_session(self.ids.new("ses", now), brand, customer, now)
        body = {"customer": customer, "channel": "web", "language": None, "subject": "", "previous": None, "page": ""}
        self._event(session, "Opened", body, f"customer:{customer}", now)
        self.db.execute(
            "INSERT INTO cschat_session (id, version, data, brand, state, rank, agent, customer, opened, wake)"
            " VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
            (session["id"], _encode(session).decode(), brand, "bot", now, None, customer, now, None),
        )
        self.db.execute("COMMIT")
        return session["id"]

    def _say(self, session_id: str, brand: str, key: str, customer: str) -> None:
        now = time.time_ns() // 1000
        self.db.execute("BEGIN IMMEDIATE")
        self._customer(brand, key)
        session, version = self._row("session", session_id)
        self._message(session, _plain("배송이 언제 오나요?"), "customer", None, f"customer:{customer}", now)
        self._save(session, version)
        self.db.execute("COMMIT")

    def _claim(self, session_id: str, agent: str) -> None:
        now = time.time_ns() // 1000
        self.db.execute("BEGIN IMMEDIATE")
        self._row("agent", agent)
        session, version = self._row("session", session_id)
        self.db.execute("SELECT data, version FROM cschat_brand WHERE id = ?", (session["brand"],)).fetchone()
        self.db.execute("SELECT count(*) FROM cschat_session WHERE agent = ? AND state IN (?, ?)", (agent, "active", "wrap_up")).fetchone()
        self._event(
            session,
            "Assigned",
            {"agent": agent, "how": "claim", "why": "", "turn": _clocks(session["turn"], now), **_UNASKED},
            f"agent:{agent}",
            now,
        )
        turn = _new_turn("live", now)
        turn["queued"] = [{"began": now, "ended": now, "assigned": True}]
        turn["owned"] = [{"agent": agent, "began": now, "ended": None}]
        session |= {
            "turn": turn,
            "turns": 2,
            "agent": agent,
            "last_agent": agent,
            "state": "active",
            "since": now,
            "handed": session["seq"],
        }
        self._save(session, version, state="active", rank=now, agent=agent)
        self.db.execute("COMMIT")

    def _end(self, session_id: str, agent: str) -> None:
        now = time.time_ns() // 1000
        self.db.execute("BEGIN IMMEDIATE")
        self._row("agent", agent)
        session, version = self._row("session", session_id)
        self.db.execute("SELECT data, version FROM cschat_brand WHERE id = ?", (session["brand"],)).fetchone()
        body = {"by": "agent", "reason": "done", "timer": None, "policy": None, "wrap_up_by": None, "turn": None}
        self._event(session, "Ended", body, f"agent:{agent}", now)
        session["turn"]["ended"] = now
        session |= {"ended": now, "reason": "done", "state": "wrap_up", "since": now, "handed": session["seq"]}
        self._save(session, version, state="wrap_up", rank=now)
        self.db.execute("COMMIT")

    def _wrap_up(self, session_id: str, agent: str) -> None:
        now = time.time_ns() // 1000
        self.db.execute("BEGIN IMMEDIATE")
        self._row("agent", agent)
        session, version = self._row("session", session_id)
        clocks = _clocks(session["turn"], now)
        body = {"by": "agent", "note": "배송 조회", "category": None, "tags": [], "reason": "done", "turn": clocks}
        self._event(session, "WrappedUp", body, f"agent:{agent}", now)
        session |= {"agent": None, "closed": now, "state": "closed", "since": now, "handed": session["seq"]}
        self._save(session, version, state="closed", rank=now, agent=None)
        self.db.execute("COMMIT")

    # ------------------------------------------------------------------------------------------------------ handing out

    def hand_out(self, talk: str) -> None:
        """A talk is ended and closed, and whoever has waited longest of what its agent may have is theirs. Within the caller's commit."""
        now = time.time_ns() // 1000
        session, version = self._row("session", talk)
        brand, agent = session["brand"], session["agent"]
        self._row("agent", agent)
        self.db.execute("SELECT data, version FROM cschat_brand WHERE id = ?", (brand,)).fetchone()
        body = {"by": "host", "reason": "done", "timer": None, "policy": None, "wrap_up_by": None, "turn": None}
        self._event(session, "Ended", body, "host", now)
        session["turn"]["ended"] = now
        clocks = _clocks(session["turn"], now)
        self._event(
            session, "WrappedUp", {"by": "host", "note": "", "category": None, "tags": [], "reason": "done", "turn": clocks}, "host", now
        )
        session |= {"agent": None, "ended": now, "closed": now, "reason": "done", "state": "closed", "since": now, "handed": session["seq"]}
        self._save(session, version, state="closed", rank=now, agent=None)
        lanes = [lane for (lane,) in self.db.execute("SELECT lane FROM cschat_seat WHERE agent = ?", (agent,))]
        heads = [head for lane in lanes if (head := self._first_in(brand, lane)) is not None]
        if heads:
            _, next_id, lane = min(heads)
            self._assign(next_id, agent, lane, now)
        self._note_duty(agent, now)

    def _first_in(self, brand: str, lane: str) -> tuple[int, str, str] | None:
        sql = "SELECT rank, id, lane FROM cschat_session WHERE brand = ? AND lane = ? AND rank IS NOT NULL ORDER BY rank, id LIMIT 1"
        found: tuple[int, str, str] | None = self.db.execute(sql, (brand, lane)).fetchone()
        return found

    def _assign(self, id: str, agent: str, lane: str, now: int) -> None:
        session, version = self._row("session", id)
        sql = "SELECT data FROM cschat_seat WHERE brand = ? AND lane = ? AND open = 0 AND place IS NOT NULL ORDER BY place, id LIMIT 8"
        shut = [_decode(data) for (data,) in self.db.execute(sql, (session["brand"], lane))]
        decision: dict[str, Any] = {"by": "route", "route": lane, "lane": lane, "order": "least_active", "ranking": [[agent, 2]]}
        decision["rejected"] = [[seat["agent"], seat["why"]] for seat in shut]
        body = {"agent": agent, "how": "auto", "why": lane, "turn": None, "until": None, "out_of_turn": False, "decision": decision}
        self._event(session, "Assigned", body, "system", now)
        turn = session["turn"]
        turn["queued"] = [{**spell, "ended": now, "assigned": True} for spell in turn["queued"]]
        turn["owned"] = [*turn["owned"], {"agent": agent, "began": now, "ended": None}]
        session |= {"agent": agent, "last_agent": agent, "state": "active", "since": now, "lane": None, "handed": session["seq"]}
        self._save(session, version, state="active", rank=now, agent=agent, lane=None)

    def _note_duty(self, agent: str, now: int) -> None:
        sql = "SELECT count(*) FROM cschat_session WHERE agent = ? AND state IN (?, ?)"
        load = self.db.execute(sql, (agent, "active", "wrap_up")).fetchone()[0]
        duty, version = self._row("duty", f"dty_{agent.partition('_')[2]}")
        duty |= {"load": load, "rested": now, "given": now, "turn": now}
        sql = "UPDATE cschat_duty SET data = ?, version = version + 1 WHERE id = ? AND version = ?"
        self.db.execute(sql, (_encode(duty).decode(), duty["id"], version))


_UNASKED = {"until": None, "out_of_turn": False, "decision": None}


def _new_turn(kind: str, now: int) -> dict[str, Any]:
    turn: dict[str, Any] = {"kind": kind, "began": now, "queued": [], "owned": []}
    turn |= dict.fromkeys(("first_response", "last_said", "customer_since", "agent_since", "paused"))
    turn |= dict.fromkeys(("customer_wait", "customer_wait_open", "agent_wait", "agent_wait_open"), 0)
    return turn | dict.fromkeys(("customer_messages", "human_messages", "bot_messages"), 0) | {"ended": None}


def _clocks(turn: dict[str, Any], now: int) -> dict[str, Any]:
    first, last, ended = turn["first_response"], turn["last_said"], turn["ended"]
    return {
        "kind": turn["kind"],
        "began": turn["began"],
        "total": (now - turn["began"]) // 1000,
        "queue_times": [(spell["ended"] - spell["began"]) // 1000 for spell in turn["queued"] if spell["ended"]],
        "owned": [{"agent": own["agent"], "duration": ((own["ended"] or now) - own["began"]) // 1000} for own in turn["owned"]],
        "first_response": None if first is None else (first - turn["began"]) // 1000,
        "customer_wait": turn["customer_wait"] // 1000,
        "customer_wait_open": turn["customer_wait_open"] // 1000,
        "agent_wait": turn["agent_wait"] // 1000,
        "agent_wait_open": turn["agent_wait_open"] // 1000,
        "talk_time": None if first is None else (last - first) // 1000,
        "after_work": None if ended is None else (now - ended) // 1000,
        "customer_messages": turn["customer_messages"],
        "human_messages": turn["human_messages"],
        "bot_messages": turn["bot_messages"],
    }


def _new_session(id: str, brand: str, customer: str, now: int) -> dict[str, Any]:
    session: dict[str, Any] = {"id": id, "brand": brand, "seq": 0, "last": now, "customer": customer, "channel": "web", "language": None}
    session |= {"subject": "", "state": "bot", "since": now, "opened": now, "turn": _new_turn("bot", now), "turns": 1}
    session |= dict.fromkeys(("agent", "last_agent", "group", "category"))
    session |= {"tags": [], "priority": "normal", "head_start": 0, "passed": [], "spoke": False, "handed": 1}
    session |= dict.fromkeys(("lane", "wanted", "until", "held_until", "ended", "reason", "closed", "previous", "next"))
    return session | {"read_by_customer": 0, "read_by_staff": 0, "rating": None, "main": None, "side": None, "wake": None}
