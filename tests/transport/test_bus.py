"""The bus: others are told at once, and find out all the same when there is none."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from itertools import islice

import anyio
import pytest
from tests.needs import OwnRedis, postgres_schema, redis_channel

from cschat import Actor, AsyncDesk, Desk
from cschat import commands as c
from cschat import events as e
from cschat.errors import Invalid, MissingExtra
from cschat.storage import connecting
from cschat.transport import bus as buses

SOON = 20
"""Seconds within which something must have come that comes at once."""


@pytest.fixture
def deaf(monkeypatch):
    """Nobody looks into the file for what others commit: only the bus can tell."""
    monkeypatch.setattr(connecting, "POLL_SECONDS", (3600, 3600))


@pytest.fixture
def file(tmp_path):
    return f"sqlite:///{tmp_path}/desk.db?synchronous=normal"


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    server = OwnRedis()
    yield server
    server.kill()


def say(desk, text="안녕하세요"):
    return desk.acting_as(Actor.guest("browser")).do(c.OpenSession(text=text))


def wait_until(true):
    """Until something holds that another thread brings about."""
    late = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < late
        threading.Event().wait(0.01)


@contextmanager
def watching(desk):
    """Somebody waits for the next session when the block begins, and has been told of it when it ends."""
    seen = []
    watch = desk.watch(after=desk.position(), types=[e.Opened], timeout=SOON)
    thread = threading.Thread(target=lambda: seen.extend(event.subject for event in islice(watch, 1)))
    thread.start()
    wait_until(lambda: desk.store._signal._waiting)
    yield seen
    thread.join()


def listening(*desks):
    """All listen by now: whatever is sent is heard by all."""
    heard = {desk: threading.Event() for desk in desks}
    stops = [desk._works.wire.hear(lambda hint, desk=desk: heard[desk].set() if hint == ("test",) else None) for desk in desks]
    for desk in desks:
        desk._works.wire.ensure()
    for desk in desks:
        others = [one for one in desks if one is not desk]
        wait_until(lambda desk=desk, others=others: desk._works.wire.hint("test") or all(heard[one].is_set() for one in others))
        for event in heard.values():
            event.clear()
    for stop in stops:
        stop()


def test_another_process_is_told_at_once(file, deaf):
    channel = redis_channel()
    with Desk.open(file, bus=channel) as desk, Desk.open(file, bus=channel) as other:
        listening(desk, other)
        with watching(other) as seen:
            session = say(desk)
        assert seen == [session.id]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_task_is_told_at_once(file, deaf, backend):
    channel = redis_channel()

    async def take(other, seen):
        async with aclosing(other.watch(types=[e.Opened], timeout=SOON)) as news:
            seen.append((await anext(news)).subject)

    async def watch(desk, other):
        async with other:
            await other.position()
            await anyio.to_thread.run_sync(lambda: listening(desk, other))
            seen = []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(take, other, seen)
                await anyio.to_thread.run_sync(lambda: wait_until(lambda: len(other.store._signal._heard) == 2))
                session = await anyio.to_thread.run_sync(lambda: say(desk))
            assert seen == [session.id]

    with Desk.open(file, bus=channel) as desk:
        anyio.run(watch, desk, AsyncDesk.open(file, bus=channel), backend=backend)


def test_hints_reach_all_processes_and_each_once(file):
    channel, heard = redis_channel(), []
    with Desk.open(file, bus=channel) as desk, Desk.open(file, bus=channel) as other:
        listening(desk, other)
        desk._works.wire.hear(lambda hint: heard.append(("here", *hint)) if hint != ("test",) else None)
        stop = other._works.wire.hear(lambda hint: heard.append(("there", *hint)) if hint != ("test",) else None)
        desk._works.wire.hint("attending", "brd_main", "ses_1")
        wait_until(lambda: len(heard) == 2)
        stop()
        other._works.wire.hint("attending", "brd_main", "ses_2")
        wait_until(lambda: len(heard) == 3)
    assert [(where, session) for where, _, _, session in heard] == [("here", "ses_1"), ("there", "ses_1"), ("here", "ses_2")]


def test_processes_on_postgresql_need_no_other_bus_for_hints():
    with postgres_schema() as url, Desk.open(url) as desk, Desk.open(url) as other, Desk.open(url) as quiet:
        listening(desk, other)
        heard = []
        other._works.wire.hear(lambda hint: heard.append(hint) if hint != ("test",) else None)
        desk._works.wire.hint("attending", "brd_main", "ses_1")
        wait_until(lambda: heard)
        assert heard == [("attending", "brd_main", "ses_1")]
        quiet.position()
        assert quiet._works.wire._threads == [], "who neither hints nor hears needs no connection for it"


def test_without_a_bus_hints_stay_in_the_process():
    heard = []
    with Desk.open("memory:") as desk:
        desk._works.wire.hear(heard.append)
        desk._works.wire.hint("attending", "brd_main", "ses_1")
        assert heard == [("attending", "brd_main", "ses_1")]
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("cschat-bus")] == []


def test_a_listener_that_fails_is_logged_and_the_others_hear(caplog):
    heard = []
    with Desk.open("memory:") as desk:
        desk._works.wire.hear(lambda hint: 1 / 0)
        desk._works.wire.hear(heard.append)
        desk._works.wire.hint("x")
    assert heard == [("x",)]
    assert "a listener to hints failed" in caplog.text


def test_where_there_is_no_bus_news_come_later_and_it_is_logged_once(file, caplog):
    """Nothing listens on that port."""
    caplog.set_level(logging.INFO, "cschat.bus")
    with Desk.open(file, bus="redis://127.0.0.1:1/0") as desk, Desk.open(file, bus="local") as other:
        watch = other.watch(after=0, types=[e.Opened], timeout=SOON)
        sessions = [say(desk) for _ in range(5)]
        assert [next(watch).subject for _ in sessions] == [session.id for session in sessions]
        wait_until(lambda: "the bus is lost" in caplog.text)
        desk._works.wire.hint("x")
        wait_until(lambda: not desk._works.wire._hints)
    assert caplog.text.count("the bus is lost") == 1


@pytest.mark.slow
def test_a_bus_that_was_lost_is_used_again_when_it_is_back(file, deaf, own_redis, caplog, monkeypatch):
    caplog.set_level(logging.INFO, "cschat.bus")
    monkeypatch.setattr(buses, "PAUSES", (0.02, 0.1))
    with Desk.open(file, bus=own_redis.url) as desk, Desk.open(file, bus=own_redis.url) as other:
        listening(desk, other)
        for _ in range(3):
            with watching(other) as seen:
                first = say(desk)
            assert seen == [first.id]
            own_redis.kill()
            second = say(desk)  # nobody can be told now
            own_redis.start()
            watch = other.watch(after=other.position() - 3, types=[e.Opened], timeout=SOON)
            assert next(watch).subject == second.id
            listening(desk, other)
    assert caplog.text.count("the bus is lost") == caplog.text.count("the bus is there again") > 2


@pytest.mark.slow
def test_what_was_committed_while_the_bus_was_away_is_told_when_it_is_back(file, deaf, own_redis, monkeypatch):
    monkeypatch.setattr(buses, "PAUSES", (0.02, 0.1))
    with Desk.open(file, bus=own_redis.url) as desk, Desk.open(file, bus=own_redis.url) as other:
        listening(desk, other)
        with watching(other) as seen:
            own_redis.kill()
            session = say(desk)
            own_redis.start()
        assert seen == [session.id]


def test_what_others_say_on_the_channel_does_no_harm(file, deaf):
    import redis

    channel = redis_channel()
    url, _, name = channel.partition("?channel=")
    client = redis.Redis.from_url(url)
    with Desk.open(file, bus=channel) as desk, Desk.open(file, bus=channel) as other:
        listening(desk, other)
        say(desk)
        ends = []
        for one in (desk, other):
            one._works.wire.hear(lambda hint: ends.append(hint) if hint == ("end",) else None)
        for message in (b"", b"{}", b"\xff", b'["x", "y", []]', b'["somebody else", 1000000000, [["x"], []]]', b"[" * 5000):
            client.publish(name, message)
        client.publish(name, b'["somebody else", 0, [["end"]]]')
        wait_until(lambda: len(ends) == 2)
        with watching(other) as seen:
            session = say(desk, "또 저예요")
        assert seen == [session.id]
        assert other.store._signal.position <= other.position()
    client.close()


CHILD = """
import os, sys
from cschat import Actor, Desk, commands as c
from cschat.storage import connecting

