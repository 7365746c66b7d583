"""An alert in the form that each service takes.

May: escape and arrange. May not: send, or choose words.

What a customer typed must not mention people, link, or end a tag: each form escapes what has a meaning there.
"""

from __future__ import annotations

import html
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from cschat.core.times import Micros, as_datetime
from cschat.transport.notices import Notice, clean

__all__ = ["hiworks", "hiworks_office", "jandi", "mail", "slack", "telegram"]

_COLOUR = "#2C7BE5"
_WIDE = str.maketrans("[]()", "［］（）")


def slack(notice: Notice) -> dict[str, Any]:
    """Block Kit with mrkdwn. `verbatim`: nothing becomes a link or a mention by itself."""
    lines = [f"*{_angled(notice.title)}*", *(f"{label}: {_angled(value)}" for label, value in notice.lines)]
    lines += [f"> {_angled(line)}" for line in notice.quote.splitlines()]
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True}}]
    if notice.link:
        button = {"type": "button", "text": {"type": "plain_text", "text": notice.link_label}, "url": notice.link}
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": _angled(notice.title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def jandi(notice: Notice) -> dict[str, Any]:
    """The body may hold links as `[text](url)`, and there is no way to escape one: brackets of others become wide ones."""
    info = [{"title": label, "description": value.translate(_WIDE)} for label, value in notice.lines]
    if notice.quote:
        info.append({"description": notice.quote.translate(_WIDE)})
    title = notice.title.translate(_WIDE)
    body = f"{title} [{notice.link_label}]({notice.link})" if notice.link else title
    return {"body": body, "connectColor": _COLOUR} | ({"connectInfo": info} if info else {})


def hiworks(notice: Notice) -> dict[str, Any]:
    """A chat room's incoming webhook takes plain text."""
    return {"text": notice.text}


def hiworks_office(notice: Notice, users: tuple[str, ...], name: str) -> dict[str, Any]:
    """A notification of the office, with its link apart."""
    text = Notice(notice.title, notice.lines, notice.quote).text
    links = {"link": notice.link, "mlink": notice.link} if notice.link else {}
    return {"user_list": list(users), "message": text, "solution_name": name, **links}


def telegram(notice: Notice, chat: str, *, plain: bool = False) -> dict[str, Any]:
    """HTML, which has three letters to escape; or `plain` text, which has none."""
    told: dict[str, Any] = {"chat_id": chat, "link_preview_options": {"is_disabled": True}}
    if plain:
        return told | {"text": notice.text}
    parts = [f"<b>{html.escape(notice.title)}</b>", *(f"{label}: {html.escape(value)}" for label, value in notice.lines)]
    if notice.quote:
        parts.append(f"<blockquote>{html.escape(notice.quote)}</blockquote>")
    if notice.link:
        parts.append(f'<a href="{html.escape(notice.link)}">{notice.link_label}</a>')
    return told | {"text": "\n".join(parts), "parse_mode": "HTML"}


def mail(notice: Notice, *, sender: str, to: tuple[str, ...], id: str, time: Micros) -> Message:
    """A message of text and HTML. The same alert has the same `Message-ID`.

    `email.message` and not its successor, which loses the blank between two words of Korean where it breaks a header.
    """
    message = MIMEMultipart("alternative")
    headed(message, notice.title, sender=sender, to=to, id=id, time=time)
    rows = "".join(f"<tr><th align='left'>{label}</th><td>{html.escape(value)}</td></tr>" for label, value in notice.lines)
    quote = f"<blockquote>{html.escape(notice.quote).replace(chr(10), '<br>')}</blockquote>" if notice.quote else ""
    link = f'<p><a href="{html.escape(notice.link)}">{notice.link_label}</a></p>' if notice.link else ""
    page = f"<p><strong>{html.escape(notice.title)}</strong></p><table cellpadding='4'>{rows}</table>{quote}{link}"
    message.attach(MIMEText(notice.text, "plain", "utf-8"))
    message.attach(MIMEText(page, "html", "utf-8"))
    return message


def letter(subject: str, text: str, *, sender: str, to: str, id: str, time: Micros, way_out: str) -> Message:
    """A message to a customer, text and HTML. `way_out`: where they opt out, which their mail program may offer; "": nowhere."""
    message = MIMEMultipart("alternative")
    headed(message, subject, sender=sender, to=(to,), id=id, time=time)
    if way_out:
        message["List-Unsubscribe"] = f"<{way_out}>"
    message.attach(MIMEText(text, "plain", "utf-8"))
    message.attach(MIMEText(f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>", "html", "utf-8"))
    return message


def headed(message: Message, title: str, *, sender: str, to: tuple[str, ...], id: str, time: Micros) -> None:
    """Give a message its head. Several receivers are not shown to each other."""
    name, address = parseaddr(sender)
    subject: Any = Header(clean(title, 150), "utf-8")
    message["Subject"] = subject
    message["From"] = formataddr((name, address))
    message["To"] = to[0] if len(to) == 1 else formataddr((name or "cschat", address))
    message["Date"] = format_datetime(as_datetime(time))
    message["Message-ID"] = f"<{id}@cschat.invalid>"
    message["Auto-Submitted"] = "auto-generated"


def _angled(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
