"""How each service is spoken to: where an alert is posted, and what the answer means.

May: send one alert, once. May not: look anything up, or try again.

The services differ in what proves success, in how they ask for time, and in which refusals a second attempt may mend. `TryLater` and
`Hopeless` say which it is; the texts of both hold no URL and no token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from cschat.core.alerts import AlertType
from cschat.core.times import Micros
from cschat.errors import Conflict, Hopeless, TryLater
from cschat.transport import formats
from cschat.transport.alerts import Alert
from cschat.transport.http import Answer, post, retry_after
from cschat.transport.mail import Smtp, hand_over

__all__ = ["send"]

HIWORKS_OFFICE = "https://api.hiworks.com/office/v2/notify"
TELEGRAM = "https://api.telegram.org"


def send(alert: Alert, smtp: Smtp | None, *, id: str, time: Micros, now: Micros) -> str | None:
    """Send an alert of `time`. None if it has arrived; a text if its target is gone for good, and what it said."""
    if alert.target.type is AlertType.MAIL:
        if smtp is None:
            raise Conflict("this desk has no mail server: name one with desk.mail(Smtp(...))", target_id=alert.target.id)
        hand_over(smtp, formats.mail(alert.notice, sender=smtp.sender, to=alert.to, id=id, time=time), alert.to)
        return None
    return _SERVICES[alert.target.type](alert, now)


def _slack(alert: Alert, now: Micros) -> str | None:
    return _settled(_post(alert, alert.secret, formats.slack(alert.notice)), now)


def _jandi(alert: Alert, now: Micros) -> str | None:
    return _settled(_post(alert, alert.secret, formats.jandi(alert.notice), Accept="application/vnd.tosslab.jandi-v2+json"), now)


def _hiworks(alert: Alert, now: Micros) -> str | None:
    return _settled(_post(alert, alert.secret, formats.hiworks(alert.notice)), now)


def _hiworks_office(alert: Alert, now: Micros) -> str | None:
    """A status of 200 proves nothing there; `code` does."""
    body = formats.hiworks_office(alert.notice, alert.target.users, alert.name or alert.target.name)
    answer = _post(alert, alert.target.url or HIWORKS_OFFICE, body, Authorization=f"Bearer {alert.secret}")
    if answer.ok and _told(answer).get("code") != "SUC":
        raise Hopeless(answer.told)
    return _settled(answer, now)


def _telegram(alert: Alert, now: Micros) -> str | None:
    """A group that has become a supergroup says its new id; what cannot be read as HTML is sent as plain text."""
    url = f"{alert.target.url.rstrip('/') or TELEGRAM}/bot{alert.secret}/sendMessage"
    answer = _post(alert, url, formats.telegram(alert.notice, alert.target.chat))
    told = _told(answer)
    moved, wait = _parameter(told, "migrate_to_chat_id"), _parameter(told, "retry_after")
    if answer.status == 400 and moved is not None:
        answer = _post(alert, url, formats.telegram(alert.notice, str(moved)))
    elif answer.status == 400 and "parse entities" in str(told.get("description")):
        answer = _post(alert, url, formats.telegram(alert.notice, alert.target.chat, plain=True))
    return _settled(answer, now, wait=wait)


_SERVICES: dict[AlertType, Callable[[Alert, Micros], str | None]] = {
    AlertType.SLACK: _slack,
    AlertType.JANDI: _jandi,
    AlertType.HIWORKS: _hiworks,
    AlertType.HIWORKS_OFFICE: _hiworks_office,
    AlertType.TELEGRAM: _telegram,
}


def _post(alert: Alert, url: str, body: dict[str, Any], **headers: str) -> Answer:
    return post(url, msgspec.json.encode(body), {"Content-Type": "application/json", **headers}, private=alert.target.private)


def _settled(answer: Answer, now: Micros, *, wait: int | None = None) -> str | None:
    if answer.ok:
        return None
    if answer.status == 410:
        return answer.told[:500]
    if answer.status in (408, 425, 429) or answer.status >= 500:
        asked = retry_after(answer, now)
        raise TryLater(answer.told, seconds=wait if asked is None else asked)
    raise Hopeless(answer.told)


def _told(answer: Answer) -> dict[str, Any]:
    """What an answer says as JSON; nothing if it says none."""
    try:
        told = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return told if isinstance(told, dict) else {}


def _parameter(told: dict[str, Any], name: str) -> int | None:
    parameters = told.get("parameters")
    value = parameters.get(name) if isinstance(parameters, dict) else None
    return value if type(value) is int else None
