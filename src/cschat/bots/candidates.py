"""Candidates for new steps: what customers asked that no scenario knew, in groups of like questions.

May: find such questions in the events of a session, and group them. May not: read a store, or load numpy.

Grouping is the same for the same questions, whatever their order: equal texts (but for spacing, case and punctuation) come first, the most
frequent first, equally frequent ones by text; each joins the group whose middle is most like it, if that is like enough, else it
begins one; then whole groups join each other in the same way, the largest first. Likeness is the cosine between the pieces of texts that
search compares as well (`text`): the rarer a piece is among the questions, the more it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from math import log, sqrt

import attrs

from cschat.bots.text import is_faint, pairs_of, pieces_of, squeezed, words_of
from cschat.bots.vocabulary import FAINT
from cschat.core import events as e
from cschat.core.content import ContentKind, Speaker

__all__ = ["LIKENESS", "Candidate", "Origin", "Question", "grouped", "groups_of", "questions_of"]

LIKENESS = 0.32
"""How like the middle of a group a question must be to join it, 0 to 1. From labelled questions: docs/performance.md."""
PRIOR = 100
"""As many questions are taken to have been seen before: among a few, that several share a word does not make it a common one."""
MOST_TEXTS = 5000
"""So many different texts are put together, the most frequent ones: the time it takes grows with their square."""
EXAMPLES = 5
MAX_LETTERS = 500
_FREE = frozenset({None, "choose", "faq", "do", "handoff"})
"""The kinds of step at which a free text may be a question: elsewhere it answers one. None: no step at all."""


@attrs.frozen
class Question:
    """What a customer asked in a `session`, and where: at a `step` of a `scenario` (its name; both "" where none was running).

    `why` it is one: "otherwise" (no button fitted), "not_understood" (and it was asked again), "nothing_found" (no article), "not_helped"
    (no good article), "asked_for_person" (the next thing was to ask for a person). `people`: a person took over afterwards.
    """

    text: str
    session: str
    scenario: str
    step: str
    why: tuple[str, ...]
    people: bool


@attrs.frozen
class Origin:
    """Where questions came from: how many of a group were asked at a `step` of a `scenario`."""

    scenario: str
    step: str
    count: int


@attrs.frozen
class Candidate:
    """A group of like questions: how many sessions asked (`size`), the one that is most like all others (`typical`), others in their own
    words (`examples`, at most 5), where they came from and why they count (both the most frequent first), how many reached `people`, and
    sessions to look at (at most 5).
    """

    size: int
    typical: str
    examples: tuple[str, ...]
    origins: tuple[Origin, ...]
    why: Mapping[str, int]
    people: int
    sessions: tuple[str, ...]


# ----------------------------------------------------------------------------------------------------------------- finding


@attrs.define
class _Asked:
    text: str
    key: str
    step: str
    why: list[str]
    people: bool = False


class _Listening:
    """One session under way."""

    def __init__(self, kind: Callable[[str, str], str | None]) -> None:
        self._kind = kind
        self.asked: dict[str, _Asked] = {}
        self._at: e.BotCursor | None = None
        self._heard = ""
        self._in_bot = False

    def hear(self, event: e.Event) -> None:
        match event.body:
            case e.Opened() | e.ReturnedToBot() | e.Reopened(to="bot"):
                self._in_bot, self._at, self._heard = True, None, ""
            case e.MessageSent(author=Speaker.CUSTOMER, step=False, content=content) if self._in_bot:
                free = content.kind is ContentKind.TEXT and self._kind_here() in _FREE
                self._heard = content.text.strip()[:MAX_LETTERS] if free else ""
            case e.BotMoved(side=False):
                self._moved(event.body)
            case e.AgentRequested() | e.AgentUnavailable() if self._in_bot:
                self._want(self._heard, "asked_for_person")
                self._heard = ""
                if isinstance(event.body, e.AgentRequested):
                    self._over(people=True)
            case e.Assigned() if self._in_bot:
                self._over(people=True)
            case e.MessageLeft() | e.Ended() | e.ForceClosed() if self._in_bot:
                self._over(people=isinstance(event.body, e.MessageLeft))
            case _:
                pass

    def _over(self, *, people: bool) -> None:
        """The bot no longer speaks. Who leaves a message waits for people as well."""
        self._in_bot, self._at = False, None
        for one in self.asked.values():
            one.people = one.people or people

    def _kind_here(self) -> str | None:
        return None if self._at is None else self._kind(self._at.scenario, self._at.step)

    def _want(self, text: str, why: str, key: str | None = None, step: str = "") -> None:
        whole = squeezed(words_of(text))
        if not whole:
            return
        if key is None and self._at is not None:
            key, step = self._at.scenario, self._at.step
        one = self.asked.setdefault(whole, _Asked(text, key or "", step, []))
        if why not in one.why:
            one.why.append(why)

    def _moved(self, body: e.BotMoved) -> None:
        before, self._at = self._at, body.cursor
        if before is not None and body.path and body.path[0][0] == before.step and self._heard:
            self._answered(before, body.path[0][1])
        for step, edge in body.path:
            if edge not in ("helped", "not_helped"):
                continue
            offered = before is not None and before.step == step and before.part > 0
            known = (body.cursor or before or e.BotCursor("", "")).known.get("said", "")
            said = str(known if offered else self._heard or known)
            if edge == "not_helped":
                self._want(said, "not_helped" if offered else "nothing_found", body.scenario, step)
            else:
                _ = self.asked.pop(squeezed(words_of(said)), None)

    def _answered(self, before: e.BotCursor, edge: str) -> None:
        """What the scenario made of the text."""
        if edge == "otherwise":
            self._want(self._heard, "otherwise", before.scenario, before.step)
        elif edge == "again" and self._kind(before.scenario, before.step) == "choose":
            self._want(self._heard, "not_understood", before.scenario, before.step)
        elif edge != "not_helped":
            self._heard = ""


def questions_of(
    session: str, events: Iterable[e.Event], kind: Callable[[str, str], str | None], name: Callable[[str], str]
) -> list[Question]:
    """The questions of one session that reached people or got no answer: each once, in the order they were asked.

    `events` are all of the session's, in order; `kind(key, step)` is a step's kind (None: not known), `name(key)` a scenario's name. A text
    that was erased is no question any more.
    """
    listening = _Listening(kind)
    for event in events:
        listening.hear(event)
    return [
        Question(one.text, session, name(one.key) if one.key else "", one.step, tuple(one.why), one.people)
        for one in listening.asked.values()
    ]


# ---------------------------------------------------------------------------------------------------------------- grouping


_Vector = dict[str, float]
_Group = list[tuple[list["Question"], "_Vector"]]
"""The questions of each text in a group, and the text's pieces."""


