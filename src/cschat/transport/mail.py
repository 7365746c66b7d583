"""Sending by SMTP, through the one server that the host names.

May: hand over a message. May not: know what is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from cschat.core.fields import line, whole
from cschat.errors import Hopeless, Invalid, TryLater

if TYPE_CHECKING:  # slow to import, and needed only where there is mail
    import smtplib
    from email.message import Message

__all__ = ["Smtp", "hand_over"]

_TIMEOUT_SECONDS = 15.0
_TLS = ("starttls", "tls", "none")


def _tls(_smtp: object, field: attrs.Attribute[str], value: str) -> None:
    if value not in _TLS:
        raise Invalid(field=field.name, reason=f"{value!r} is none of them", allowed=_TLS)


def _sender(_smtp: object, field: attrs.Attribute[str], value: str) -> None:
    from email.utils import parseaddr

    line(required=True)(_smtp, field, value)
    if "@" not in parseaddr(value)[1] or not value.isprintable():
        raise Invalid(field=field.name, reason=f"{value!r} is no sender", allowed=["desk@example.com", "Desk <desk@example.com>"])


@attrs.frozen
class Smtp:
    """A mail server, and who the mail is from. `tls`: "starttls" (port 587), "tls" (port 465), or "none", for one on the same machine."""

    host: str = attrs.field(validator=line(limit=253, required=True))
    sender: str = attrs.field(validator=_sender)
    port: int = attrs.field(default=587, validator=whole(1, 65535))
    tls: str = attrs.field(default="starttls", validator=_tls)
    user: str = attrs.field(default="", validator=line())
    password: str = attrs.field(default="", validator=line(limit=1000), repr=False)


def hand_over(smtp: Smtp, message: Message, to: Sequence[str]) -> None:
    """Hand a message over for all receivers at once.

    `Hopeless` if the server takes it for none of them; `TryLater` if it is not there, does not know us, or is busy.
    """
    import smtplib

    try:
        with _connected(smtp) as server:
            server.send_message(message, to_addrs=list(to))
    except smtplib.SMTPRecipientsRefused as refused:
        told = "; ".join(f"{code} {text.decode(errors='replace')}" for code, text in refused.recipients.values())[:500]
        if all(code >= 500 for code, _ in refused.recipients.values()):
            raise Hopeless(f"no receiver was taken: {told}") from refused
        raise TryLater(f"no receiver was taken yet: {told}") from refused
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as refused:
        if refused.smtp_code >= 500:
            raise Hopeless(f"the message was not taken: {refused.smtp_code} {refused.smtp_error!r}") from refused
        raise TryLater(f"the message was not taken yet: {refused.smtp_code}") from refused
    except (smtplib.SMTPException, OSError) as error:
        raise TryLater(f"{smtp.host} took no mail: {type(error).__name__}: {error}") from error


def _connected(smtp: Smtp) -> smtplib.SMTP:
    import smtplib
    import ssl

    secure = ssl.create_default_context()
    if smtp.tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS, context=secure)
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS)
    try:
        if smtp.tls == "starttls":
            server.starttls(context=secure)
        if smtp.user:
            server.login(smtp.user, smtp.password)
    except BaseException:
        server.close()
        raise
    return server
