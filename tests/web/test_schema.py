"""What the OpenAPI document allows and what it forbids, made up by schemathesis: no answer breaks, and each is as the document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from tests.web.site import NO_LIMITS, Browser, gateway_on, opened_desk

from cschat import commands, queries
from cschat.core.access import Permission
from cschat.web.wsgi import Door

pytestmark = pytest.mark.slow
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@pytest.fixture(scope="module")
def web() -> Iterator[Browser]:
    with opened_desk() as desk:
        yield Browser(gateway_on(desk, limits=NO_LIMITS))


@pytest.fixture(scope="module")
def api(web: Browser) -> Any:
    return schemathesis.openapi.from_wsgi("/-/openapi.json", Door(web.gateway))


ASKED = [
    *(f"/{{brand}}/do/{kind.__name__}" for kind in commands.COMMANDS if kind.permission is not Permission.OPERATE),
    *(f"/{{brand}}/ask/{kind.__name__}" for kind in queries.QUERIES if kind.permission is not Permission.OPERATE),
    *("/{brand}/do", "/{brand}/ask", "/{brand}/enter", "/{brand}/files"),
]
READ = ["/{brand}/me", "/{brand}/poll", "/{brand}/files/{id}", "/{brand}/customers/{id}/info", "/{brand}/sessions/{id}/allowed"]


@pytest.mark.parametrize("path", [*ASKED, *READ], ids=lambda path: path.removeprefix("/{brand}/"))
def test_every_answer_is_as_the_document_says(path: str, api: Any, web: Browser):
    sora, guest = web.signed_in("sora"), web.entered()
    callers: list[dict[str, Any]] = [
        {"cookies": {"user": "sora"}, "headers": {"X-CSRF-Token": sora.csrf}},
        {"headers": {"Authorization": f"Bearer {guest.token}"}},
    ]

    @given(case=api[path]["GET" if path in READ else "POST"].as_strategy())
    @settings(max_examples=5, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        case.path_parameters["brand"] = "shop"
        case.query.pop("wait", None) if case.query else None
        case.headers = {name: value for name, value in case.headers.items() if name.lower() not in ("authorization", "x-csrf-token")}
        for known in callers:
            response = case.call(**known)
            assert response.status_code != 401 or path == "/{brand}/enter"
            case.validate_response(response, checks=CHECKS)

    check()
