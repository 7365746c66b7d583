"""Events and records are plain data: every one of them is JSON and comes back equal; what is marked is blanked, the rest is kept."""

from __future__ import annotations

from datetime import date
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cschat import events as e
from cschat.core.content import Card, Choice, Content, FormField, Media, Speaker
from cschat.core.people import Profile
from cschat.core.records import PERSONAL, STAFF, blanked, fields_of
from cschat.core.session import MACHINE
from cschat.kinds import CORE_KINDS
from cschat.storage.codec import decode_body, decode_record, encode

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
JSON = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS | st.lists(TEXTS, max_size=2)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    origin = get_origin(hint)
    if origin is Annotated:
        return values(get_args(hint)[0])
    if origin in (Union, UnionType):
        return st.one_of([values(part) for part in get_args(hint)])
    if origin is tuple and get_args(hint)[-1] is not Ellipsis:
        return st.tuples(*[values(part) for part in get_args(hint)])
    if origin is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXTS, values(get_args(hint)[1]), max_size=2)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return structs(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    known: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXTS,
        bool: st.booleans(),
        int: st.integers(0, 2**53),
        float: st.floats(allow_nan=False, allow_infinity=False),
        date: st.dates(),
        NoneType: st.none(),
        Any: JSON,
    }
    return known[hint]


def structs(kind: type) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({field.name: values(field.type) for field in fields_of(kind)}).map(lambda given: kind(**given))


@pytest.mark.parametrize("name", e.BODIES)
@settings(max_examples=10)
@given(data=st.data())
def test_every_body_comes_back_as_it_was(name: str, data: st.DataObject):
    body = data.draw(structs(e.BODIES[name]))
    again = decode_body(name, encode(body))
    assert (type(again), again) == (type(body), body)


@pytest.mark.parametrize("kind", CORE_KINDS, ids=lambda kind: kind.kind)
@settings(max_examples=10)
@given(data=st.data())
def test_every_record_comes_back_as_it_was(kind: type, data: st.DataObject):
    record = data.draw(structs(kind))
    assert decode_record(kind, encode(record)) == record


