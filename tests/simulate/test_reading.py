from __future__ import annotations

import gzip
import hashlib
import json
import lzma
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cschat.errors import Invalid
from cschat.lines import MAX_LINE
from cschat.simulate.reading import MAX_TEXT, Conversation, Speaker, Turn, read_conversations

SHOP = Path(__file__).resolve().parents[2] / "examples/shop/conversations.jsonl"
PACKED: dict[str, Callable[[bytes], bytes]] = {"jsonl": bytes, "gz": gzip.compress, "GZ": gzip.compress, "xz": lzma.compress}


def line(**changes: Any) -> bytes:
    """A good line, with some of its fields changed; a field that is `...` is left out."""
    said = [{"from": "customer", "text": "언제 와요?"}, {"from": "agent", "text": "오늘요."}]
    fields = {"id": "c-1", "intent": "배송조회", "turns": said} | changes
    return json.dumps({key: value for key, value in fields.items() if value is not ...}).encode()


GOOD = line()
CONVERSATION = Conversation("배송조회", (Turn(Speaker.CUSTOMER, "언제 와요?"), Turn(Speaker.AGENT, "오늘요.")))


def turns(second: dict[str, Any] | str) -> bytes:
    return line(turns=[{"from": "customer", "text": "안녕하세요"}, second])


def refusal(path: Path) -> Invalid:
    with pytest.raises(Invalid) as caught:
        list(read_conversations(path))
    return caught.value


