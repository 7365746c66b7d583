"""The laws of a store that one caller can see: atomic units, the log, questions, reading, batches, closing.

May: be inherited by `StoreSuite`. May not: need more than the `store` fixture.
"""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from cschat.core import events as e
from cschat.core.records import evolve
from cschat.errors import BatchStopped, Conflict, Invalid, NotFound, StoreClosed, VersionConflict
from cschat.storage.protocol import Gte, In, Lt, Lte, Store, TextSearch, Transaction, Where
from cschat.testing.things import BRAND, Door, Reopen, Texts, Thing, add_one, append, behind, event, put, said, transact

__all__ = ["Laws"]


class Broken(Exception):
    """What a work of the suite raises."""


class Laws:
    """What holds for one caller at a time."""

    # ----------------------------------------------------------------------------------------------------- atomic units

    def test_what_is_written_is_there(self, store: Store, door: Door) -> None:
        thing = Thing("thg_1", n=3, text="안녕하세요 👋\n\"quoted\" \\ 'single' %s ? \u2028", name="가나다")

        def work(tx: Transaction) -> str:
            tx.put(thing)
            tx.append(event(thing.id, 1, "first"))
            tx.append(event(thing.id, 2, "둘째"))
            return "done"

        assert door(store, [work]) == ["done"]
        assert store.read(lambda tx: tx.get(Thing, thing.id)) == thing
        assert store.read(lambda tx: tx.peek(Thing, thing.id)) == thing
        assert said(store, thing.id) == [(1, "first"), (2, "둘째")]
        [first, second] = store.stream_log()
        assert (first.brand, first.subject, first.seq, first.time, first.actor, first.type) == (
            BRAND,
            thing.id,
            1,
            1_000_000,
            "host",
            "SubjectSet",
        )
        assert second.position == first.position + 1 == store.position()

    def test_what_is_not_there_is_not_found(self, store: Store) -> None:
        def get(tx: Transaction) -> Thing:
            return tx.get(Thing, "thg_none")

        asks: list[Callable[[], object]] = [lambda: transact(store, get), lambda: store.read(get)]
        for ask in asks:
            with pytest.raises(NotFound) as caught:
                ask()
            assert (caught.value.kind, caught.value.id) == ("thing", "thg_none")
        assert store.read(lambda tx: tx.peek(Thing, "thg_none")) is None
        assert store.position() == 0
        assert list(store.stream(Thing)) == []
        assert list(store.stream_log()) == []

    def test_work_that_raises_has_written_nothing(self, store: Store, door: Door) -> None:
        transact(store, put(Thing("thg_old", n=1), Thing("thg_gone")))
        transact(store, lambda tx: append(tx, "thg_old", "kept"))
        broken = Broken("no")

        def work(tx: Transaction) -> None:
            tx.put(Thing("thg_new"))
            tx.put(evolve(tx.get(Thing, "thg_old"), n=2))
            tx.delete(Thing, "thg_gone")
            append(tx, "thg_old", "lost")
            append(tx, "thg_new", "lost")
            tx.redact(event("thg_old", 1, ""))
            raise broken

        before = store.position()
        assert door(store, [work]) == [broken]
        assert [thing.id for thing in store.stream(Thing)] == ["thg_gone", "thg_old"]
        assert store.read(lambda tx: tx.get(Thing, "thg_old").n) == 1
        assert said(store, "thg_old") == [(1, "kept")]
        assert store.position() == before

    def test_work_sees_its_own_writes(self, store: Store) -> None:
        transact(store, put(Thing("thg_1"), Thing("thg_2")))

        def work(tx: Transaction) -> None:
            tx.put(evolve(tx.get(Thing, "thg_1"), n=5))
            assert tx.get(Thing, "thg_1").n == 5
            tx.delete(Thing, "thg_2")
            assert tx.peek(Thing, "thg_2") is None
            with pytest.raises(NotFound):
                tx.get(Thing, "thg_2")
            with pytest.raises(NotFound):
                tx.delete(Thing, "thg_2")
            tx.put(Thing("thg_3"))
            assert tx.get(Thing, "thg_3") == Thing("thg_3")
            assert append(tx, "thg_1", "a", once="o") == 1
            assert append(tx, "thg_1", "b") == 2
            assert [one.body.subject for one in tx.events("thg_1", after_seq=1, limit=9)] == ["b"]
            assert [one.body.subject for one in tx.events("thg_1", limit=1)] == ["a"]
            found = tx.once("thg_1", "o")
            assert found is not None
            assert found.seq == 1

        transact(store, work)
        assert [thing.id for thing in store.stream(Thing)] == ["thg_1", "thg_3"]

    def test_a_record_can_go_and_come_again(self, store: Store) -> None:
        transact(store, put(Thing("thg_1", n=1, name="a")))

        def replace(tx: Transaction) -> None:
            tx.delete(Thing, "thg_1")
            tx.put(Thing("thg_1", n=2, name="b"))

        def make_and_drop(tx: Transaction) -> None:
            tx.put(Thing("thg_2", name="c"))
            tx.delete(Thing, "thg_2")

        transact(store, replace)
        transact(store, make_and_drop)
        transact(store, lambda tx: tx.delete(Thing, "thg_1"))
        assert list(store.stream(Thing)) == []
        transact(store, put(Thing("thg_1", n=3, name="b"), Thing("thg_2", name="c")))
        assert store.read(lambda tx: [tx.get(Thing, "thg_1").n, tx.count(Thing, where={"brand": BRAND, "name": "b"})]) == [3, 1]

    def test_an_attempt_that_raises_is_undone_and_the_rest_is_not(self, store: Store, door: Door) -> None:
        transact(store, put(Thing("thg_old", n=1), Thing("thg_kept")))
        transact(store, lambda tx: append(tx, "thg_old", "personal"))

        def bad(tx: Transaction) -> None:
            with tx.attempt():
                tx.put(evolve(tx.get(Thing, "thg_old"), n=9))
                tx.put(evolve(tx.get(Thing, "thg_before"), n=9))
                tx.put(Thing("thg_bad", name="bad"))
                tx.delete(Thing, "thg_kept")
                append(tx, "thg_old", "bad")
                append(tx, "thg_bad", "bad", once="o")
                tx.redact(event("thg_old", 1, ""))
                tx.redact(event("thg_old", 2, ""))
                with tx.attempt():
                    append(tx, "thg_bad", "within")
                raise Broken

        def work(tx: Transaction) -> list[bool]:
            append(tx, "thg_old", "before")
            tx.put(Thing("thg_before", n=1))
            with tx.attempt():
                tx.put(Thing("thg_good"))
                append(tx, "thg_good", "good")
            with pytest.raises(Broken):
                bad(tx)
            with tx.attempt():
                tx.put(Thing("thg_outer"))
                with pytest.raises(Broken):
                    bad(tx)
            append(tx, "thg_old", "after")
            return [tx.peek(Thing, "thg_bad") is None, tx.get(Thing, "thg_old").n == 1, tx.once("thg_bad", "o") is None]

        assert door(store, [work]) == [[True, True, True]]
        assert [(thing.id, thing.n) for thing in store.stream(Thing)] == [
            *(("thg_before", 1), ("thg_good", 0), ("thg_kept", 0), ("thg_old", 1), ("thg_outer", 0))
        ]
        assert said(store, "thg_old") == [(1, "personal"), (2, "before"), (3, "after")]
        assert said(store, "thg_good") == [(1, "good")]
        assert said(store, "thg_bad") == []

    def test_reading_writes_nothing(self, store: Store) -> None:
        transact(store, put(Thing("thg_1")))

        def work(tx: Transaction) -> int:
            tx.put(Thing("thg_2"))
            tx.put(evolve(tx.get(Thing, "thg_1"), n=9))
            return append(tx, "thg_1")

        assert store.read(work) == 1
        assert [(thing.id, thing.n) for thing in store.stream(Thing)] == [("thg_1", 0)]
        assert store.position() == 0
        with pytest.raises(Broken):
            store.read(_raise)
        assert store.read(lambda tx: tx.get(Thing, "thg_1").n) == 0

    def test_a_record_that_was_not_read_is_not_overwritten(self, store: Store, door: Door) -> None:
        transact(store, put(Thing("thg_1", n=1)))
        [error] = door(store, [put(Thing("thg_2"), Thing("thg_1", n=2))])
        assert isinstance(error, VersionConflict)
        assert [(thing.id, thing.n) for thing in store.stream(Thing)] == [("thg_1", 1)]

    def test_a_unique_index_holds(self, store: Store, door: Door) -> None:
        transact(
            store,
            put(Thing("thg_1", name="a"), Thing("thg_2", name="b"), Thing("thg_3"), Thing("thg_4"), Thing("thg_5", brand="x", name="a")),
        )

        def rename(id: str, name: str | None) -> Callable[[Transaction], None]:
            return lambda tx: tx.put(evolve(tx.get(Thing, id), name=name))

        def free_and_take(tx: Transaction) -> None:
            rename("thg_1", "c")(tx)
            rename("thg_2", "a")(tx)

        def swap(tx: Transaction) -> None:
            rename("thg_1", "a")(tx)
            rename("thg_2", "c")(tx)

        refused = [put(Thing("thg_9", name="a")), rename("thg_2", "a"), put(Thing("thg_8", name="z"), Thing("thg_9", name="z")), swap]
        for work in refused[:3]:
            [error] = door(store, [work])
            assert isinstance(error, Conflict), error
            assert not isinstance(error, VersionConflict)
            assert (error.kind, error.fields["fields"]) == ("thing", ("brand", "name"))
        assert door(store, [free_and_take]) == [None]
        assert isinstance(door(store, [refused[3]])[0], Conflict)
        assert [(thing.id, thing.name) for thing in store.stream(Thing)] == [
            ("thg_1", "c"),
            ("thg_2", "a"),
            ("thg_3", None),
            ("thg_4", None),
            ("thg_5", "a"),
        ]

    @pytest.mark.parametrize("door_of_the_bad", ["work", "unique", "seq", "body"])
    def test_a_failing_work_does_not_harm_its_neighbours(self, store: Store, door: Door, door_of_the_bad: str) -> None:
        """Whether it raises, or its writes are refused by an index, by the log, or by the driver that cannot encode them."""
        transact(store, put(Thing("thg_taken", name="taken")))
        transact(store, lambda tx: append(tx, "thg_taken"))

        def bad(tx: Transaction) -> None:
            tx.put(Thing(f"thg_bad{len(tx.log(after=0, limit=10_000))}"))
            if door_of_the_bad == "work":
                raise Broken
            if door_of_the_bad == "unique":
                tx.put(Thing("thg_twin", name="taken"))
            elif door_of_the_bad == "seq":
                tx.append(event("thg_taken", 1))
            else:
                tx.append(event("thg_body", 1, object()))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

        expected = {"work": Broken, "unique": Conflict, "seq": VersionConflict, "body": Exception}[door_of_the_bad]
        works = [bad if place % 5 == 2 else add_one("thg_sum") for place in range(40)]
        outcomes = door(store, works)
        assert all(isinstance(outcome, expected) for outcome in outcomes[2::5]), outcomes[2::5]
        sums = [outcome for place, outcome in enumerate(outcomes) if place % 5 != 2]
        assert sorted(sums) == list(range(1, 33))
        assert [(thing.id, thing.n) for thing in store.stream(Thing)] == [("thg_sum", 32), ("thg_taken", 0)]
        assert [seq for seq, _ in said(store, "thg_sum")] == list(range(1, 33))

    # ---------------------------------------------------------------------------------------------------------- the log

    def test_no_two_events_of_a_subject_have_one_seq(self, store: Store, door: Door) -> None:
        transact(store, lambda tx: append(tx, "thg_1"))
        [error] = door(store, [lambda tx: tx.append(event("thg_1", 1, "another"))])
        assert isinstance(error, VersionConflict)
        assert said(store, "thg_1") == [(1, "")]
        assert door(store, [lambda tx: tx.append(event("thg_1", 2)), lambda tx: tx.append(event("thg_2", 1))]) == [None, None]

    def test_once_is_once_for_a_subject(self, store: Store) -> None:
        transact(store, lambda tx: append(tx, "thg_1", "a", once="r:host:1"))
        transact(store, lambda tx: append(tx, "thg_2", "b", once="r:host:1"))
        with pytest.raises(VersionConflict):
            transact(store, lambda tx: append(tx, "thg_1", "c", once="r:host:1"))

        def texts(tx: Transaction) -> list[str | None]:
            found = [tx.once(subject, "r:host:1") for subject in ("thg_1", "thg_2", "thg_3")]
            return [None if one is None else one.body.subject for one in (*found, tx.once("thg_1", "r:host:2"))]

        assert store.read(texts) == transact(store, texts) == ["a", "b", None, None]

    def test_events_are_read_by_pages(self, store: Store) -> None:
        for place in range(7):
            transact(store, lambda tx, place=place: append(tx, f"thg_{place % 2}", str(place)))  # type: ignore[misc]

        def pages(tx: Transaction) -> list[list[str]]:
            return [
                [one.body.subject for one in page]
                for page in (
                    tx.events("thg_0", limit=2),
                    tx.events("thg_0", after_seq=2, limit=9),
                    tx.events("thg_0", after_seq=4, limit=9),
                    tx.events("thg_9", limit=9),
                    tx.log(after=0, limit=3),
                    tx.log(after=store_positions[2], limit=2),
                    tx.log(after=store_positions[-1], limit=9),
                )
            ]

        store_positions = [one.position for one in store.stream_log()]
        expected = [["0", "2"], ["4", "6"], [], [], ["0", "1", "2"], ["3", "4"], []]
        assert store.read(pages) == transact(store, pages) == expected
        assert [one.position for one in store.stream_log(after=store_positions[1], until=store_positions[4])] == store_positions[2:5]

    def test_erasure_keeps_all_but_the_body(self, store: Store) -> None:
        def write(tx: Transaction) -> None:
            tx.append(event("thg_1", 1, "personal", once="c:1"))
            tx.append(evolve(event("thg_1", 2, "personal"), cause="thg_1:1", actor="agent:a"))
            tx.redact(evolve(event("thg_1", 2, ""), cause="thg_1:1", actor="agent:a"))

        transact(store, write)
        before = list(store.stream_log())
        assert [one.body.subject for one in before] == ["personal", ""]

        def erase(tx: Transaction) -> None:
            [first, _] = tx.events("thg_1", limit=9)
            tx.redact(evolve(first, body=e.SubjectSet("")))
            assert [one.body.subject for one in tx.events("thg_1", limit=9)] == ["", ""]

        transact(store, erase)
        after = list(store.stream_log())
        assert after == [evolve(one, body=e.SubjectSet("")) for one in before]
        assert store.read(lambda tx: tx.events("thg_1", limit=9)) == after
        assert store.read(lambda tx: tx.once("thg_1", "c:1")) == after[0]
        assert store.position() == after[-1].position

    # ------------------------------------------------------------------------------------------------------------ texts

    @pytest.fixture
    def texts(self, store: Store) -> Texts:
        """What a store finds that can be searched by text."""
        if not store.read(lambda tx: isinstance(tx, TextSearch)):
            pytest.skip("this store cannot be searched by text")
        return Texts(store)

    def test_texts_are_found_by_pieces_of_words(self, store: Store, texts: Texts) -> None:
        said = ["재배송 부탁드려요", "배송 지연이 심해요", "Ａ/Ｓ 되나요? 배송도요", "환불", ""]
        transact(store, lambda tx: [append(tx, f"thg_{place % 2}", text) for place, text in enumerate(said)])
        for _ in texts.as_the_index_goes(step=2):
            assert texts("배송") == [3, 2, 1]
            assert texts("배송지연") == texts("지연 배송") == [2]
            assert texts("as") == [3]
            assert texts("송배") == texts("배송 환불") == []

    def test_texts_are_those_of_a_brand_a_period_and_some_subjects(self, store: Store, texts: Texts) -> None:
        """Also where the log is not in the order of time."""
        times = [50, 10, 90, 30, 30, 70, 20, 60]

        def write(tx: Transaction) -> None:
            for place, time in enumerate(times):
                other = evolve(event(f"thg_{place}", 1, "배송 문의"), time=time, brand="other" if place == 3 else BRAND)
                tx.append(other)

        transact(store, write)
        for _ in texts.as_the_index_goes(step=3):
            assert texts("배송", brand="other") == [4]
            assert texts("배송", start=30, end=70) == [8, 5, 1]
            assert texts("배송", start=70) == [6, 3]
            assert texts("배송", end=20) == [2]
            assert texts("배송", start=91) == texts("배송", start=60, end=60) == []
            assert texts("배송", only=lambda subject: subject in ("thg_2", "thg_3", "thg_5")) == [6, 3]
            assert texts("배송", before=6, limit=2) == [5, 3]
            assert texts("배송", before=1) == texts("배송", before=0) == []

    def test_what_is_redacted_is_found_no_more(self, store: Store, texts: Texts) -> None:
        transact(store, lambda tx: [append(tx, f"thg_{place % 3}", f"배송 {place}번") for place in range(9)])
        texts.keep_up(4)

        def erase(tx: Transaction) -> None:
            for first in tx.events("thg_1", limit=9):
                tx.redact(evolve(first, body=e.SubjectSet("남은 말" if first.seq == 3 else "")))

        transact(store, erase)
        transact(store, erase)
        for _ in texts.as_the_index_goes(step=3):
            assert texts("배송") == [9, 7, 6, 4, 3, 1]
            assert texts("남은") == [8]

    def test_work_that_raises_has_not_touched_the_texts(self, store: Store, texts: Texts) -> None:
        transact(store, lambda tx: append(tx, "thg_1", "배송 문의"))
        texts.catch_up()

        def broken(tx: Transaction) -> None:
            tx.redact(event("thg_1", 1, ""))
            assert isinstance(tx, TextSearch)
            tx.start_over()
            raise Broken

        with pytest.raises(Broken):
            transact(store, broken)
        assert texts("배송") == [1]
        assert not store.read(behind)

    def test_an_index_can_be_made_anew(self, store: Store, texts: Texts) -> None:
        transact(store, lambda tx: [append(tx, "thg_1", f"배송 {place}번") for place in range(5)])
        texts.catch_up()
        texts.start_over()
        for _ in texts.as_the_index_goes(step=2):
            assert texts("배송") == [5, 4, 3, 2, 1]

    # -------------------------------------------------------------------------------------------------------- questions

    def test_find_goes_in_the_order_asked_for(self, store: Store) -> None:
        ranks = {"thg_a": 3, "thg_b": 1, "thg_c": 3, "thg_d": None, "thg_e": 2, "thg_f": 1}
        transact(
            store, put(*(Thing(id, rank=rank) for id, rank in ranks.items()), Thing("thg_x", colour="blue"), Thing("thg_y", brand="other"))
        )

        def ids(order: str | None, limit: int = 99, **where: Any) -> list[str]:
            return store.read(
                lambda tx: [
                    one.id[-1] for one in tx.find(Thing, where={"brand": BRAND, "colour": "red", **where}, order=order, limit=limit)
                ]
            )

        assert ids("rank") == ["b", "f", "e", "a", "c"]
        assert ids("-rank") == ["c", "a", "e", "f", "b"]
        assert ids(None) == ["a", "b", "c", "e", "f"]
        assert ids("rank", limit=2) == ["b", "f"]
        assert ids("-rank", limit=3) == ["c", "a", "e"]
        assert ids("rank", rank=Lt(3)) == ["b", "f", "e"]
        assert ids("-rank", rank=Lte(2)) == ["e", "f", "b"]
        assert ids("rank", rank=Gte(2)) == ["e", "a", "c"]
        assert ids(None, rank=Gte(2)) == ["a", "c", "e"]
        assert ids(None, rank=3) == ["a", "c"]
        assert ids("rank", colour=In(("red", "blue"))) == ["x", "b", "f", "e", "a", "c"]
        assert ids("-rank", colour=In(("blue", "red", "red"))) == ["c", "a", "e", "f", "b", "x"]
        assert ids(None, colour=In(())) == []
        assert ids("rank", limit=0) == []

    def test_text_is_ordered_by_its_code_points(self, store: Store) -> None:
        names = ["", "A", "Z", "a", "é", "z", "가", "힣", "\uffee", "😀", "aa", "a b", "a-b", "가나"]
        transact(store, put(*(Thing(f"thg_{place}", name=name) for place, name in enumerate(names))))

        def found(tx: Transaction) -> list[str | None]:
            return [one.name for one in tx.find(Thing, where={"brand": BRAND}, order="name", limit=99)]

        assert store.read(found) == sorted(names)

    def test_what_is_none_is_in_no_index(self, store: Store) -> None:
        transact(store, put(Thing("thg_1", owner="o", due=5), Thing("thg_2", rank=None), Thing("thg_3", owner="o", rank=None)))

        def found(tx: Transaction) -> list[list[str]]:
            asked: list[tuple[Where, str | None]] = [
                ({"owner": "o"}, None),
                ({"owner": None}, None),
                ({"owner": In((None, "o"))}, None),
                ({"brand": BRAND, "colour": "red"}, "rank"),
                ({"brand": BRAND, "colour": "red", "rank": None}, None),
                ({"due": Lte(5)}, "due"),
            ]
            for where, _ in asked:
                assert tx.count(Thing, where=where) == len(tx.find(Thing, where=where, limit=99))
            return [[one.id for one in tx.find(Thing, where=where, order=order, limit=99)] for where, order in asked]

        expected = [["thg_1", "thg_3"], [], ["thg_1", "thg_3"], ["thg_1"], [], ["thg_1"]]
        assert store.read(found) == expected

        def with_own_writes(tx: Transaction) -> list[list[str]]:
            tx.put(evolve(tx.get(Thing, "thg_2"), text="touched"))
            tx.put(evolve(tx.get(Thing, "thg_1"), text="touched"))
            return found(tx)

        assert transact(store, with_own_writes) == expected

    @pytest.mark.parametrize(
        ("where", "order"),
        [
            ({"id": "thg_1"}, None),
            ({"text": "x"}, None),
            ({"colour": "red"}, None),
            ({"brand": BRAND, "rank": 1}, None),
            ({"brand": BRAND, "colour": Lt("red"), "rank": 1}, None),
            ({"brand": BRAND, "colour": Lt("red"), "rank": Gte(1)}, None),
            ({"brand": BRAND, "colour": Lt("red")}, "rank"),
            ({"brand": BRAND, "colour": "red"}, "n"),
            ({"brand": BRAND, "colour": "red"}, "-id"),
            ({"owner": "o"}, "due"),
        ],
        ids=str,
    )
    def test_a_question_without_an_index_is_refused(self, store: Store, where: Where, order: str | None) -> None:
        def ask(tx: Transaction) -> object:
            return tx.find(Thing, where=where, order=order, limit=1)

        runs: list[Callable[[], object]] = [lambda: transact(store, ask), lambda: store.read(ask)]
        for run in runs:
            with pytest.raises(Invalid) as caught:
                run()
            assert caught.value.field == "where"
            assert "brand+colour+rank" in caught.value.allowed

    @pytest.mark.parametrize("order", ["rank", "-rank", None])
    @pytest.mark.parametrize("size", [1, 2, 3, 7])
    def test_pages_join_without_gap_or_twin(self, store: Store, order: str | None, size: int) -> None:
        transact(store, put(*(Thing(f"thg_{place:02}", rank=place % 4, colour="red" if place % 3 else "blue") for place in range(20))))

        def pages(tx: Transaction, where: Where) -> list[str]:
            ids: list[str] = []
            after = None
            while page := tx.find(Thing, where=where, order=order, after=after, limit=size):
                ids += [one.id for one in page]
                after = (page[-1].rank, page[-1].id)
            return ids

        for colour in ("red", In(("red", "blue"))):
            for more in ({}, {"rank": Gte(1)}, {"rank": Lt(3)}, {"rank": Lte(2)}):
                where: Where = {"brand": BRAND, "colour": colour, **more}
                whole = store.read(lambda tx, where=where: [one.id for one in tx.find(Thing, where=where, order=order, limit=99)])  # type: ignore[misc]
                assert store.read(lambda tx, where=where: pages(tx, where)) == whole  # type: ignore[misc]
                assert sorted(set(whole)) == sorted(whole)

    def test_questions_see_own_writes(self, store: Store) -> None:
        """Against a plain model: two hundred transactions of random writes, each asked everything in between."""
        random = Random(11)  # noqa: S311  (the same every time)
        model: dict[str, Thing] = {}
        for _ in range(200):
            transact(store, lambda tx: _live(tx, random, model))
            assert {one.id: one for one in store.stream(Thing)} == model

    # ---------------------------------------------------------------------------------------------------------- reading

    def test_streams_are_whole_and_in_order(self, store: Store) -> None:
        things = [Thing(f"thg_{place:05}", n=place, brand=BRAND if place % 3 else "other") for place in range(1700)]

        def write(tx: Transaction) -> None:
            for thing in reversed(things):
                tx.put(thing)
            for seq in range(1, 1701):
                tx.append(event("thg_00000", seq))

        transact(store, write)
        assert list(store.stream(Thing)) == things
        assert list(store.stream(Thing, brand="other")) == things[::3]
        assert list(store.stream(Thing, after="thg_01600")) == things[1601:]
        assert [one.seq for one in store.stream_log()] == list(range(1, 1701))
        assert [one.seq for one in store.stream_log(after=store.position() - 2)] == [1699, 1700]

    def test_streams_take_constant_memory_and_hold_nobody_up(self, store: Store) -> None:
        for first in range(0, 6000, 500):
            transact(store, put(*(Thing(f"thg_{place:05}", text=f"{place}" * 400) for place in range(first, first + 500))))
        tracemalloc.start()
        try:
            stream = store.stream(Thing)
            for _ in range(5):
                next(stream)
            transact(store, put(Thing("thg_00000+")))  # while the stream is open
            begin = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            assert sum(1 for _ in stream) in (5995, 5996)
            grown = tracemalloc.get_traced_memory()[1] - begin
        finally:
            tracemalloc.stop()
        assert grown < 4_000_000, "6,000 records of 2 kB: a page at a time"

    # ---------------------------------------------------------------------------------------------------------- batches

    def test_a_batch_commits_after_so_many_and_at_its_end(self, store: Store) -> None:
        seen: set[int] = set()
        stop = store.subscribe(lambda: seen.add(store.position()))
        with store.batch(size=3) as batch:
            for count in range(1, 9):
                assert batch.run(add_one("thg_1")) == count
                if count % 3 == 0:
                    assert len(said(store, "thg_1")) == count
                assert batch.read(lambda tx: (tx.get(Thing, "thg_1").n, len(tx.events("thg_1", limit=99)))) == (count, count)
        assert len(said(store, "thg_1")) == store.position() == 8
        stop()
        assert seen <= {3, 6, 8}

    def test_commits_are_measured(self, store: Store) -> None:
        measured: list[tuple[int, int, float]] = []
        store.measure(lambda works, waiting, seconds: measured.append((works, waiting, seconds)))
        transact(store, add_one("thg_1"))
        transact(store, add_one("thg_1"))
        assert [(works, waiting) for works, waiting, _ in measured] == [(1, 0), (1, 0)]
        assert all(0 < seconds < 60 for _, _, seconds in measured)

    def test_an_empty_batch_is_nothing(self, store: Store) -> None:
        with store.batch(size=3):
            pass
        with store.batch(size=3) as batch:
            assert batch.read(lambda tx: tx.peek(Thing, "thg_1")) is None
        assert list(store.stream(Thing)) == []
        assert transact(store, add_one("thg_1")) == 1

    def test_reading_in_a_batch_writes_nothing(self, store: Store) -> None:
        with store.batch(size=3) as batch:
            batch.read(put(Thing("thg_2")))
            with pytest.raises(Broken):
                batch.read(_raise)
            assert batch.run(add_one("thg_1")) == 1
            batch.read(add_one("thg_1"))
        assert [(thing.id, thing.n) for thing in store.stream(Thing)] == [("thg_1", 1)]
        assert said(store, "thg_1") == [(1, "")]

    @pytest.mark.parametrize("how", ["work", "unique", "body", "interrupt"])
    def test_a_failing_work_stops_its_batch_and_leaves_no_trace(self, store: Store, how: str) -> None:
        def bad(tx: Transaction) -> None:
            tx.put(Thing("thg_bad", name="taken" if how == "unique" else "free"))
            tx.put(evolve(tx.get(Thing, "thg_1"), n=99))
            append(tx, "thg_1", object() if how == "body" else "bad")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            if how == "work":
                raise Broken
            if how == "interrupt":
                raise KeyboardInterrupt

        expected = {"work": Broken, "unique": Conflict, "body": Exception, "interrupt": KeyboardInterrupt}[how]
        transact(store, put(Thing("thg_0", name="taken")))
        with store.batch(size=3) as batch:
            for _ in range(5):
                batch.run(add_one("thg_1"))
            with pytest.raises(expected):
                batch.run(bad)
            with pytest.raises(BatchStopped):
                batch.run(add_one("thg_1"))
            with pytest.raises(BatchStopped):
                batch.read(lambda tx: tx.peek(Thing, "thg_1"))
        assert [(one.id, one.n) for one in store.stream(Thing)] == [("thg_0", 0), ("thg_1", 5)]
        assert [seq for seq, _ in said(store, "thg_1")] == [1, 2, 3, 4, 5]
        assert transact(store, add_one("thg_1")) == 6

    def test_a_batch_left_by_an_error_keeps_what_had_run(self, store: Store) -> None:
        with pytest.raises(Broken), store.batch(size=10) as batch:  # noqa: PT012
            batch.run(add_one("thg_1"))
            raise Broken
        assert transact(store, add_one("thg_1")) == 2

    def test_who_writes_already_cannot_write_within(self, store: Store) -> None:
        """Else it would wait for itself."""

        def nested(_tx: Transaction) -> int:
            return transact(store, add_one("thg_1"))

        with pytest.raises(Conflict):
            transact(store, nested)
        with store.batch(size=9) as batch:
            batch.run(add_one("thg_1"))
            with pytest.raises(Conflict):
                transact(store, add_one("thg_1"))
            with pytest.raises(Conflict):
                store.close()
        assert transact(store, add_one("thg_1")) == 2

    # ---------------------------------------------------------------------------------------------- closing, opening again

    def test_a_closed_store_refuses_everything(self, store: Store, door: Door) -> None:
        transact(store, add_one("thg_1"))
        store.close()
        assert [type(outcome) for outcome in door(store, [add_one("thg_1")])] == [StoreClosed]

        def in_batch() -> None:
            with store.batch(size=2) as batch:
                batch.run(add_one("thg_1"))

        refused: list[Callable[[], object]] = [
            lambda: store.read(lambda tx: tx.peek(Thing, "thg_1")),
            lambda: list(store.stream(Thing)),
            lambda: list(store.stream_log()),
            lambda: store.wait(after=0, timeout=0),
            lambda: store.wait(after=5, timeout=5),
            lambda: store.subscribe(lambda: None),
            store.position,
            store.look,
            in_batch,
        ]
        for refuse in refused:
            with pytest.raises(StoreClosed):
                refuse()
        store.close()

    def test_who_looks_is_told_what_others_have_committed(self, store: Store, reopen: Reopen) -> None:
        other, told = reopen(), threading.Event()
        stop = other.subscribe(told.set)
        transact(store, add_one("thg_1"))
        assert other.look() == store.look() == store.position() == 1
        assert told.is_set()
        stop()
        other.close()

    def test_reopening_shows_all_there_was(self, store: Store, reopen: Reopen) -> None:
        transact(store, add_one("thg_1"))
        transact(store, put(Thing("thg_2", name="두번째", rank=None, due=2**62)))
        things, log = list(store.stream(Thing)), list(store.stream_log())
        store.close()
        again = reopen()
        try:
            assert list(again.stream(Thing)) == things
            assert list(again.stream_log()) == log
            assert again.position() == log[-1].position
            assert transact(again, add_one("thg_1")) == 2
        finally:
            again.close()


