"""Events over HTTP: a stream, or a poll that waits.

May: find from where on somebody listens. May not: decide what they see.
"""

from __future__ import annotations

from cschat.desk import AsyncDesk
from cschat.errors import Invalid
from cschat.storage.codec import face
from cschat.web.messages import Response, answer_json
from cschat.web.site import Call
from cschat.web.streams import Watching

__all__ = ["events", "poll"]

_LONGEST_WAIT = 25.0
_STREAM = {"content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no"}


def events(call: Call) -> Response:
    """Events as they happen."""
    actor = call.caller().actor
    resumed = call.request.headers.get("last-event-id") or call.request.argument("after")
    after = call.desk.position() if resumed is None else _position(resumed)
    door = AsyncDesk(call.desk._door).acting_as(actor)  # noqa: SLF001  (both desks are faces of one door)
    return Response(200, _STREAM, b"", Watching(call.desk.acting_as(actor), door, after))


def poll(call: Call) -> Response:
    """What happened after a position; if nothing, waits for `wait` seconds."""
    door, after = call.desk.acting_as(call.caller().actor), call.request.argument("after")
    if after is None:
        return answer_json({"position": call.desk.position(), "events": [], "attending": []})
    position, seen = _position(after), []
    for event in door.watch(after=position, timeout=_wait(call.request.argument("wait"))):
        seen.append(face(event))
        position = event.position
        if position >= call.desk.position():
            break
    return answer_json({"position": max(position, _position(after)), "events": seen, "attending": []})


def _wait(text: str | None) -> float:
    if text is None:
        return 0.0
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise Invalid(field="wait", reason="must be a number of seconds")
    return min(float(text), _LONGEST_WAIT)


def _position(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Invalid(field="after", reason="must be a position")
    return int(text)