@pytest.mark.parametrize("name", PACKED)
def test_a_file_is_read_as_its_name_says(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"talk.{name}"
    path.write_bytes(PACKED[name](GOOD + b"\n" + line(intent=None) + b"\n"))
    assert list(read_conversations(path)) == [CONVERSATION, Conversation(None, CONVERSATION.turns)]
    assert list(read_conversations(str(path))) == list(read_conversations(path))


def test_what_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    extra = line(score=[1, {"deep": None}], turns=[{"from": "customer", "text": "네", "at": 3}])
    path.write_bytes(b"\xef\xbb\xbf" + GOOD + b"\r\n\n  \t\n" + extra)  # byte order mark, CRLF, blank lines, no last line end
    assert list(read_conversations(path)) == [CONVERSATION, Conversation("배송조회", (Turn(Speaker.CUSTOMER, "네"),))]


def test_an_id_identifies_nothing(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(GOOD + b"\n" + GOOD + b"\n" + line(id="") + b"\n")
    assert list(read_conversations(path)) == [CONVERSATION] * 3


def test_an_empty_file_has_no_conversation(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(b"")
    assert list(read_conversations(path)) == []


@settings(deadline=None)  # packing a file takes as long as the machine likes
@given(
    talks=st.lists(
        st.tuples(
            st.none() | st.text(min_size=1).filter(str.strip),
            st.lists(st.tuples(st.sampled_from(Speaker), st.text(min_size=1).filter(str.strip)), min_size=1, max_size=4),
        ),
        max_size=4,
    ),
    ascii_only=st.booleans(),
    name=st.sampled_from(sorted(PACKED)),
)
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, talks: list[tuple[str | None, list[tuple[Speaker, str]]]], ascii_only: bool, name: str
) -> None:
    written = [
        {"id": "1", "intent": intent, "turns": [{"from": speaker, "text": text} for speaker, text in said]} for intent, said in talks
    ]
    path = tmp_path_factory.mktemp("any") / f"talk.{name}"
    path.write_bytes(PACKED[name]("".join(json.dumps(talk, ensure_ascii=ascii_only) + "\n" for talk in written).encode()))
    assert list(read_conversations(path)) == [
        Conversation(intent, tuple(Turn(speaker, text) for speaker, text in said)) for intent, said in talks
    ]


BAD: dict[str, tuple[bytes, str, str]] = {
    "not UTF-8": (GOOD.replace(b"c-1", b"\xff"), "", r"not UTF-8 \(byte 9\)"),
    "UTF-8 of a surrogate": (GOOD.replace(b"c-1", b"\xed\xa0\x80"), "", "not UTF-8"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "", "not UTF-8"),
    "not JSON": (b"{'id': 1}", "", r"not JSON: .* \(character 2\)"),
    "half a line": (GOOD[:-9], "", "not JSON"),
    "two objects": (GOOD + GOOD, "", "not JSON: Extra data"),
    "a list": (b"[]", "", "is a list"),
    "null": (b"null", "", "is null"),
    "a number": (b"1.5", "", "is a number"),
    "NaN": (line(score=0).replace(b": 0", b": NaN"), "", "NaN is no JSON value"),
    "a number too long": (line(score=0).replace(b": 0", b": " + b"9" * 5000), "", "not JSON that can be read"),
    "too many brackets": (b"[" * 100_000, "", "not JSON that can be read"),
    "no id": (line(id=...), "id", "is missing"),
    "a number as id": (line(id=17), "id", "is a number"),
    "no intent": (line(intent=...), "intent", "is missing"),
    "a list as intent": (line(intent=["배송"]), "intent", "is a list"),
    "an empty intent": (line(intent=" "), "intent", "is empty"),
    "no turns field": (line(turns=...), "turns", "is missing"),
    "null as turns": (line(turns=None), "turns", "is null"),
    "an object as turns": (line(turns={}), "turns", "is an object"),
    "no turns": (line(turns=[]), "turns", "is empty"),
    "a string as turn": (turns("안녕"), "turns[1]", "is a string"),
    "no speaker": (turns({"text": "네"}), "turns[1].from", "is missing"),
    "an unknown speaker": (turns({"from": "bot", "text": "네"}), "turns[1].from", "is 'bot'"),
    "a speaker in capitals": (turns({"from": "Agent", "text": "네"}), "turns[1].from", "is 'Agent'"),
    "a boolean as speaker": (turns({"from": True, "text": "네"}), "turns[1].from", "is a boolean"),
    "no text": (turns({"from": "agent"}), "turns[1].text", "is missing"),
    "null as text": (turns({"from": "agent", "text": None}), "turns[1].text", "is null"),
    "an empty text": (turns({"from": "agent", "text": ""}), "turns[1].text", "is empty"),
    "a blank text": (turns({"from": "agent", "text": " \n\u3000"}), "turns[1].text", "is empty"),
    "a text too long": (turns({"from": "agent", "text": "가" * 20_001}), "turns[1].text", "has 20,001 characters"),
    "half a pair in a text": (turns({"from": "agent", "text": "네 \ud83d"}), "turns[1].text", r"surrogate pair \(character 3\)"),
    "half a pair in the intent": (line(intent="\udc00"), "intent", "surrogate pair"),
    "half a pair in the id": (line(id="\udc00"), "id", "surrogate pair"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_refused_by_line_and_field(tmp_path: Path, name: str) -> None:
    bad, where, why = BAD[name]
    path = tmp_path / "talk.jsonl"
    path.write_bytes(GOOD + b"\n\n" + bad + b"\n" + GOOD + b"\n")
    error = refusal(path)
    assert error.field == (f"line 3: {where}" if where else "line 3")
    assert (error.line, error.path) == (3, str(path))
    assert str(error).startswith(error.field + ": ")
    with pytest.raises(Invalid, match=why):
        list(read_conversations(path))

    skipped: list[Invalid] = []
    assert list(read_conversations(path, skipped=skipped)) == [CONVERSATION] * 2
    assert [(each.line, str(each)) for each in skipped] == [(3, str(error))]


def test_an_unknown_speaker_is_told_who_may_speak(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(turns({"from": "b" * 100, "text": "네"}))
    error = refusal(path)
    assert error.allowed == ("customer", "agent")
    assert str(error) == f"line 1: turns[1].from: is '{'b' * 40}...' (allowed: customer, agent)"


def test_the_longest_text_that_may_be(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(line(turns=[{"from": "customer", "text": "\U0001f600" * MAX_TEXT}]))
    assert [len(talk.turns[0].text) for talk in read_conversations(path)] == [MAX_TEXT]


def test_every_bad_line_is_listed_when_they_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join([b"?", GOOD, line(turns=[]), line(id=1), GOOD, b"\xff"])))
    skipped: list[Invalid] = []
    assert list(read_conversations(path, skipped=skipped)) == [CONVERSATION] * 2
    assert [error.field for error in skipped] == ["line 1", "line 3: turns", "line 4: id", "line 6"]


def test_a_line_without_end_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(GOOD + b"\n" + b" " * (MAX_LINE * 2 + 5) + GOOD + b"\n" + GOOD + b"\n")
    skipped: list[Invalid] = []
    assert list(read_conversations(path, skipped=skipped)) == [CONVERSATION] * 2
    assert [str(error) for error in skipped] == ["line 2: is longer than 16,777,216 bytes"]


def test_conversations_come_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes((GOOD + b"\n") * 2 + b"?\n")
    assert list(islice(read_conversations(path), 2)) == [CONVERSATION] * 2  # the bad third line has not been looked at


@pytest.mark.parametrize("skipped", [None, []], ids=["raising", "skipping"])
@pytest.mark.parametrize("name", ["gz", "xz"])
class TestUnreadable:
    """A file that cannot be read to its end is an error whether bad lines are skipped or not."""

    def lines(self) -> bytes:
        # Lines that do not compress well, so that a cut or a flipped byte lies behind some of them.
        return b"".join(line(id=hashlib.sha256(bytes([n])).hexdigest() * 40) + b"\n" for n in range(200))

    def outcome(self, path: Path, skipped: list[Invalid] | None) -> tuple[int, Invalid]:
        read = 0
        read = 0
        try:
            for conversation in read_conversations(path, skipped=skipped):
                assert conversation == CONVERSATION
                read += 1
        except Invalid as error:
            return read, error
        pytest.fail("no error")

    def test_cut_short(self, tmp_path: Path, name: str, skipped: list[Invalid] | None) -> None:
        path = tmp_path / f"talk.{name}"
        packed = PACKED[name](self.lines())
        path.write_bytes(packed[: len(packed) * 3 // 4])
        read, error = self.outcome(path, skipped)
        assert 0 < read < 200
        assert (error.field, error.reason) == (f"{path}: line {read + 1}", "the file is cut short")
        assert (error.line, error.path) == (read + 1, str(path))

    def test_damaged(self, tmp_path: Path, name: str, skipped: list[Invalid] | None) -> None:
        path = tmp_path / f"talk.{name}"
        packed = PACKED[name](self.lines())
        header = {"gz": 10, "xz": 24}[name]
        path.write_bytes(packed[:header] + b"\xff" * 200)
        assert str(self.outcome(path, skipped)[1]).startswith(f"{path}: the file is damaged")

        # gzip and xz notice a wrong check sum only where it stands, behind the lines.
        path.write_bytes(packed[:-8] + bytes(byte ^ 0xFF for byte in packed[-8:]))
        read, error = self.outcome(path, skipped)
        assert 0 < read <= 200
        assert error.field == f"{path}: line {read + 1}"
        assert error.reason.startswith("the file is damaged")

    def test_empty(self, tmp_path: Path, name: str, skipped: list[Invalid] | None) -> None:
        path = tmp_path / f"talk.{name}"
        path.write_bytes(b"")
        assert str(self.outcome(path, skipped)[1]) == f"{path}: the file is cut short"

    def test_not_packed(self, tmp_path: Path, name: str, skipped: list[Invalid] | None) -> None:
        path = tmp_path / f"talk.{name}"
        path.write_bytes(GOOD)
        assert str(self.outcome(path, skipped)[1]).startswith(f"{path}: the file is damaged or not packed as its name says")

    def test_missing(self, tmp_path: Path, name: str, skipped: list[Invalid] | None) -> None:
        path = tmp_path / f"none.{name}"
        assert str(self.outcome(path, skipped)[1]) == f"{path}: there is no such file"


def test_a_plain_file_may_be_missing_or_be_a_folder(tmp_path: Path) -> None:
    assert str(refusal(tmp_path / "none.jsonl")) == f"{tmp_path / 'none.jsonl'}: there is no such file"
    assert refusal(tmp_path).reason.startswith("the file cannot be read: ")


def test_the_airlines_conversations(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("twitter-airlines/conversations.jsonl.xz")
    with lzma.open(path, "rt", encoding="utf-8") as file:
        expected = [json.loads(text) for text in file]
    talks = list(read_conversations(path))
    assert len(talks) == 16_340
    assert sum(len(talk.turns) for talk in talks) == 43_770
    assert sum(talk.intent is not None for talk in talks) == 340
    assert [(talk.intent, [{"from": turn.speaker, "text": turn.text} for turn in talk.turns]) for talk in talks] == [
        (talk["intent"], talk["turns"]) for talk in expected
    ]


def test_the_shop_conversations() -> None:
    talks = list(read_conversations(SHOP))
    assert len(talks) == 120
    assert {talk.turns[0].speaker for talk in talks} == {Speaker.CUSTOMER}
    assert {len(talk.turns) for talk in talks} <= set(range(3, 13))
    assert min(Counter(talk.intent for talk in talks).values()) >= 5
    assert len({turn.text for talk in talks for turn in talk.turns if len(turn.text) > 25}) > 300
