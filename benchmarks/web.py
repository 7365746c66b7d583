"""What open streams cost, how long a message takes from one browser to another, and how many conversations are held in a second.

`python -m benchmarks.web [asgi|wsgi|workers|lives|browsers|browsers-workers]`: open streams on one uvicorn process; on one gunicorn process
with threads; on two of them; whole conversations through two gunicorn workers, by 16 clients; a message between two real browsers beside
200 other conversations, through uvicorn and through two gunicorn workers.

A real server in its own process, on an SQLite file or where DESK_URL says; the other browsers are sockets of this process. It prints what
was measured and asserts nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import windows
from cschat import AsyncDesk, Desk
from cschat import commands as c
from cschat.web import Gateway, Limits, Rate
from cschat.web.asgi import Door as AsgiDoor
from cschat.web.tokens import Tokens, Visitor
from cschat.web.wsgi import Door as WsgiDoor

SECRET = "benchmark-" * 4
CONVERSATIONS, AGENTS, SECONDS, PER_SECOND = 200, 20, 15, 20
STREAMS = {"asgi": 1000, "wsgi": 1000}
TEXTS = 100
"""How many texts are sent between real browsers."""
CLIENTS, LIVES = 16, 100
"""How many talk at a time, and how many conversations each of them holds."""
_ENOUGH = Rate(1e9, 10**9)
_PROGRAMS = {
    "asgi": "uvicorn --log-level warning --timeout-keep-alive 120 --timeout-graceful-shutdown 1 --fd {} benchmarks.web:asgi",
    "wsgi": "gunicorn --no-control-socket --threads 1100 --keep-alive 120 --log-level warning --graceful-timeout 1 --bind fd://{} "
    "benchmarks.web:wsgi",
    "workers": "gunicorn --no-control-socket --workers 2 --threads 260 --keep-alive 120 --log-level warning --graceful-timeout 1 "
    "--bind fd://{} benchmarks.web:wsgi",
    "lives": "gunicorn --no-control-socket --workers 2 --threads 8 --keep-alive 120 --log-level warning --graceful-timeout 1 "
    "--bind fd://{} benchmarks.web:wsgi",
}
_PROGRAMS |= {"browsers": _PROGRAMS["asgi"], "browsers-workers": _PROGRAMS["workers"]}


def _gateway(desk: Any) -> Gateway:
    limits = Limits(_ENOUGH, _ENOUGH, _ENOUGH, _ENOUGH, _ENOUGH)
    return Gateway(desk, brands=["shop"], secrets=[SECRET], identify=lambda request: request.headers.get("x-user"), limits=limits)


def __getattr__(name: str) -> Any:
    """The application of a server, made when it asks for it by name."""
    if name == "asgi":
        return AsgiDoor(_gateway(AsyncDesk.open(os.environ["DESK_URL"], brand="shop")))
    if name == "wsgi":
        return WsgiDoor(_gateway(Desk.open(os.environ["DESK_URL"], brand="shop")), threads=2200)
    raise AttributeError(name)


class Browser:
    """Listens on one connection and calls on another."""

    def __init__(self, address: tuple[str, int], headers: str) -> None:
        self.address, self.headers = address, headers
        self.heard: dict[str, asyncio.Future[float]] = {}
        self.lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def listen(self) -> None:
        reader, writer = await asyncio.open_connection(*self.address)
        writer.write(f"GET /shop/events HTTP/1.1\r\nHost: x\r\n{self.headers}\r\n".encode())
        while b"event: position" not in await reader.readline():
            pass
        self.task = asyncio.create_task(self._follow(reader, writer))

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line.startswith(b"data: ") and b'"MessageSent"' in line:
                text = json.loads(line[6:])["body"]["content"]["text"]
                future = self.heard.pop(text, None)
                if future is not None and not future.done():
                    future.set_result(time.perf_counter())
        writer.close()

    async def call(self, path: str, fields: dict[str, Any]) -> Any:
        reader, writer = self.lines.pop() if self.lines else await asyncio.open_connection(*self.address)
        body = json.dumps(fields).encode()
        head = (
            f"POST /shop/{path} HTTP/1.1\r\nHost: x\r\n{self.headers}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        said = json.loads(await reader.readexactly(length))
        assert b" 200 " in answer.split(b"\r\n")[0], said
        self.lines.append((reader, writer))
        return said


def _memory(pid: int) -> float:
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    return sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in pids) * 4096 / 1e6


def _browsers(address: tuple[str, int], customers: int) -> tuple[list[Browser], list[Browser]]:
    """Customers and agents."""
    tokens = Tokens([SECRET])
    guests = [
        Browser(address, f"Authorization: Bearer {tokens.visitor('shop', Visitor(f'guest:g{number}', 2**31))}\r\n")
        for number in range(customers)
    ]
    csrf = _gateway(Desk.open("memory:", brand="shop")).site.callers.mark
    return guests, [Browser(address, f"X-User: u{number}\r\nX-CSRF-Token: {csrf(f'u{number}')}\r\n") for number in range(AGENTS)]


async def _live(address: tuple[str, int], _pid: int, _customers: int) -> None:
    """Whole conversations: opened, said, claimed, answered, ended, wrapped up."""
    guests, agents = _browsers(address, CLIENTS)
    await agents[0].call("ask/Queue", {})

    async def client(number: int, lives: int) -> None:
        guest, agent = guests[number], agents[number]
        for _ in range(lives):
            session = (await guest.call("do/OpenSession", {"text": "안녕하세요"}))["id"]
            await guest.call("do/RequestAgent", {"session": session})
            await guest.call("do/SendMessage", {"session": session, "text": "배송이 언제 오나요?"})
            await agent.call("do/ClaimSession", {"session": session})
            await agent.call("do/SendMessage", {"session": session, "text": "오늘 출발했어요."})
            await agent.call("do/EndSession", {"session": session})
            await agent.call("do/WrapUp", {"session": session, "note": "배송 조회"})

    await asyncio.gather(*(client(number, 5) for number in range(CLIENTS)))
    began, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client(number, LIVES) for number in range(CLIENTS)))
    took, own = time.perf_counter() - began, time.process_time() - worked
    print(f"{CLIENTS * LIVES / took:.0f} conversations of seven requests a second ({own / took:.0%} of a core for the clients)")


class Talks:
    """Conversations that are going on, each between a customer and an agent who listen."""

    def __init__(self, guests: list[Browser], agents: list[Browser]) -> None:
        self.guests, self.agents = guests, agents
        self.sessions: list[str] = []
        self.answered: list[float] = []
        self.taken: list[float] = []

    async def begin(self) -> None:
        for number in range(CONVERSATIONS):
            session = (await self.guests[number].call("do/OpenSession", {"text": "안녕하세요"}))["id"]
            await self.guests[number].call("do/RequestAgent", {"session": session})
            await self.agents[number % AGENTS].call("do/ClaimSession", {"session": session})
            self.sessions.append(session)

    async def listen(self) -> None:
        for start in range(0, len(self.guests), 50):
            await asyncio.gather(*(guest.listen() for guest in self.guests[start : start + 50]))
        await asyncio.gather(*(agent.listen() for agent in self.agents))

    async def _say(self, number: int, text: str) -> None:
        guest, agent = self.guests[number], self.agents[number % AGENTS]
        speaker, hearer = (guest, agent) if random.random() < 0.5 else (agent, guest)
        future = hearer.heard[text] = asyncio.get_running_loop().create_future()
        at = time.perf_counter()
        await speaker.call("do/SendMessage", {"session": self.sessions[number], "text": text})
        self.answered.append(time.perf_counter() - at)
        self.taken.append(await asyncio.wait_for(future, 30) - at)

    async def go_on(self, messages: int) -> None:
        """So many messages, in whatever conversation."""
        tasks = []
        for number in range(messages):
            tasks.append(asyncio.create_task(self._say(random.randrange(CONVERSATIONS), f"말 {number}")))
            await asyncio.sleep(1 / PER_SECOND)
        await asyncio.gather(*tasks)


def _show(name: str, seconds: list[float]) -> None:
    steps = statistics.quantiles(seconds, n=100)
    print(f"{name}: median {1000 * steps[49]:.1f} ms, 95 % {1000 * steps[94]:.1f} ms, 99 % {1000 * steps[98]:.1f} ms of {len(seconds)}")


async def _measure(address: tuple[str, int], pid: int, customers: int) -> None:
    talks = Talks(*_browsers(address, customers))
    await talks.agents[0].call("ask/Queue", {})
    print(f"server alone: {_memory(pid):.0f} MB")
    await talks.begin()
    began = time.perf_counter()
    await talks.listen()
    print(f"{customers} customers and {AGENTS} agents listen after {time.perf_counter() - began:.1f} s: {_memory(pid):.0f} MB")
    await talks.go_on(SECONDS * PER_SECOND)
    _show("answered", talks.answered)
    _show("heard by the other", talks.taken)
    print(f"at the end: {_memory(pid):.0f} MB")


async def _between_browsers(address: tuple[str, int], _pid: int, _customers: int) -> None:
    talks = Talks(*_browsers(address, CONVERSATIONS))
    await talks.begin()
    await talks.listen()
    beside = asyncio.create_task(talks.go_on(10**9))
    async with windows.opened("http://{}:{}".format(*address), user="u0") as both:
        await both.begin()
        taken = [await both.milliseconds(f"{number}번째 글", by_customer=number % 2 == 0) / 1000 for number in range(TEXTS)]
    beside.cancel()
    _show("from the customer's page to the agent's", taken[::2])
    _show("from the agent's page to the customer's", taken[1::2])
    _show("both", taken)


_MEASURES = {"lives": _live, "browsers": _between_browsers, "browsers-workers": _between_browsers}


def main(kind: str = "asgi") -> None:
    customers = STREAMS.get(kind, CONVERSATIONS)
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0), backlog=2048) as place:
        url = os.environ.get("DESK_URL", f"sqlite:///{folder}/desk.db")
        with Desk.open(url, brand="shop") as desk:
            desk.do(c.ChangeBrand(accepting="open"))
            for number in range(AGENTS):
                desk.do(c.AddAgent(name=f"상담사 {number}", user_id=f"u{number}", status="available", capacity=100))
            for number in range(customers):
                desk.do(c.RegisterCustomer(guest=f"g{number}"))
        place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as servers do with a place that they open themselves
        program = _PROGRAMS[kind].format(place.fileno()).split()
        server = subprocess.Popen([sys.executable, "-m", *program], env=os.environ | {"DESK_URL": url}, pass_fds=[place.fileno()])
        try:
            address = place.getsockname()
            asyncio.run(_MEASURES.get(kind, _measure)(address, server.pid, customers))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


if __name__ == "__main__":
    main(*sys.argv[1:])
