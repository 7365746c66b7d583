"""Finding articles, canned responses and past answers: indexes in memory for each brand, kept as what they are made of is.

May: read in the transaction of whoever asks, and search it. May not: write, or decide who may see what is found beyond what is
published.

A brand's `Edition` has another mark after every change, whichever process made it. Whoever asks compares the mark within their own
transaction: an index of another edition is brought to this one first, so what is found is what this transaction sees. What is published
follows from the time of asking, so nothing is indexed anew when an article's hour comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from threading import Lock
from typing import Generic, TypeVar

import attrs

from cschat.bots.search import MAX_HITS, Document, Retriever, text_index
from cschat.core.knowledge import Article, ArticleState, ArticleType, CannedResponse, Edition, Section, plain_text
from cschat.core.past import PastAnswer, Said, answers_of, together, went_well
from cschat.core.people import Customer
from cschat.core.session import Session, State
from cschat.core.times import Micros
from cschat.storage.protocol import Transaction

__all__ = ["Finder", "Finding"]

R = TypeVar("R", Article, CannedResponse, PastAnswer)

_ALL = 100_000
_FEW = 20
"""Up to so many changes are put into an index one by one; beyond, it is made anew."""
_MORE = 20
"""So many hits beyond what is wanted are looked at first, because some may not be for the one who asks."""
_TALKS = 200
"""So many of the last closed talks are learned from,"""
_EVENTS = 200
"""and so many events at the end of each."""
_VARIABLES = re.compile(r"\{[{%#].*?[%}#]\}", re.DOTALL)


@attrs.frozen
class Finding(Generic[R]):
    """A record that was found, how well it fits (0 to 1), and whether that is good enough to offer it alone."""

    record: R
    score: float
    sure: bool


class Finder:
    """What is searched, for all brands of a desk. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._shelves: dict[str, _Shelf] = {}

    def articles(
        self,
        tx: Transaction,
        brand: str,
        now: Micros,
        text: str,
        *,
        limit: int,
        section: str | None = None,
        type: ArticleType | None = None,
        language: str | None = None,
    ) -> list[Finding[Article]]:
        """Published articles, best first: of a section (id or any of its names), a type, a language (or none), where these are given."""
        shelf = self._shelf(brand)
        with shelf.lock:
            if not shelf.bring_to(tx):
                return []
            place = None if section is None else shelf.section_called(section)
            if section is not None and place is None:
                return []

            def fits(article: Article) -> bool:
                return (
                    article.state(now) is ArticleState.PUBLISHED
                    and not shelf.is_shut(article.section)
                    and type in (None, article.type)
                    and (language is None or article.language in (None, language))
                )

            return shelf.articles(place).search(text, limit, fits)

    def canned(
        self, tx: Transaction, brand: str, text: str, *, limit: int, groups: Collection[str] | None
    ) -> list[Finding[CannedResponse]]:
        """Canned responses that answer what was said, best first: those for all, and of `groups` (None: of every group)."""
        shelf = self._shelf(brand)
        with shelf.lock:
            if not shelf.bring_to(tx):
                return []
            return shelf.canned().search(text, limit, lambda canned: canned.group is None or groups is None or canned.group in groups)

    def answers(self, tx: Transaction, brand: str, text: str, *, limit: int) -> list[Finding[PastAnswer]]:
        """What agents answered when something like this was said, best first: in the brand's last closed talks that went well."""
        shelf = self._shelf(brand)
        with shelf.lock:
            return shelf.answers(tx).search(text, limit, lambda _answer: True)

    def _shelf(self, brand: str) -> _Shelf:
        with self._lock:
            return self._shelves.setdefault(brand, _Shelf(brand))


