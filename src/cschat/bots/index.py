"""The default engine: naive Bayes over words and pieces of words, in sorted arrays.

May: use numpy. May not: read or write anything outside of itself.

With c(f, d) how often feature f stands in document d (the sum over its texts, each a vector of length 1), a query asks for

    score(d) = sum over f of q(f) * (log(1 + c(f, d) / SMOOTHING) - log(c(d) / SMOOTHING + number of features))

which is multinomial naive Bayes with additive smoothing and without a prior, the query's features weighted by q(f): how rare f is
among the texts (the square root of its idf), times how unevenly it is spread over the documents (1.05 less its entropy in units of
the largest possible one). For documents of one text that is close to a cosine, for those of many it is a classifier; there is nothing
to train. The rows of a document depend on its own texts alone, so a change touches these and q.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, log, sqrt
from threading import Lock

import attrs
import numpy as np
from numpy.typing import NDArray

from cschat.bots.search import MAX_HITS, Answer, Document, Hit
from cschat.bots.text import squeezed, words_of
from cschat.bots.vocabulary import Vocabulary
from cschat.errors import Invalid, NotFound

__all__ = ["THRESHOLD", "TextIndex"]

THRESHOLD = 0.30
"""The least score of a confident answer: docs/explanation/search.md says how it was found."""

SMOOTHING = 0.03
BODY = 0.3
"""The weight of a document's body, beside 1 for its title and each of its examples."""
UNKNOWN = 0.5
"""How much a feature that no text has speaks against being sure, beside the q of one that a single text has."""
PRIOR = 10
"""So many documents without any evidence are thought to be there as well, so that a small index is not sure of itself."""
MAX_WORDS = 200
"""So many words of a query are looked at; of a document's text, all."""
MAX_ROWS = 5_000
"""So many rows a search reads; the commonest features, which say least, are left out beyond that."""
SPARE = 20_000
"""So many features of documents that are gone may stay, beside as many as are in use, before everything is indexed anew."""

_FEW = 8  # up to here, looking for the highest score again and again is quicker than a partition

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@attrs.frozen(eq=False)
class _Counts:
    """How often which feature stands in which document, sorted by feature and slot."""

    key: _Ints  # feature << 32 | slot
    count: _Floats
    texts: _Ints  # per feature: in how many texts it stands


@attrs.frozen(eq=False)
class _Rows:
    """All that a search reads. It is never changed, only replaced."""

    vocabulary: Vocabulary
    exact: dict[str, tuple[str, ...]]  # a whole text, squeezed -> the documents that have it
    counts: _Counts
    ids: list[str]  # per slot
    slot: _Ints  # per row, as are the next two
    evidence: _Floats  # log(1 + count / SMOOTHING)
    starts: _Ints  # per feature: its first row; and the end
    weights: _Floats  # per feature, as the vocabulary has it
    asked: _Floats  # per feature: q(f) of a query that has it once
    unknown: float  # q(f) of a feature that a single text has, but for its spread
    base: _Floats  # per slot: the second term of the score for q = 1; minus infinity for a free slot
    base_sum: float
    likeness: _Floats  # per slot: the evidence its own texts would have, for q = 1
    live: int


