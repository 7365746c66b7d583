"""The content of a store as one number."""

import hashlib

import msgspec
import pytest

from cschat import Actor, Desk
from cschat import commands as c
from cschat.core.clock import FakeClock
from cschat.kinds import CORE_KINDS
from cschat.storage import content
from cschat.storage.content import content_hash


@pytest.fixture
def desk():
    """A desk on which three sessions have grown at the same time."""
    with Desk.open("memory:", clock=FakeClock(), seed=1) as desk:
        guests = [desk.acting_as(Actor.guest(f"browser-{number}")) for number in range(3)]
        sessions = [guest.do(c.OpenSession(text="문의")) for guest in guests]
        for turn in range(12):
            for guest, session in zip(guests, sessions, strict=True):
                guest.do(c.SendMessage(session, text=f"{turn} 번째"))
        yield desk


def test_it_is_the_digest_of_canonical_lines_of_events_by_subject_and_of_records_by_kind(desk):
    canonical = msgspec.json.Encoder(order="sorted").encode
    events = sorted(desk.store.stream_log(), key=lambda event: (event.subject, event.seq))
    lines = [canonical([e.brand, e.subject, e.seq, e.time, e.type, e.actor, e.cause, e.body]) for e in events]
    for kind in sorted(CORE_KINDS, key=lambda kind: kind.kind):
        lines += [canonical([kind.kind, record]) for record in desk.store.stream(kind)]
    assert content_hash(desk.store, CORE_KINDS) == hashlib.sha256(b"".join(lines)).hexdigest()


def test_more_lines_than_are_sorted_at_once_come_to_the_same(desk, monkeypatch):
    whole = content_hash(desk.store, CORE_KINDS)
    monkeypatch.setattr(content, "_RUN", 7)
    monkeypatch.setattr(content, "_BLOCK", 3)
    assert content_hash(desk.store, CORE_KINDS) == whole