def grouped(questions: Sequence[Question], likeness: float = LIKENESS) -> list[Candidate]:
    """The questions in groups, the largest first, equally large ones by their typical question. Same questions, same groups.

    At most `MOST_TEXTS` different texts; rarer ones are left out.
    """
    return sorted((_candidate(group) for group in _groups(questions, likeness)), key=lambda one: (-one.size, one.typical))


def groups_of(questions: Sequence[Question], likeness: float = LIKENESS) -> list[list[Question]]:
    """All questions of each group, in no order that means anything."""
    return [[question for asked, _ in group for question in asked] for group in _groups(questions, likeness)]


def _groups(questions: Sequence[Question], likeness: float) -> list[_Group]:
    alike: dict[str, list[Question]] = {}
    for question in sorted(questions, key=lambda one: (one.session, one.text, one.step)):
        alike.setdefault(squeezed(words_of(question.text)), []).append(question)
    order = sorted((whole for whole in alike if whole), key=lambda whole: (-len(alike[whole]), whole))[:MOST_TEXTS]
    vectors = _vectors([alike[whole][0].text for whole in order])
    weights = [len(alike[whole]) for whole in order]
    groups = _together(_joined(vectors, weights, likeness), vectors, weights, likeness)
    return [[(alike[order[at]], vectors[at]) for at in members] for members in groups]


