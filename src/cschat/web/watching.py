"""Events over HTTP: a stream, or a poll that waits.

May: find from where on somebody listens. May not: decide what they see.
"""

from __future__ import annotations

from cschat.errors import Invalid
from cschat.web.frames import Frame
from cschat.web.hub import Listener
from cschat.web.messages import JSON, Response
from cschat.web.site import Call
from cschat.web.streams import Poll, Stream, polled

__all__ = ["events", "poll"]

_LONGEST_WAIT = 25.0
_MOST = 1_000
"""Events in one answer to a poll, or a few more; the next poll has the others."""
_STREAM = {"content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no"}
_ONCE = {"content-type": JSON, "cache-control": "no-store"}


def events(call: Call) -> Response:
    """Events as they happen."""
    resumed = call.request.headers.get("last-event-id") or call.request.argument("after")
    after = None if resumed is None else _position(resumed)
    caller = call.caller()
    listener = call.site.hub.listen(call.desk, caller.actor, session=call.request.argument("session"))
    return Response(200, _STREAM, b"", Stream(listener, _begun(call, listener, after), caller.until))


def poll(call: Call) -> Response:
    """What happened after a position; if nothing did, waits up to `wait` seconds for it."""
    said, wait = call.request.argument("after"), _wait(call.request.argument("wait"))
    after = None if said is None else _position(said)
    listener = call.site.hub.listen(call.desk, call.caller().actor, session=call.request.argument("session"))
    answered = True
    try:
        frames, reached = _read(call, listener, after)
        answered = after is None or bool(frames) or not wait
        if answered:
            return Response(200, _ONCE, polled(listener, frames, reached))
        listener.floor = max(listener.floor, reached)
        return Response(200, _ONCE, b"", Poll(listener, wait))
    finally:
        if answered:
            listener.close()


def _read(call: Call, listener: Listener, after: int | None) -> tuple[list[Frame], int]:
    """What is in the log now, and how far that goes: the hub may be a little behind."""
    if after is None:
        return [], max(listener.since, call.desk.position())
    frames, reached = list[Frame](), _begun(call, listener, after)
    for page in listener.past(reached):
        frames += page
        if len(frames) >= _MOST:
            return frames, frames[-1].position or reached
    reached = max(reached, listener.since)
    while len(frames) < _MOST:
        page, further = listener.next_page(reached)
        frames += page
        if further == reached:
            break
        reached = further
    return frames, reached


def _begun(call: Call, listener: Listener, after: int | None) -> int:
    """From where on somebody is told; what is no position yet (of a log that was since put back) is now."""
    if after is None or (after > listener.since and after > call.desk.position()):
        return listener.since
    listener.floor = max(after, listener.since)
    return after


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
