"""The OpenAPI document: valid, whole, and true of what is asked and answered."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import attrs
import jsonschema_rs
import msgspec
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31
from tests.office import Office
from tests.samples import COMMANDS, QUERIES, Sample
from tests.web.site import Browser, gateway_on, opened_desk

from cschat import Desk, commands, queries
from cschat.core.access import GRANTS, Permission
from cschat.core.clock import FakeClock
from cschat.core.people import Role
from cschat.web.openapi import document
from cschat.web.wire import answered, command_of, query_of

SAMPLES: dict[type[Any], Sample] = {**COMMANDS, **QUERIES}
ASKABLE = [kind for kind in SAMPLES if kind.permission is not Permission.OPERATE]


@functools.cache
def _document() -> dict[str, Any]:
    return msgspec.json.decode(msgspec.json.encode(document("/desk")))  # type: ignore[no-any-return]


def _operation(kind: type[Any]) -> dict[str, Any]:
    verb = "do" if kind in COMMANDS else "ask"
    return _document()["paths"][f"/{{brand}}/{verb}/{kind.__name__}"]["post"]  # type: ignore[no-any-return]


def _check(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": _document()["components"]}
    found = [f"{error.instance_path}: {error.message}" for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]
    assert found == []


def _content(part: dict[str, Any]) -> dict[str, Any]:
    return part["content"]["application/json"]["schema"]  # type: ignore[no-any-return]


@pytest.fixture
def office() -> Iterator[Office]:
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        yield Office.on(desk, clock)


def test_the_document_is_served_and_kept_by_browsers():
    with opened_desk() as desk:
        web = Browser(gateway_on(desk))
        served = web.call("GET", "/-/openapi.json")
        again = web.call("GET", "/-/openapi.json", headers={"if-none-match": served.headers["etag"]})
    assert (served.status, again.status, again.body) == (200, 304, b"")
    assert served.json["openapi"] == "3.1.0"


def test_it_is_openapi():
    jsonschema_rs.Draft202012Validator(OPENAPI_31).validate(_document())


def test_every_schema_is_one_and_all_that_is_referred_to_is_there():
    known = _document()["components"]["schemas"]
    for schema in known.values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    for name in _references(_document()):
        assert name.removeprefix("#/components/schemas/") in known or name.startswith("#/components/responses/")


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_all_that_anybody_on_the_web_may_do_or_ask_is_in_it_and_nothing_else():
    expected = {
        f"/{{brand}}/{verb}/{kind.__name__}"
        for verb, kinds in (("do", commands.COMMANDS), ("ask", queries.QUERIES))
        for kind in kinds
        if kind.permission is not Permission.OPERATE
    }
    assert {path for path in _document()["paths"] if path.startswith(("/{brand}/do/", "/{brand}/ask/"))} == expected


@pytest.mark.parametrize("kind", ASKABLE, ids=lambda kind: kind.__name__)
def test_it_is_true_of_what_is_asked_and_answered(kind: type[Any], office: Office):
    """A sensible use as JSON fits the schema and means the same; its answer fits the schema of the answer."""
    sample, operation = SAMPLES[kind], _operation(kind)
    asked = sample.make(office, office.session(sample.state))
    fields = {
        field.name: value
        for field in attrs.fields(kind)
        if (value := getattr(asked, field.name)) is not msgspec.UNSET and not (value is None and field.default is not attrs.NOTHING)
    }
    given = msgspec.json.decode(msgspec.json.encode(fields))
    _check(_content(operation["requestBody"]), given)
    make = command_of if kind in COMMANDS else query_of
    assert make(kind.__name__, given) == asked
    door = getattr(office, sample.door)
    answer = door.do(asked) if kind in COMMANDS else door.ask(asked)
    _check(_content(operation["responses"]["200"]), msgspec.json.decode(msgspec.json.encode(answered(asked, answer))))


@pytest.mark.parametrize("kind", ASKABLE, ids=lambda kind: kind.__name__)
def test_it_says_who_may(kind: type[Any]):
    customers = {"customer": []} in _operation(kind)["security"]
    assert customers is (Role.CUSTOMER in GRANTS[kind.permission])
    assert _operation(kind)["summary"]


def test_what_only_the_desk_does_cannot_be_reached_by_anybody():
    kinds = [("do", kind) for kind in commands.COMMANDS] + [("ask", kind) for kind in queries.QUERIES]
    hidden = [(verb, kind) for verb, kind in kinds if kind.permission is Permission.OPERATE]
    assert hidden
    with opened_desk() as desk:
        web = Browser(gateway_on(desk))
        for browser in (web.entered(), web.signed_in("mina"), web.signed_in("sora")):
            for verb, kind in hidden:
                assert browser.call("POST", f"/shop/{verb}/{kind.__name__}", {}).status == 404
                word = "command" if verb == "do" else "query"
                assert browser.call("POST", f"/shop/{verb}", [{word: kind.__name__}]).status == 404


def test_a_customer_reaches_what_customers_may_and_an_agent_not_what_admins_may():
    with opened_desk() as desk:
        web = Browser(gateway_on(desk))
        guest, mina = web.entered(), web.signed_in("mina")
        refused = [
            (browser, kind)
            for browser, role in ((guest, Role.CUSTOMER), (mina, Role.AGENT))
            for kind in ASKABLE
            if role not in GRANTS[kind.permission] and not [field for field in attrs.fields(kind) if field.default is attrs.NOTHING]
        ]
        assert len(refused) > 30
        for browser, kind in refused:
            answer = browser.do(kind.__name__) if kind in COMMANDS else browser.ask(kind.__name__)
            assert answer.status in (403, 422), kind
            assert "items" not in answer.json


def test_bounds_are_in_it():
    schemas = _document()["components"]["schemas"]
    assert schemas["CustomerSessions"]["properties"]["limit"] == {"type": "integer", "minimum": 1, "maximum": 1000}
    assert schemas["UpdateCustomer"]["properties"]["phone"]["maxLength"] == 50
    assert schemas["CustomerSessions"]["additionalProperties"] is False