def _vectors(texts: Sequence[str]) -> list[_Vector]:
    """Each text as its pieces, weighed, of length 1."""
    counts = [Counter(chain(chain.from_iterable(map(pieces_of, words)), pairs_of(words))) for words in map(words_of, texts)]
    found_in = Counter(chain.from_iterable(counts))
    return [
        _unit({
            piece: (1 + log(times)) * (FAINT if is_faint(piece) else 1.0) * log(1 + (PRIOR + len(texts)) / found_in[piece])
            for piece, times in one.items()
        })
        for one in counts
    ]  # fmt: skip


def _unit(vector: _Vector) -> _Vector:
    length = sqrt(sum(value * value for value in vector.values())) or 1.0
    return {piece: value / length for piece, value in vector.items()}


def _joined(vectors: Sequence[_Vector], weights: Sequence[int], likeness: float) -> list[list[int]]:
    """Which vectors belong together: each joins the group whose middle is most like it (the first of equals), or begins one."""
    groups: list[list[int]] = []
    middles: dict[str, dict[int, float]] = {}  # piece -> group -> the sum of its members' values
    squares: list[float] = []  # of each middle
    for at, vector in enumerate(vectors):
        dots: dict[int, float] = {}
        for piece, value in vector.items():
            for group, sum_ in middles.get(piece, {}).items():
                dots[group] = dots.get(group, 0.0) + value * sum_
        best = min(dots, key=lambda group: (-dots[group] / sqrt(squares[group]), group), default=-1)
        if best < 0 or dots[best] / sqrt(squares[best]) < likeness:
            best = len(groups)
            groups.append([])
            squares.append(0.0)
        weight = weights[at]
        squares[best] += 2 * weight * dots.get(best, 0.0) * bool(groups[best]) + weight * weight
        groups[best].append(at)
        for piece, value in vector.items():
            sums = middles.setdefault(piece, {})
            sums[best] = sums.get(best, 0.0) + weight * value
    return groups


def _together(groups: list[list[int]], vectors: Sequence[_Vector], weights: Sequence[int], likeness: float) -> list[list[int]]:
    """The groups once more, joined to each other where their middles are alike."""
    heavy = sorted(groups, key=lambda group: (-sum(weights[at] for at in group), group))
    middles = [_unit(_middle([(vectors[at], weights[at]) for at in group])) for group in heavy]
    joined = _joined(middles, [sum(weights[at] for at in group) for group in heavy], likeness)
    return [[at for number in numbers for at in heavy[number]] for numbers in joined]


def _middle(weighed: Iterable[tuple[_Vector, int]]) -> _Vector:
    middle: _Vector = {}
    for vector, weight in weighed:
        for piece, value in vector.items():
            middle[piece] = middle.get(piece, 0.0) + value * weight
    return middle


def _candidate(members: _Group) -> Candidate:
    middle = _middle((vector, len(asked)) for asked, vector in members)
    likeness = [sum(value * middle[piece] for piece, value in vector.items()) for _, vector in members]
    ranked = sorted(range(len(members)), key=lambda at: (-round(likeness[at], 9), members[at][0][0].text))
    every = [question for asked, _ in members for question in asked]
    origins = Counter((question.scenario, question.step) for question in every)
    why = Counter(reason for question in every for reason in question.why)
    return Candidate(
        size=len({question.session for question in every}),
        typical=members[ranked[0]][0][0].text,
        examples=tuple(members[at][0][0].text for at in ranked[1 : EXAMPLES + 1]),
        origins=tuple(Origin(*place, count) for place, count in sorted(origins.items(), key=lambda item: (-item[1], item[0]))),
        why=dict(sorted(why.items(), key=lambda item: (-item[1], item[0]))),
        people=sum(question.people for question in every),
        sessions=tuple(sorted({question.session for question in every}))[:EXAMPLES],
    )