connecting.POLL_SECONDS = (3600, 3600)
desk = Desk.open(sys.argv[1], bus=sys.argv[2])
desk.position()
if os.fork() == 0:
    print("ready", flush=True)
    sys.stdin.readline()
    desk.acting_as(Actor.guest("child")).do(c.OpenSession(text="안녕"))
    sys.stdin.readline()
    os._exit(0)
os.wait()
desk.close()
"""


@pytest.mark.slow
def test_a_forked_child_tells_and_is_told(file, deaf):
    channel = redis_channel()
    with Desk.open(file, bus=channel) as desk:
        child = subprocess.Popen([sys.executable, "-c", CHILD, file, channel], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        with Desk.open(file, bus=channel) as other:
            listening(desk, other)
        with watching(desk) as seen:
            child.stdin.write("\n")
            child.stdin.flush()
        assert len(seen) == 1
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.wait(SOON) == 0
        child.stdin.close()
        child.stdout.close()


def test_a_desk_that_is_closed_leaves_no_thread(file):
    with Desk.open(file, bus=redis_channel()) as desk:
        say(desk)
        assert any(thread.name.startswith("cschat-bus") for thread in threading.enumerate())
    assert not any(thread.name.startswith("cschat-bus") for thread in threading.enumerate())


@pytest.mark.parametrize(
    "bus", ["", "kafka://x", "redis", "redis://host:port/0", "redis://127.0.0.1/0?channel=", "redis://127.0.0.1/0?x=1"]
)
def test_what_is_no_bus_is_refused(bus):
    with pytest.raises(Invalid) as refused:
        Desk.open("memory:", bus=bus)
    assert refused.value.field == "bus"


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(MissingExtra) as missing:
        Desk.open("memory:", bus="redis://127.0.0.1/0")
    assert missing.value.extra == "redis"


SLEEPER = """
import sys, time
from cschat import Desk

desk = Desk.open(sys.argv[1], bus=sys.argv[2])
desk.position()
print("up", flush=True)
time.sleep(60)
"""


def test_signals_are_still_heard(file):
    """A process that is told to end does not hang on its bus."""
    child = subprocess.Popen([sys.executable, "-c", SLEEPER, file, redis_channel()], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait(SOON) == -signal.SIGTERM
    child.stdout.close()