class _Shelf:
    """The knowledge of one brand as it was in one edition. To be used by one thread at a time."""

    def __init__(self, brand: str) -> None:
        self.lock = Lock()
        self._brand = brand
        self._mark = ""
        self._sections: dict[str, Section] = {}
        self._articles: dict[str, Article] = {}
        self._canned: dict[str, CannedResponse] = {}
        self._article_rows: dict[str | None, _Row[Article]] = {}
        self._canned_row = _Row(_canned_document)
        self._talks: dict[tuple[str, int], list[Said]] = {}
        self._answer_row = _Row(_answer_document)

    def bring_to(self, tx: Transaction) -> bool:
        """Become what this transaction sees. False if the brand knows nothing yet."""
        edition = tx.peek(Edition, Edition.id_for(self._brand))
        if edition is None:
            return False
        if edition.mark != self._mark:
            here = {"brand": self._brand}
            sections = tx.find(Section, where=here, limit=_ALL)
            articles = tx.find(Article, where={**here, "removed": False}, order="place", limit=_ALL)
            canned = tx.find(CannedResponse, where=here, limit=_ALL)
            self._sections = {section.id: section for section in sections}
            self._articles = {article.id: article for article in articles if article.publish is not None}
            self._canned = {one.id: one for one in canned if not one.removed}
            self._mark = edition.mark
        return True

    def section_called(self, named: str) -> str | None:
        """The id of a section that is given by id or any of its names."""
        return next((one.id for one in self._sections.values() if named in (one.id, one.name, *one.names.values())), None)

    def is_shut(self, section: str | None) -> bool:
        return section is not None and section in self._sections and self._sections[section].disabled

    def articles(self, section: str | None) -> _Row[Article]:
        """The articles of a section, or all. A section has its own index: what is common in it says little there, and much elsewhere."""
        row = self._article_rows.setdefault(section, _Row(_article_document))
        if row.mark != self._mark:
            row.become({id: one for id, one in self._articles.items() if section in (None, one.section)}, self._mark)
        return row

    def canned(self) -> _Row[CannedResponse]:
        if self._canned_row.mark != self._mark:
            self._canned_row.become(self._canned, self._mark)
        return self._canned_row

    def answers(self, tx: Transaction) -> _Row[PastAnswer]:
        """What was answered in the last closed talks. Only those are read that have changed since, and none of an erased customer."""
        talks: dict[tuple[str, int], list[Said]] = {}
        for session in tx.find(Session, where={"brand": self._brand, "state": State.CLOSED}, order="-rank", limit=_TALKS):
            customer = tx.get(Customer, session.customer)
            if session.last_agent is not None and not customer.erased:
                key = (session.id, session.seq)
                talks[key] = self._talks[key] if key in self._talks else _answered(tx, session, customer)
        if talks.keys() != self._talks.keys():
            self._talks = talks
            self._answer_row.become(together(talks.values()), "")
        return self._answer_row


class _Row(Generic[R]):
    """Records of one kind and an index of them."""

    def __init__(self, document: Callable[[R], Document]) -> None:
        self.mark = ""
        self._document: Callable[[R], Document] = document
        self._records: Mapping[str, R] = {}
        self._documents: dict[str, Document] = {}
        self._index: Retriever | None = None

    def become(self, records: Mapping[str, R], mark: str) -> None:
        """Hold these and no others, as they are in the edition of a mark."""
        known = {id: self._documents[id] for id, record in records.items() if self._records.get(id) == record}
        documents = {id: known.get(id) or self._document(record) for id, record in records.items()}
        changed = [document for id, document in documents.items() if self._documents.get(id) != document]
        gone = self._documents.keys() - documents.keys()
        index, self._index = self._index, None  # should this fail half-way, it is made anew
        if index is None or len(changed) + len(gone) > _FEW:
            index = text_index(documents.values())
        else:
            for id in gone:
                index.remove(id)
            for document in changed:
                index.put(document)
        self._index, self._records, self._documents, self.mark = index, records, documents, mark

    def search(self, text: str, limit: int, fits: Callable[[R], bool]) -> list[Finding[R]]:
        if self._index is None:
            return []
        from cschat.bots.index import THRESHOLD

        found: list[Finding[R]] = []
        for k in (min(limit + _MORE, MAX_HITS), MAX_HITS):
            hits = self._index.search(text, k).hits
            found = [Finding(self._records[hit.id], hit.score, hit.score >= THRESHOLD) for hit in hits if fits(self._records[hit.id])]
            if len(found) >= limit or len(hits) < k:
                break
        return found[:limit]


def _answered(tx: Transaction, session: Session, customer: Customer) -> list[Said]:
    events = tx.events(session.id, after_seq=max(0, session.seq - _EVENTS), limit=_EVENTS)
    return answers_of(events, customer) if went_well(session, events) else []


def _answer_document(answer: PastAnswer) -> Document:
    return Document(answer.id, "", body=answer.text, examples=answer.asked)


def _article_document(article: Article) -> Document:
    return Document(article.id, article.title, body=plain_text(article.body), examples=article.examples)


def _canned_document(canned: CannedResponse) -> Document:
    return Document(canned.id, canned.title, body=_VARIABLES.sub(" ", canned.text), examples=canned.examples)
