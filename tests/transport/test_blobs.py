"""Files: kept whole or not at all, known by what is in them, gone with whom they are of."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.office import Office

from cschat import Actor, AsyncDesk, Card, Content, Desk, FolderBlobs, Media, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.blobs import MAX_FILES, Blob, type_of
from cschat.core.content import MAX_FILE, ContentKind
from cschat.errors import Conflict, Forbidden, Invalid, LimitExceeded, NotFound, StoreClosed
from cschat.transport.blobs import Blobs, MemoryBlobs

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
ID = f"blb_{'0123456789abcdef' * 2}"


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return FolderBlobs(tmp_path / "files") if request.param == "folder" else MemoryBlobs()


@pytest.fixture
def office(office: Office) -> Office:
    if office.desk.store.__class__.__name__ == "PostgresStore":  # which has no folder beside it
        office.desk.files(MemoryBlobs())
    return office


def content_of(desk: Desk, media: Media) -> bytes:
    assert media.blob is not None
    with desk.open_file(media.blob) as file:
        return file.stream.read()


def records(office: Office) -> list[Blob]:
    return list(office.desk.store.stream(Blob))


def sending(media: Media) -> Content:
    return Content(ContentKind.FILE, media=media)


# ------------------------------------------------------------------------------------------------------------------ places


def test_what_is_put_is_there_until_it_is_deleted(blobs: Blobs):
    blobs.put(ID, b"content")
    with blobs.open(ID) as stream:
        assert stream.read() == b"content"
    blobs.delete(ID)
    blobs.delete(ID)
    with pytest.raises(NotFound):
        blobs.open(ID)


BAD = ["", "../secret", "blb_../../../etc/passwd", "blb_" + "0" * 31, ID.upper(), f"{ID}\0", f"{ID}\n", f"{ID}/x", "blb_" + "é" * 32]


@pytest.mark.parametrize("id", BAD, ids=range(9))
def test_no_id_leads_out_of_the_folder(tmp_path: Path, id: str):
    blobs = FolderBlobs(tmp_path / "files")
    for attempt in (lambda: blobs.open(id), lambda: blobs.delete(id), lambda: blobs.put(id, b"x")):
        with pytest.raises(NotFound):
            attempt()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_could_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blobs = FolderBlobs(tmp_path)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        blobs.put(ID, b"x" * 1000)
    monkeypatch.undo()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    blobs.put(ID, b"y")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [ID]


def test_a_desk_on_a_file_keeps_files_beside_it_and_finds_them_again(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    with Desk.open(url) as desk:
        media = desk.acting_as(Actor.guest("x")).keep_file(PNG, name="a.png")
        assert not list(tmp_path.rglob("*.new"))
    with Desk.open(url) as desk:
        assert content_of(desk, media) == PNG
    assert [path.name for path in (tmp_path / "desk.db-files").rglob("blb_*")] == [media.blob]


def test_a_store_of_ones_own_needs_a_place_for_files(tmp_path: Path):
    from cschat.storage.memory import MemoryStore

    with Desk.open(MemoryStore()) as desk:
        with pytest.raises(Conflict):
            desk.keep_file(PNG)
        desk.files(FolderBlobs(tmp_path))
        assert content_of(desk, desk.keep_file(PNG)) == PNG


# ------------------------------------------------------------------------------------------------------------------- types


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("x", "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "type_"),
    [
        (PNG, "a.exe", "image/png"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg"),
        (b"GIF89a..", "", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "", "image/webp"),
        (b"\0\0\0\x1cftypavif", "", "image/avif"),
        (b"\0\0\0\x1cftypheic", "", "image/heic"),
        (b"%PDF-1.7", "a", "application/pdf"),
        (archive(), "a.zip", "application/zip"),
        (archive(), "보고서.HWPX", "application/hwp+zip"),
        (archive(), "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (archive(), "a.html", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "한글.hwp", "application/x-hwp"),
        (b"\0\0\0\x20ftypisom", "a.mp4", "video/mp4"),
        ("안녕하세요\n".encode(), "a.txt", "text/plain"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"<html><script>alert(1)</script>", "a.html", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", "text/plain"),
        (b"\0\1\2", "a.png", "application/octet-stream"),
        ("안녕".encode("cp949"), "a.txt", "application/octet-stream"),
    ],
    ids=range(19),
)
def test_a_file_is_what_is_in_it(content: bytes, name: str, type_: str):
    assert type_of(content, name) == type_


# ------------------------------------------------------------------------------------------------------------ in and out


def test_a_file_comes_back_as_it_was_with_its_record(office: Office):
    media = office.visitor.keep_file(PNG, name="영수증.png")
    assert (media.name, media.type, media.size, media.url) == ("영수증.png", "image/png", len(PNG), None)
    blob = records(office)[0]
    assert (blob.owner, blob.session, blob.sha256) == (office.customer.id, "", hashlib.sha256(PNG).hexdigest())
    assert (blob.created, blob.brand) == (office.clock.now(), office.customer.brand)
    with office.stranger.open_file(str(media.blob)) as file:
        assert (file.blob, file.stream.read()) == (blob, PNG)


@pytest.mark.parametrize("content", [b"", b"x" * (MAX_FILE + 1), "text", None], ids=["empty", "too large", "text", "nothing"])
def test_what_cannot_be_kept_leaves_nothing(memory_office: Office, content: Any):
    with pytest.raises(Invalid) as caught:
        memory_office.visitor.keep_file(content)
    assert (caught.value.field, records(memory_office)) == ("content", [])


@pytest.mark.parametrize("name", ["n" * 256, "\0", "a\ud800", 5])
def test_a_name_can_be_stored(memory_office: Office, name: Any):
    with pytest.raises(Invalid) as caught:
        memory_office.visitor.keep_file(PNG, name=name)
    assert caught.value.field == "name"


def test_who_may_not_leaves_no_file(office: Office, tmp_path: Path):
    place = tmp_path / "own"
    office.desk.files(FolderBlobs(place))
    with pytest.raises(Forbidden):
        office.desk.acting_as(Actor.agent("agt_nobody")).keep_file(PNG)
    assert [path for path in place.rglob("*") if path.is_file()] == []


def test_another_brands_file_is_none_here(office: Office):
    media = office.desk.brand("other").keep_file(PNG)
    for id in (str(media.blob), ID, "../x"):
        with pytest.raises(NotFound):
            office.desk.open_file(id)


def test_of_what_no_message_carries_the_last_files_are_kept(memory_office: Office):
    office = memory_office
    session = office.session()
    sent = office.visitor.keep_file(b"sent")
    office.visitor.do(c.SendMessage(session, content=sending(sent)))
    kept = []
    for number in range(MAX_FILES + 2):
        office.clock.advance(seconds=1)
        kept.append(office.visitor.keep_file(f"{number}".encode()))
    assert {blob.id for blob in records(office)} == {sent.blob, *(media.blob for media in kept[2:])}
    with pytest.raises(NotFound):
        office.desk.open_file(str(kept[0].blob))
    for number in range(MAX_FILES + 2):
        office.agent.keep_file(f"{number}".encode())
    assert len(records(office)) == 2 * MAX_FILES + 3


def test_an_async_desk_has_the_same_words():
    async def main() -> None:
        async with AsyncDesk.open() as desk:
            media = await desk.acting_as(Actor.guest("x")).keep_file(PNG, name="a.png")
            with await desk.open_file(str(media.blob)) as file:
                assert file.stream.read() == PNG

    anyio.run(main)


# --------------------------------------------------------------------------------------------------------------- messages


@pytest.fixture
def talk(office: Office) -> Session:
    return office.session(State.ACTIVE)


def test_a_message_makes_a_file_the_sessions(office: Office, talk: Session):
    media, card = office.visitor.keep_file(PNG), office.agent.keep_file(PNG)
    office.visitor.do(c.SendMessage(talk, content=sending(media)))
    office.agent.do(c.SendMessage(talk, content=Content(ContentKind.CARD, cards=(Card("상품", image=card),))))
    assert {blob.session for blob in records(office)} == {talk.id}


def test_only_what_is_ones_own_can_be_sent(office: Office, talk: Session):
    theirs, elsewhere = office.stranger.keep_file(PNG), office.desk.brand("other").keep_file(PNG)
    for media in (theirs, elsewhere, Media(blob=ID)):
        before = office.everything()
        with pytest.raises(Invalid) as caught:
            office.visitor.do(c.SendMessage(talk, content=sending(media)))
        assert caught.value.field == "content.media.blob"
        assert office.everything() == before
    with pytest.raises(Invalid):
        office.agent.do(c.SendMessage(talk, content=sending(elsewhere)))
    office.agent.do(c.SendMessage(talk, content=sending(theirs)))
    office.visitor.do(c.SendMessage(talk, content=sending(Media(blob="the-hosts-own"))))


def test_a_customer_sends_so_many_files_in_a_session(memory_office: Office):
    office = memory_office
    talk = office.session(State.ACTIVE)
    for _ in range(MAX_FILES):
        office.visitor.do(c.SendMessage(talk, content=sending(office.visitor.keep_file(PNG))))
    again = office.visitor.keep_file(PNG)
    with pytest.raises(LimitExceeded):
        office.visitor.do(c.SendMessage(talk, content=sending(again)))
    office.visitor.do(c.SendMessage(office.session(), content=sending(again)))
    office.visitor.do(c.SendMessage(talk, content=sending(again)))  # it is one file, and it is known
    office.agent.do(c.SendMessage(talk, content=sending(office.agent.keep_file(PNG))))


# ---------------------------------------------------------------------------------------------------------------- erasure


def test_the_files_of_whom_is_erased_are_deleted_and_no_others(office: Office, talk: Session):
    unsent, own, answer = office.visitor.keep_file(b"a"), office.visitor.keep_file(b"b"), office.agent.keep_file(b"c")
    canned, article, shared = office.admin.keep_file(PNG), office.admin.keep_file(b"d"), office.agent.keep_file(b"e")
    theirs = office.stranger.keep_file(b"f")
    office.visitor.do(c.SendMessage(talk, content=sending(own)))
    office.admin.do(c.AddCannedResponse("그림", "보세요", image=canned))
    office.admin.do(c.AddArticle("안내", "<p>안내</p>", attachments=[article]))
    other = office.stranger.do(c.OpenSession(text="문의"))
    office.stranger.do(c.RequestAgent(other))
    office.agent.do(c.ClaimSession(other))
    for media in (answer, canned, article, shared):
        office.agent.do(c.SendMessage(talk, content=sending(media)))
    office.agent.do(c.SendMessage(other, content=sending(shared)))
    office.stranger.do(c.SendMessage(other, content=sending(theirs)))
    office.admin.do(c.EraseCustomer(office.customer))
    office.desk.settle()
    gone, stays = (unsent, own, answer), (canned, article, shared, theirs)
    assert {blob.id for blob in records(office)} == {media.blob for media in stays}
    for media in gone:
        with pytest.raises(NotFound):
            office.desk.open_file(str(media.blob))
        with pytest.raises(NotFound):
            office.desk._works.cabinet.blobs.open(media.blob)
    assert [content_of(office.desk, media) for media in stays] == [PNG, b"d", b"e", b"f"]
    assert all(media.blob not in repr(list(office.desk.each(q.History(talk)))) for media in gone)


def test_who_was_merged_is_erased_with_whom_they_became(office: Office):
    media = office.visitor.keep_file(PNG)
    office.admin.do(c.MergeCustomers(office.customer, office.other))
    office.admin.do(c.EraseCustomer(office.other))
    office.desk.settle()
    assert records(office) == []
    with pytest.raises(NotFound):
        office.desk.open_file(str(media.blob))


def test_a_deletion_that_broke_off_is_done_again(office: Office):
    office.visitor.keep_file(PNG)
    kept = office.desk._works.cabinet.blobs
    calls = []

    class Breaking(MemoryBlobs):
        def delete(self, id: str, /) -> None:
            calls.append(id)
            kept.delete(id)
            if len(calls) == 1:
                raise OSError("the disk is busy")

    office.desk.files(Breaking())
    office.admin.do(c.EraseCustomer(office.customer))
    office.desk.settle()
    assert len(records(office)) == 1
    office.desk.advance(minutes=5)
    assert (records(office), len(calls)) == ([], 2)


def test_many_files_go_as_well(memory_office: Office):
    office = memory_office
    for _ in range(8):
        session = office.session()
        for _ in range(MAX_FILES):
            office.visitor.do(c.SendMessage(session, content=sending(office.visitor.keep_file(b"x"))))
    assert len(records(office)) == 8 * MAX_FILES
    office.admin.do(c.EraseCustomer(office.customer))
    office.desk.settle()
    assert records(office) == []


def test_a_closed_desk_keeps_nothing(tmp_path: Path):
    desk = Desk.open(f"sqlite:///{tmp_path / 'desk.db'}")
    desk.keep_file(PNG)
    desk.close()
    with pytest.raises(StoreClosed):
        desk.keep_file(PNG)
    assert len(list((tmp_path / "desk.db-files").rglob("blb_*"))) == 1
