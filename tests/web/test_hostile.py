"""Ten thousand requests that nobody should send: each is answered, and none breaks anything."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import attrs
import msgspec
import pytest
from msgspec import Raw
from tests.office import Office
from tests.samples import COMMANDS, QUERIES, Sample
from tests.web.site import NO_LIMITS, SECRET, Browser, gateway_on, opened_desk, user_of

from cschat import Desk, commands, queries
from cschat import commands as c
from cschat.core.access import Permission
from cschat.core.clock import FakeClock
from cschat.web import Gateway, Request
from cschat.web.tokens import Visitor

TEXTS = [
    '""',
    '" "',
    '"배송"',
    '"\\ud800"',
    '"a\\u0000b"',
    '"\\u202e"',
    '"open"',
    '"high"',
    '"session"',
    '"auto"',
    '"admin"',
    '"ses_x"',
    '"cus_"',
    '"' + "가" * 21_000 + '"',
    '"2026-11-26"',
    '"2026-11-26T09:00:00Z"',
    '"9999-12-31T23:59:59+23:59"',
    '"0000-00-00"',
    '"../../etc/passwd"',
    '"<script>"',
    '"{{ 7*7 }}"',
    '"{% for x in range(10**9) %}"',
    '"\'; DROP TABLE session; --"',
    '"(a+)+$"',
    '"http://169.254.169.254/"',
    '"https://shop.example"',
    '"#ff8800"',
    '"PT1H"',
    '"09:00"',
    '"ko"',
    '"%s%n"',
    '"=1+1"',
]
NUMBERS = [
    "0",
    "-1",
    "1",
    "3",
    "5",
    "60",
    "1.5",
    "-0.0",
    "1e308",
    "1e-400",
    str(2**31),
    str(2**53),
    str(2**63),
    str(-(2**63)),
    str(2**64),
    "9" * 300,
]
ODD = [
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[null]",
    "[[[[]]]]",
    '{"a": 1}',
    '{"": null}',
    '[1, "a", {}]',
    '{"kind": "text"}',
    '["a", "a"]',
]
PATHS = [
    "",
    "/",
    "//",
    "/shop",
    "/shop/",
    "/shop/do",
    "/shop/do/",
    "/shop/ask/GetBrand/",
    "/shop/do/__class__",
    "/shop/do/WakeSession",
    "/shop/ask/run",
    "/-/static/../gateway.py",
    "/-/static/shared",
    "/-/static/%2e%2e/pages.py",
    "/-/static/\0",
    "/-/static/shared/tokens.css/x",
    "/-/static//etc/passwd",
    "/-/static/" + "a" * 5000,
    "/nobody/me",
    "/SHOP/me",
    "/shop/me",
    "/shop/poll",
    "/shop/events",
    "/shop/files",
    "/shop/files/blb_x",
    "/shop/files/..",
    "/shop/help",
    "/shop/help/search",
    "/shop/help/contact",
    "/shop/workspace",
    "/shop/workspace/x/y",
    "/shop/widget.js",
    "/shop/customers/x/info",
    "/shop/sessions/x/allowed",
    "/cafe/me",
    "/-/openapi.json",
    "/\ufffd/\ud800",
    "/shop/enter",
]
ARGUMENTS = [
    "",
    "after=0",
    "after=1&wait=0",
    "after=-1",
    "after=x",
    "wait=99999",
    "session=ses_x",
    "session=%00",
    "q=%ff",
    "lang=xx",
    "a=" + "b" * 2000,
    "%&=&&;",
]
HEADERS: list[dict[str, str]] = [
    {},
    {"content-type": "application/json"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "text/\ud800"},
    {"authorization": "Bearer "},
    {"authorization": "Bearer a.b.c"},
    {"authorization": "Basic eA=="},
    {"authorization": "Bearer " + "é" * 100},
    {"cookie": "user=" + "é"},
    {"cookie": "user=sora", "x-csrf-token": "é"},
    {"origin": "null"},
    {"origin": "http://[::1"},
    {"origin": "https://desk.example", "access-control-request-method": "POST"},
    {"last-event-id": "9" * 18},
    {"last-event-id": "٣"},
    {"x-file-name": "%ff", "content-type": "image/png"},
    {"x-file-name": "..%2f..%5c%00", "content-type": "a/b/c"},
    {"idempotency-key": ""},
    {"idempotency-key": "é" * 300},
    {"if-none-match": '"x"'},
    {"accept-encoding": "gzip;q=abc"},
    {"accept-language": ";;q=,,;q=9"},
    {"x-forwarded-for": ",,,"},
]


def _spoilt(chance: random.Random, value: Any) -> Any:
    """The value with something else in one place of it."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        if chance.random() < 0.1:
            return {**value, "?": 1}
        return {**value, name: _spoilt(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.7:
        place = chance.randrange(len(value))
        return [*value[:place], _spoilt(chance, value[place]), *value[place + 1 :]]
    pick = chance.random()
    if isinstance(value, bool | int | float) and pick < 0.4:
        return Raw(chance.choice(NUMBERS).encode())
    if isinstance(value, str) and pick < 0.2:
        return value[: chance.randrange(len(value) + 1)]
    if isinstance(value, list | dict) and pick < 0.3:
        return [value] * chance.choice([0, 2, 60]) if isinstance(value, list) else {str(number): value for number in range(120)}
    return Raw(chance.choice([*TEXTS, *NUMBERS, *ODD]).encode())


@pytest.mark.parametrize("part", range(4))
def test_one_thing_that_is_wrong_with_a_good_request_breaks_nothing(part: int, caplog: pytest.LogCaptureFixture):
    chance = random.Random(part)
    samples: list[tuple[str, type[Any], Sample]] = [
        *(("do", kind, sample) for kind, sample in COMMANDS.items()),
        *(("ask", kind, sample) for kind, sample in QUERIES.items()),
    ]
    failed: list[str] = []
    for verb, kind, sample in samples[part::4]:
        if kind.permission is Permission.OPERATE:
            continue
        with Desk.open("memory:", clock=FakeClock(), seed=1) as desk:
            web, asked = _made(desk, sample)
            sora = attrs.evolve(web, token=None, user="agt_sora", csrf=web.gateway.site.callers.mark("agt_sora"))
            for _ in range(50):
                body = msgspec.json.encode(_spoilt(chance, asked))
                for browser in (web, sora):
                    answer = browser.call("POST", f"/main/{verb}/{kind.__name__}", body, headers=HEADERS[1])
                    if answer.status >= 500:
                        failed.append(f"{answer.status} {kind.__name__} {body[:300]!r} {answer.body[:300]!r}")
    assert failed == []
    assert [record for record in caplog.records if record.name == "cschat.web"] == []


def _made(desk: Desk, sample: Sample) -> tuple[Browser, dict[str, Any]]:
    """Somebody who may, and what they send."""
    office = Office.on(desk, desk.clock)  # type: ignore[arg-type]
    for name, agent in (("sora", office.sora), ("mina", office.mina), ("jun", office.jun)):
        desk.do(c.ChangeAgent(agent, user_id=f"agt_{name}"))
    gateway = Gateway(desk, brands=["main"], secrets=[SECRET], identify=user_of, limits=NO_LIMITS)
    asked = sample.make(office, office.session(sample.state))
    fields = attrs.asdict(asked, recurse=False, filter=lambda _field, value: value not in (None, msgspec.UNSET))
    users = {"agent": "agt_mina", "colleague": "agt_jun", "admin": "agt_sora"}
    callers = gateway.site.callers
    if sample.door in users:
        user = users[sample.door]
        browser = Browser(gateway, user=user, csrf=callers.mark(user), brand="main")
    else:
        browser = Browser(gateway, token=callers.tokens.visitor("main", Visitor("guest:browser-a", 2**31)), brand="main")
    return browser, msgspec.to_builtins(fields)


def _fields(random: random.Random, kind: type[Any], known: Sequence[str]) -> str:
    """The fields of a command or a query, each with something that may or may not do."""

    def value() -> str:
        pick = random.random()
        if pick < 0.3:
            return json.dumps(random.choice(known))
        if pick < 0.6:
            return random.choice(TEXTS)
        if pick < 0.75:
            return random.choice(NUMBERS)
        if pick < 0.9:
            return random.choice(ODD)
        return (
            f"[{random.choice(TEXTS)}, {random.choice(NUMBERS)}]" if pick < 0.95 else f'{{"{random.choice("ab")}": {random.choice(TEXTS)}}}'
        )

    names = [field.name for field in attrs.fields(kind) if field.default is attrs.NOTHING or random.random() < 0.4]
    return "{" + ", ".join(f'"{name}": {value()}' for name in names) + "}"


@pytest.mark.parametrize("seed", range(5))
def test_nothing_that_is_sent_breaks_the_desk(seed: int, caplog: pytest.LogCaptureFixture):
    chance = random.Random(seed)
    with opened_desk() as desk:
        web = Browser(gateway_on(desk, limits=NO_LIMITS))
        guest, mina, sora = web.entered(), web.signed_in("mina"), web.signed_in("sora")
        session = guest.do("OpenSession", text="배송").json
        mina.do("ClaimSession", session=guest.do("OpenSession", text="환불").json["id"])
        message = guest.ask("Transcript", session=session["id"]).json["items"][0]["id"]
        known = [session["id"], session["customer"], message, mina.get("/me").json["agent"]["id"], "brd_shop"]
        failed: list[str] = []

        def check(browser: Browser, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:  # noqa: PLR0917
            more = {"authorization": f"Bearer {browser.token}"} if browser.token else {}
            if browser.user:
                more |= {"cookie": f"user={browser.user}", "x-csrf-token": browser.csrf or ""}
            response = web.gateway.handle(Request(method, path, query, {"host": "desk.example", **more, **headers}, body, "203.0.113.7"))
            if response.live is not None:
                response.live.close()
            if response.status >= 500:
                failed.append(f"{response.status} {method} {path[:60]} {headers} {body[:300]!r} {response.body[:300]!r}")
            assert all("\n" not in value and "\r" not in value for value in response.headers.values())

        kinds = [("do", kind) for kind in commands.COMMANDS] + [("ask", kind) for kind in queries.QUERIES]
        asked: list[Browser] = [web, guest, mina, sora, sora]
        for _ in range(1400):
            verb, kind = chance.choice(kinds)
            body = _fields(chance, kind, known).encode()
            if chance.random() < 0.1:
                word = "command" if verb == "do" else "query"
                check(
                    chance.choice(asked),
                    "POST",
                    f"/shop/{verb}",
                    "",
                    HEADERS[1],
                    b'[{"%s": "%s", ' % (word.encode(), kind.__name__.encode()) + body[1:] + b"]",
                )
            else:
                check(chance.choice(asked), "POST", f"/shop/{verb}/{kind.__name__}", "", HEADERS[1], body)
        for _ in range(600):
            path = chance.choice(PATHS) if chance.random() < 0.8 else "/" + quote(chance.randbytes(12), safe="/%")
            body = chance.choice([b"", b"{}", b"[]", b"\xff", chance.randbytes(40), b'{"guest": "x"}', b"a=b&text=%ff"])
            method = chance.choice(["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "gEt", ""])
            check(chance.choice(asked), method, path, chance.choice(ARGUMENTS), chance.choice(HEADERS), body)
        assert failed == []
        assert [record for record in caplog.records if record.levelno >= logging.ERROR and record.name == "cschat.web"] == []
        assert guest.ask("GetSession", session=session["id"]).status in (200, 404)
