"""Files meet messages: whose a file is, in which session it was sent, and when it has to go.

May: keep the records of files. May not: touch a file (`transport.blobs` does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cschat.commands.protocol import Context
from cschat.core.access import Permission
from cschat.core.blobs import MAX_FILES, Blob, is_blob
from cschat.core.content import Content, Media
from cschat.core.knowledge import Article, CannedResponse
from cschat.core.people import Role
from cschat.core.records import evolve
from cschat.core.session import Session
from cschat.core.times import Micros
from cschat.errors import Invalid, LimitExceeded
from cschat.storage.protocol import Transaction

__all__ = ["attach", "forget", "keep", "to_erase"]

_PAGE = 200
_ALL = 100_000


def keep(ctx: Context, make: Callable[[str, str, Micros], Blob]) -> tuple[Blob, list[Blob]]:
    """The record of a new file, which is the actor's; and those that it replaces, whose files are to be deleted."""
    ctx.see.demand(Permission.TALK)
    who = ctx.see.who
    owner = ctx.acting_customer().id if who.role is Role.CUSTOMER else who.id or str(who.role)
    blob = make(ctx.brand_id, owner, ctx.now)
    ctx.tx.put(blob)
    return blob, _make_room(ctx.tx, owner) if who.role is Role.CUSTOMER else []


def _make_room(tx: Transaction, customer: str) -> list[Blob]:
    """Of what a customer has sent and put into no message the last files stay; the records of the others are deleted, and answered."""
    gone = tx.find(Blob, where={"owner": customer, "session": ""}, order="-created", limit=_PAGE)[MAX_FILES:]
    forget(tx, gone)
    return gone


def attach(ctx: Context, session: Session, content: Content) -> None:
    """A message with files is sent: each is known, the sender's to send, and from now on the session's.

    `Invalid` if there is no such file; `LimitExceeded` for a customer beyond 30 files in a session. Ids that are no ids of the desk's are
    the host's affair.
    """
    who = ctx.see.who
    for media in _media(content):
        if media.blob is None or not is_blob(media.blob):
            continue
        blob = ctx.tx.peek(Blob, media.blob)
        others = blob is not None and who.role is Role.CUSTOMER and blob.owner != who.id
        if blob is None or blob.brand != ctx.brand_id or others:
            raise Invalid(field="content.media.blob", reason=f"there is no file {media.blob}")
        if blob.session == "":
            if who.role is Role.CUSTOMER and _sent(ctx, blob.owner, session) >= MAX_FILES:
                raise LimitExceeded(f"{MAX_FILES} files in one session are enough", limit="files", value=MAX_FILES)
            ctx.tx.put(evolve(blob, session=session.id))
        elif blob.session != session.id and not blob.shared:
            ctx.tx.put(evolve(blob, shared=True))


def _sent(ctx: Context, owner: str, session: Session) -> int:
    return ctx.tx.count(Blob, where={"owner": owner, "session": session.id}, at_most=MAX_FILES)


def _media(content: Content) -> Iterator[Media]:
    if content.media is not None:
        yield content.media
    for card in content.cards:
        if card.image is not None:
            yield card.image


def to_erase(tx: Transaction, brand: str, customer: str) -> list[Blob]:
    """Some of the files that have to go with a customer: their own, and what was sent in their sessions and nowhere else.

    What an article or a canned response holds as well stays.
    """
    own = tx.find(Blob, where={"owner": customer}, limit=_PAGE)
    if own:
        return own
    sent = [blob for session in _sessions(tx, customer) for blob in tx.find(Blob, where={"session": session}, limit=_PAGE)]
    kept = _published(tx, brand) if sent else frozenset[str]()
    return [blob for blob in sent if not blob.shared and blob.id not in kept][:_PAGE]


def _sessions(tx: Transaction, customer: str) -> Iterator[str]:
    after = None
    while page := tx.find(Session, where={"customer": customer}, order="opened", after=after, limit=_PAGE):
        yield from (session.id for session in page)
        after = (page[-1].opened, page[-1].id)


def _published(tx: Transaction, brand: str) -> frozenset[str]:
    """The files that a brand's articles and canned responses hold."""
    where = {"brand": brand}
    articles = (media for article in tx.find(Article, where=where, limit=_ALL) for media in article.attachments)
    images = (canned.image for canned in tx.find(CannedResponse, where=where, limit=_ALL))
    return frozenset(media.blob for media in (*articles, *images) if media is not None and media.blob is not None)


def forget(tx: Transaction, gone: Sequence[Blob]) -> None:
    """Delete the records of files that are gone."""
    for blob in gone:
        if tx.peek(Blob, blob.id) is not None:
            tx.delete(Blob, blob.id)