def _raise(_tx: Transaction) -> None:
    raise Broken


def _live(tx: Transaction, random: Random, model: dict[str, Thing]) -> None:
    """Some random writes, each followed by some random questions, all answered as the model says."""
    for _ in range(random.randint(1, 5)):
        id = f"thg_{random.randint(0, 25):02}"
        known = tx.peek(Thing, id)
        assert known == model.get(id)
        if known is not None and random.random() < 0.3:
            tx.delete(Thing, id)
            del model[id]
        else:
            thing = evolve(
                known or Thing(id),
                colour=random.choice(["red", "blue", "green"]),
                rank=random.choice([None, 0, 1, 2, 3]),
                owner=random.choice([None, "a", "b"]),
            )
            tx.put(thing)
            model[id] = thing
        for _ in range(4):
            _ask(tx, random, model)


def _ask(tx: Transaction, random: Random, model: dict[str, Thing]) -> None:
    if random.random() < 0.25:
        owner = random.choice(["a", "b", "c"])
        mine = sorted(one.id for one in model.values() if one.owner == owner)
        assert [one.id for one in tx.find(Thing, where={"owner": owner}, limit=99)] == mine
        assert tx.count(Thing, where={"owner": owner}) == len(mine)
        return
    colours = random.choice([("red",), ("blue", "green"), ("red", "blue", "green")])
    edge = random.randint(0, 3)
    tests: list[tuple[dict[str, Any], Callable[[int], bool]]] = [
        ({}, lambda _rank: True),
        ({"rank": Lt(edge)}, lambda rank: rank < edge),
        ({"rank": Lte(edge)}, lambda rank: rank <= edge),
        ({"rank": Gte(edge)}, lambda rank: rank >= edge),
    ]
    more, holds = random.choice(tests)
    where: Where = {"brand": BRAND, "colour": colours[0] if len(colours) == 1 else In(colours), **more}
    expected = [(one.rank, one.id) for one in model.values() if one.colour in colours and one.rank is not None and holds(one.rank)]
    assert tx.count(Thing, where=where) == len(expected)
    order = random.choice(["rank", "-rank", None])
    expected.sort(key=lambda place: (place[1],) if order is None else place, reverse=order == "-rank")
    start = random.randint(0, len(expected))
    after = expected[start - 1] if start else None
    limit = random.randint(1, 6)
    found = [(one.rank, one.id) for one in tx.find(Thing, where=where, order=order, after=after, limit=limit)]
    assert found == expected[start : start + limit], (where, order, after, limit)