@pytest.mark.parametrize("kind", [*CORE_KINDS, *e.BODIES.values()], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("mark", [PERSONAL, STAFF])
@settings(max_examples=10)
@given(data=st.data())
def test_blanking_empties_what_is_marked_and_keeps_the_rest(kind: type, mark: str, data: st.DataObject):
    thing = data.draw(structs(kind))
    empty = blanked(thing, mark)
    assert type(empty) is kind
    for field in fields_of(kind):
        before, after = getattr(thing, field.name), getattr(empty, field.name)
        if mark in field.marks:
            default = type(before)() if field.default is msgspec.NODEFAULT else field.default
            assert after == default
        elif not isinstance(before, (msgspec.Struct, tuple)):
            assert after == before
    assert blanked(empty, mark) == empty
    assert decode_record(kind, encode(empty)) == empty


@given(card=structs(Card), media=structs(Media), field=structs(FormField), choice=structs(Choice))
def test_blanking_reaches_every_text_within_a_message(card: Card, media: Media, field: FormField, choice: Choice):
    content = Content(Content().kind, "비밀", media, (choice,), (card,), (field,))
    said = e.MessageSent("msg_1", Speaker.CUSTOMER, content)
    empty = blanked(said, PERSONAL).content
    assert (empty.text, empty.choices) == ("", ())
    assert (empty.media.name, empty.media.url, empty.media.blob) == ("", None, None)
    assert empty.cards[0].title == empty.cards[0].text == ""
    assert empty.cards[0].choices == ()
    assert empty.fields[0].answer is None


def test_the_list_of_bodies_is_every_event_that_there_is():
    defined = {thing for thing in vars(e).values() if isinstance(thing, type) and thing.__module__.startswith(e.__name__)}
    assert {*e.BODIES.values()} == defined - {e.Event, e.BotCursor}
    assert {*e.SESSION_BODIES} == {body for row in MACHINE.values() for body in row}
    assert all(name == body.__name__ for name, body in e.BODIES.items())


def test_what_is_personal_or_for_staff_is_marked():
    """The list is written out, so that a change of it is a decision."""
    marked = {
        (kind.__name__, field.name): "".join(sorted(mark[0] for mark in field.marks))
        for kind in (*CORE_KINDS, *e.BODIES.values())
        for field in fields_of(kind)
        if field.marks and field.name != "turn"
    }
    assert marked == {
        ("Session", "subject"): "p",
        ("Session", "category"): "s",
        ("Session", "tags"): "s",
        ("Session", "priority"): "s",
        ("Session", "head_start"): "s",
        ("Session", "lane"): "s",
        ("Session", "wanted"): "s",
        ("Session", "passed"): "s",
        ("Session", "until"): "s",
        ("Session", "main"): "s",
        ("Session", "side"): "s",
        ("Session", "delayed"): "s",
        ("Session", "risks"): "s",
        ("Customer", "key"): "p",
        ("Customer", "attributes"): "ps",
        ("Customer", "device"): "p",
        ("Customer", "tags"): "s",
        ("Customer", "merged_into"): "s",
        ("Article", "examples"): "s",
        ("Article", "unpublish"): "s",
        ("Announcement", "words"): "s",
        ("Blob", "name"): "p",
        ("Recipient", "session"): "s",
        ("Opened", "subject"): "p",
        ("Opened", "page"): "p",
        ("OpenedByAgent", "subject"): "p",
        ("Assigned", "why"): "ps",
        ("Assigned", "until"): "s",
        ("Assigned", "out_of_turn"): "s",
        ("Assigned", "decision"): "s",
        ("Routed", "lane"): "s",
        ("Routed", "route"): "s",
        ("Routed", "widens"): "s",
        ("Directed", "agent"): "s",
        ("Directed", "group"): "s",
        ("OfferPassed", "agent"): "s",
        ("Transferred", "note"): "ps",
        ("Released", "why"): "ps",
        ("Ended", "timer"): "s",
        ("Ended", "policy"): "s",
        ("Ended", "wrap_up_by"): "s",
        ("WrappedUp", "note"): "ps",
        ("WrappedUp", "category"): "s",
        ("WrappedUp", "tags"): "s",
        ("WrappedUp", "reason"): "s",
        ("CategorySet", "category"): "s",
        ("PrioritySet", "priority"): "s",
        ("PrioritySet", "head_start"): "s",
        ("SubjectSet", "subject"): "p",
        ("SessionTagged", "added"): "s",
        ("SessionTagged", "removed"): "s",
        ("Rated", "comment"): "p",
        ("BotMoved", "cursor"): "s",
        ("BotMoved", "scenario"): "s",
        ("BotMoved", "path"): "s",
        ("BotMoved", "called"): "s",
        ("ActionRequested", "action"): "s",
        ("ActionRequested", "given"): "ps",
        ("ActionRequested", "until"): "s",
        ("ActionAnswered", "value"): "ps",
        ("ActionAnswered", "reason"): "ps",
        ("RuleFired", "rule"): "s",
        ("RuleFired", "name"): "s",
        ("RuleStopped", "rule"): "s",
        ("RuleStopped", "name"): "s",
        ("RuleStopped", "reason"): "s",
        ("RuleStopped", "chain"): "s",
        ("SlaWarned", "policy"): "s",
        ("SlaWarned", "goal"): "s",
        ("SlaWarned", "since"): "s",
        ("SlaWarned", "due"): "s",
        ("SlaBreached", "policy"): "s",
        ("SlaBreached", "goal"): "s",
        ("SlaBreached", "since"): "s",
        ("SlaBreached", "due"): "s",
        ("ReplyDelayed", "reply"): "s",
        ("ReplyDelayed", "agent"): "s",
        ("ReplyDelayed", "due"): "s",
        ("ReplyDelayed", "content"): "s",
        ("ReplyDelayed", "reviewer"): "s",
        ("DelayedReplyChanged", "reply"): "s",
        ("DelayedReplyChanged", "due"): "s",
        ("DelayedReplyChanged", "content"): "s",
        ("DelayedReplyReviewed", "reply"): "s",
        ("DelayedReplyReviewed", "approved"): "s",
        ("DelayedReplyHeld", "reply"): "s",
        ("DelayedReplyHeld", "reason"): "s",
        ("DelayedReplySent", "reply"): "s",
        ("DelayedReplySent", "message"): "s",
        ("DelayedReplyDropped", "reply"): "s",
        ("DelayedReplyDropped", "reason"): "s",
        ("DelayedReplyReviewed", "note"): "ps",
        ("ScenarioFailed", "scenario"): "s",
        ("ScenarioFailed", "step"): "s",
        ("ScenarioFailed", "reason"): "s",
        ("AlertRaised", "kind"): "s",
        ("AlertRaised", "text"): "ps",
        ("AlertRaised", "rule"): "s",
        ("CustomerRegistered", "key"): "p",
        ("CustomerUpdated", "changes"): "p",
    }
    assert {field.name for field in fields_of(Profile) if PERSONAL in field.marks} == {
        "name",
        "phone",
        "email",
        "birth_date",
        "address",
        "image",
    }
