"""Commands and queries over HTTP.

May: hand them to the desk and give back the answers. May not: know any one of them, but for who has a session open.
"""

from __future__ import annotations

from typing import Any

from cschat import commands as c
from cschat.door import brand_record
from cschat.errors import Invalid
from cschat.web.messages import Request, Response, answer_json
from cschat.web.site import Call, json_of
from cschat.web.wire import answered, command_of, query_of

__all__ = ["allowed", "ask", "ask_all", "do", "do_all"]

_MOST = 50
"""Commands or queries in one request."""


def do(call: Call) -> Response:
    """Carry out one command."""
    door = call.desk.acting_as(call.caller(changes=True).actor)
    command = command_of(call.parts["name"], json_of(call.request))
    answer = door.do(command, request_id=_request_id(call.request))
    _tell_attendance(call, command)
    return answer_json(answered(command, answer))


def do_all(call: Call) -> Response:
    """Carry out several commands, all or none."""
    door = call.desk.acting_as(call.caller(changes=True).actor)
    wanted = [command_of(name, fields) for name, fields in _several(call.request, "command")]
    answers = door.do_all(wanted, request_id=_request_id(call.request))
    for command in wanted:
        _tell_attendance(call, command)
    return answer_json([answered(command, answer) for command, answer in zip(wanted, answers, strict=True)])


def ask(call: Call) -> Response:
    """Answer one query. Whoever has not said who they are finds what is published."""
    query = query_of(call.parts["name"], json_of(call.request))
    door = call.desk.acting_as(call.reader(query.permission))
    return answer_json(answered(query, door.ask(query)))


def ask_all(call: Call) -> Response:
    """Answer several queries, as `ask`."""
    wanted = [query_of(name, fields) for name, fields in _several(call.request, "query")]
    door = call.desk.acting_as(call.reader(*(query.permission for query in wanted)))
    return answer_json([answered(query, door.ask(query)) for query in wanted])


def allowed(call: Call) -> Response:
    """The names of the commands that whoever asks may now carry out on a session."""
    door = call.desk.acting_as(call.caller().actor)
    return answer_json(sorted(command.__name__ for command in door.allowed(call.parts["id"])))


def _tell_attendance(call: Call, command: Any) -> None:
    """The one thing that changes and is no event: those who have the session open are told at once."""
    if isinstance(command, c.Attend):
        call.desk._works.wire.hint("attending", brand_record(call.brand), command.session)  # noqa: SLF001  (as far as there are processes)


def _request_id(request: Request) -> str | None:
    return request.headers.get("idempotency-key")


def _several(request: Request, word: str) -> list[tuple[str, dict[str, Any]]]:
    given = json_of(request)
    if not isinstance(given, list) or not all(isinstance(one, dict) and isinstance(one.get(word), str) for one in given):
        raise Invalid(field="body", reason=f'must be a list of objects, each with its "{word}"')
    if len(given) > _MOST:
        raise Invalid(field="body", reason="too many at once", allowed=[f"at most {_MOST}"])
    return [(one[word], {name: value for name, value in one.items() if name != word}) for one in given]