class TextIndex:
    """A `Retriever` for Korean and English. See `cschat.bots.text_index`."""

    def __init__(self, documents: Iterable[Document] = (), *, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._lock = Lock()
        self._documents = {document.id: document for document in map(_document, documents)}
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._total = 0  # texts
        self._rows = self._indexed()

    def put(self, document: Document) -> None:
        with self._lock:
            old = self._documents.get(_document(document).id)
            self._documents[document.id] = document
            self._rows = self._changed(document.id, old, document)

    def remove(self, id: str) -> None:
        with self._lock:
            old = self._documents.pop(id, None)
            if old is None:
                raise NotFound(f"there is no document {id!r}", kind="document", id=id)
            self._rows = self._changed(id, old, None)

    def search(self, text: str, k: int = 3) -> Answer:
        if not isinstance(text, str):
            raise Invalid(field="text", reason="is no string")
        if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_HITS:
            raise Invalid(field="k", reason=f"is {k!r}", allowed=[f"1 to {MAX_HITS}"])
        rows = self._rows
        words = words_of(text)
        found, never = rows.vocabulary.find(words[:MAX_WORDS], len(rows.asked))
        if not found:
            return Answer()
        scores, weight, mean, gone = _scored(rows, found)
        exact = rows.exact.get(squeezed(words), ())
        best = _best(scores, k + len(exact), rows.ids)
        scale = (weight + UNKNOWN * (never + gone) * rows.unknown) * float(rows.likeness[best[0]])
        hits = [Hit(id, 1.0) for id in exact[:k]]
        for slot in best:
            id, score = rows.ids[slot], float(scores[slot])
            if len(hits) < k and id not in exact and score > mean and score > weight * float(rows.base[slot]):
                hits.append(Hit(id, 1 - exp((mean - score) / scale)))
        return Answer(tuple(hits), bool(hits) and hits[0].score >= self._threshold)

    def _indexed(self) -> _Rows:
        """Everything, anew."""
        vocabulary = Vocabulary()
        exact: dict[str, tuple[str, ...]] = {}
        self._slots = {id: slot for slot, id in enumerate(self._documents)}
        self._free.clear()
        counts, wholes = _counted(vocabulary, list(enumerate(self._documents.values())))
        ids = list(self._documents)
        for slot, whole in wholes:
            _remember(exact, whole, ids[slot])
        self._total = sum(len(_texts(document)) for document in self._documents.values())
        return self._finished(vocabulary, exact, counts, np.log1p(counts.count / SMOOTHING), ids)

    def _changed(self, id: str, old: Document | None, new: Document | None) -> _Rows:
        """The rows of one document put in place of its old ones."""
        rows = self._rows
        vocabulary, exact, ids = rows.vocabulary, rows.exact, list(rows.ids)
        if len(vocabulary.weights) > 2 * np.count_nonzero(rows.counts.texts) + SPARE:
            return self._indexed()
        key, count, texts, evidence = rows.counts.key, rows.counts.count, rows.counts.texts, rows.evidence
        if old is not None:
            slot = self._slots.pop(id)
            self._free.append(slot)
            gone, wholes = _counted(vocabulary, [(slot, old)])
            for _, whole in wholes:
                _forget(exact, whole, id)
            stays = rows.slot != slot
            key, count, texts, evidence = key[stays], count[stays], texts - gone.texts, evidence[stays]
            self._total -= len(_texts(old))
        if new is not None:
            slot = self._free.pop() if self._free else len(ids)
            ids[slot : slot + 1] = [id]
            self._slots[id] = slot
            come, wholes = _counted(vocabulary, [(slot, new)])
            for _, whole in wholes:
                _remember(exact, whole, id)
            at = np.searchsorted(key, come.key)
            key, count = np.insert(key, at, come.key), np.insert(count, at, come.count)
            texts = np.pad(texts, (0, len(come.texts) - len(texts))) + come.texts
            evidence = np.insert(evidence, at, np.log1p(come.count / SMOOTHING))
            self._total += len(_texts(new))
        return self._finished(vocabulary, exact, _Counts(key, count, texts), evidence, ids)

    def _finished(
        self, vocabulary: Vocabulary, exact: dict[str, tuple[str, ...]], counts: _Counts, evidence: _Floats, ids: list[str]
    ) -> _Rows:
        """What follows from the counts."""
        live, slots = len(self._slots), len(ids)
        slot = counts.key & 0xFFFFFFFF
        alive = np.fromiter(self._slots.values(), np.int64, live)
        total = np.bincount(slot, counts.count, minlength=slots)
        base = np.full(slots, -np.inf)
        base[alive] = -np.log(total[alive] / SMOOTHING + max(int(np.count_nonzero(counts.texts)), 1))
        likeness = np.bincount(slot, counts.count * evidence, minlength=slots) / np.maximum(total, 1e-9)
        likeness[likeness == 0] = 1
        weights = np.array(vocabulary.weights)
        starts = np.searchsorted(counts.key, np.arange(len(counts.texts) + 1) << 32)
        return _Rows(
            vocabulary=vocabulary,
            exact=exact,
            counts=counts,
            ids=ids,
            slot=slot,
            evidence=evidence,
            starts=starts,
            weights=weights,
            asked=_asked(counts, weights, starts, texts=self._total, documents=live),
            unknown=sqrt(1 + log(1 + self._total)),
            base=base,
            base_sum=float(base[alive].sum()),
            likeness=likeness,
            live=live,
        )


def _document(given: Document) -> Document:
    if not isinstance(given, Document):
        raise Invalid(field="document", reason=f"is a {type(given).__name__}", allowed=["a Document"])
    return given


def _scored(rows: _Rows, found: dict[int, int]) -> tuple[_Floats, float, float, float]:
    """The score of each slot; the sum of q in it; the score to be expected; the weight of features that no document has any more."""
    features, times = np.fromiter(found, np.int64, len(found)), np.fromiter(found.values(), np.float64, len(found))
    begin = rows.starts[features]
    number = rows.starts[features + 1] - begin
    gone = float((rows.weights[features] * times)[number == 0].sum())
    if number.sum() > MAX_ROWS:
        order = np.argsort(number, kind="stable")
        kept = order[: max(1, int(np.searchsorted(number[order].cumsum(), MAX_ROWS, side="right")))]
        features, times, begin, number = features[kept], times[kept], begin[kept], number[kept]
    asked = rows.asked[features] * (1 + np.log(times))
    ends = number.cumsum()
    at = np.arange(ends[-1]) + np.repeat(begin + number - ends, number)
    evidence = rows.evidence.take(at)
    evidence *= np.repeat(asked, number)
    scores: _Floats = np.bincount(rows.slot.take(at), evidence, minlength=len(rows.base)).astype(np.float64, copy=False)
    weight = float(asked.sum())
    base = weight * rows.base_sum * (1 + PRIOR / max(rows.live, 1))
    mean = (float(scores.sum()) + base) / (rows.live + PRIOR)
    if weight > 0:
        scores = scores + weight * rows.base
    return scores, weight, mean, gone


def _best(scores: _Floats, number: int, ids: Sequence[str]) -> list[int]:
    """The slots of the highest scores, best first, equal ones by id."""
    number = min(number, len(scores))
    least = -np.inf
    if number <= _FEW:
        rest = scores.copy()
        for _ in range(number):
            at = int(rest.argmax())
            least = rest[at]
            rest[at] = -np.inf
    else:
        least = np.partition(scores, -number)[-number]
    slots: list[int] = np.flatnonzero(scores >= least if least > -np.inf else scores > -np.inf).tolist()
    return sorted(slots, key=lambda slot: (-scores[slot], ids[slot]))[:number]


def _texts(document: Document) -> list[tuple[str, float]]:
    """The texts of a document with their weights, the body last, empty ones left out."""
    asked = [(text, 1.0) for text in (document.title, *document.examples) if text]
    return [*asked, (document.body, BODY)] if document.body else asked


def _counted(vocabulary: Vocabulary, documents: Sequence[tuple[int, Document]]) -> tuple[_Counts, list[tuple[int, str]]]:
    """The counts of documents, in the order of their slots; and what an exact question would be, squeezed, with the slot."""
    flat: list[int] = []
    lengths: list[int] = []
    slots: list[int] = []
    weights: list[float] = []
    wholes: list[tuple[int, str]] = []
    for slot, document in documents:
        for text, weight in _texts(document):
            words = words_of(text)
            before = len(flat)
            vocabulary.learn(words, flat)
            lengths.append(len(flat) - before)
            slots.append(slot)
            weights.append(weight)
            if words and weight == 1:
                wholes.append((slot, squeezed(words)))
    each = np.array(vocabulary.weigh())
    many = max(len(lengths), 1)
    key = np.fromiter(flat, np.int64, len(flat)) * many + np.repeat(np.arange(len(lengths)), lengths)
    key.sort()
    first = _firsts(key)
    times = np.diff(first, append=len(key))
    feature, number = np.divmod(key[first], many)  # the text's number
    count = each[feature] * (1 + np.log(times))
    length = np.sqrt(np.bincount(number, count * count, minlength=len(lengths)))
    count *= (np.array(weights) / np.maximum(length, 1e-9))[number]
    key = (feature << 32) | np.array(slots, dtype=np.int64)[number]  # sorted still, for the texts come in the order of their slots
    first = _firsts(key)
    count = np.add.reduceat(count, first) if len(first) else count
    return _Counts(key[first], count, np.bincount(feature, minlength=len(each))), wholes


def _asked(counts: _Counts, weights: _Floats, starts: _Ints, *, texts: int, documents: int) -> _Floats:
    """q(f) of each feature; 0 of one that is in no text."""
    asked = np.zeros(len(weights))
    used = np.flatnonzero(counts.texts)
    if len(used):
        sums = np.add.reduceat(counts.count, starts[used])
        entropy = np.log(sums) - np.add.reduceat(counts.count * np.log(counts.count), starts[used]) / sums
        rare = np.sqrt(1 + np.log((1 + texts) / (1 + counts.texts[used])))
        asked[used] = weights[used] * rare * (1.05 - entropy / log(1 + documents))
    return asked


def _firsts(key: _Ints) -> _Ints:
    """Where in a sorted array each value stands first."""
    return np.flatnonzero(np.diff(key, prepend=key[0] - 1)) if len(key) else np.zeros(0, np.int64)


def _remember(exact: dict[str, tuple[str, ...]], whole: str, id: str) -> None:
    known = exact.get(whole, ())
    if id not in known:
        exact[whole] = tuple(sorted((*known, id)))


def _forget(exact: dict[str, tuple[str, ...]], whole: str, id: str) -> None:
    rest = tuple(each for each in exact.get(whole, ()) if each != id)
    if rest:
        exact[whole] = rest
    else:
        _ = exact.pop(whole, None)
