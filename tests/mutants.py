"""Breaks the code on purpose, one place at a time, and sees whether a test notices. `make mutants` runs it; a survivor is a failure.

`python tests/mutants.py WORD...` runs only those whose names have one of the words in them.

Each mutant is a named patch of one file and the tests that must fail under it. The rows of the transition table are mutated one by one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

ROOT = Path(__file__).resolve().parents[1]


@attrs.frozen
class Mutant:
    """In `file` (below src/cschat), `old` becomes `new`; one of `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


OWNING = ("tests/commands/test_owning.py",)
ROUTING = ("tests/routing/test_handing_out.py", "tests/routing/test_vectors.py")
EXPLAIN = ("tests/routing/test_explaining.py",)
FRONT = ("tests/storage/test_front.py", "tests/storage/test_memory.py")
SQLITE = ("tests/storage/test_sqlite.py",)
MANY = ("tests/faults/test_many.py",)
ROUTERS = ("tests/faults/test_routing.py",)
HANDING = ("tests/routing",)
POSTGRES = ("tests/storage/test_postgres.py",)
PG_TEXTS = ("tests/storage/test_postgres_texts.py",)
FORKS = ("tests/storage/test_forking.py",)
BOTS = ("tests/scenarios",)
BOT_DESK = ("tests/scenarios/test_desk.py",)
KNOWLEDGE = ("tests/knowledge",)
TEXTS = ("tests/storage/test_texts.py", "tests/queries/test_history.py", "tests/core/test_grams.py")

IMPORT = ("tests/scenarios/test_typebot.py",)
BOTIUM = ("tests/scenarios/test_botium.py",)

CALENDAR = ("tests/core/test_calendar.py", "tests/core/test_holidays.py")
HOURS = ("tests/commands/test_hours.py",)
RULES = ("tests/rules/test_desk.py",)
READING = ("tests/rules/test_reading.py",)
SLA = ("tests/rules/test_sla.py",)
CAMPAIGNS = ("tests/campaigns",)
REPORTS = ("tests/reports",)
LEDGER = ("tests/ledger",)
EXPORT = ("tests/export/test_exporting.py",)
DUTIES = ("tests/operating/test_duties.py",)
COPYING = ("tests/operating/test_copying.py",)
KEEPING_UP = ("tests/operating/test_keeping_up.py",)
BUS = ("tests/transport/test_bus.py",)
WINDOWS = ("tests/queries/test_front.py",)
ATTENDING = ("tests/commands/test_attending.py",)
UNREAD = ("tests/commands/test_unread.py",)
VIEWS = ("tests/queries/test_views.py",)
FILES = ("tests/transport/test_blobs.py",)
PANEL = ("tests/desk/test_customer_info.py",)
EXPORT_IN = ("tests/export/test_importing.py",)
FOREIGN = ("tests/export/test_foreign.py",)

NAMED = (
    Mutant(
        "campaign: marketing without consent",
        "commands/campaigns.py",
        "if not agreed(customer.consents, MARKETING):",
        "if False:",
        CAMPAIGNS,
    ),
    Mutant(
        "campaign: marketing at night",
        "commands/campaigns.py",
        "if morning is not None and not agreed(customer.consents, NIGHT):",
        "if False:",
        CAMPAIGNS,
    ),
    Mutant("campaign: night owls wait", "commands/campaigns.py", " and not agreed(customer.consents, NIGHT):", ":", CAMPAIGNS),
    Mutant(
        "campaign: no way out needed",
        "commands/campaigns.py",
        "if campaign.type is CampaignType.MARKETING and not ctx.see.brand().opt_out_url:",
        "if False:",
        CAMPAIGNS,
    ),
    Mutant(
        "campaign: the mail goes to who has opted out meanwhile",
        "transport/campaigns.py",
        "if marketing and not agreed(customer.consents, MARKETING):",
        "if False:",
        CAMPAIGNS,
    ),
    Mutant("campaign: marketing is not marked", "audience.py", 'return f"{MARKED} {subject}"', 'return f"{subject}"', CAMPAIGNS),
    Mutant(
        "campaign: it forgets how far it has looked",
        "commands/campaigns.py",
        "after=campaign.looked, limit=CHUNK",
        "after=None, limit=CHUNK",
        CAMPAIGNS,
    ),
    Mutant(
        "campaign: the erased are of an audience", "audience.py", "customer.erased or customer.merged_into is not None or ", "", CAMPAIGNS
    ),
    Mutant(
        "campaign: an audience does not look at announcements",
        "audience.py",
        "link is not None and link.announcement == audience.announcement",
        "True",
        CAMPAIGNS,
    ),
    Mutant(
        "campaign: others opt a customer out",
        "commands/campaigns.py",
        "if recipient is not None and recipient.customer != customer.id:",
        "if False:",
        CAMPAIGNS,
    ),
    Mutant("campaign: agents opt customers out", "commands/campaigns.py", "ctx.see.demand(Permission.OPERATE)", "pass", CAMPAIGNS),
    Mutant(
        "campaign: 08:00 is night",
        "core/campaigns.py",
        "if _MORNING <= local.time() < _EVENING:",
        "if _MORNING < local.time() < _EVENING:",
        CAMPAIGNS,
    ),
    Mutant("announcement: shown before it begins", "core/announcements.py", "self.begins <= now and ", "", CAMPAIGNS),
    Mutant(
        "announcement: whoever said enough is deflected for good",
        "queries/announcements.py",
        "deflected += not _asked(ctx, reading.customer, reading.enough)",
        "deflected += 1",
        CAMPAIGNS,
    ),
    Mutant(
        "announcement: a removed one is read", "commands/announcements.py", "if not announcement.shown(ctx.now):", "if False:", CAMPAIGNS
    ),
    Mutant(
        "mail report: every missed stretch is told of",
        "core/mail_reports.py",
        "return due if due > now else",
        "return due if due >= now else",
        REPORTS,
    ),
    Mutant("mail report: a removed one goes out", "transport/reports.py", "if report.removed:", "if False:", REPORTS),
    Mutant(
        "mail report: what was typed is no text",
        "transport/reports.py",
        'style="{_CELL}">{html.escape(cell)}</td>',
        'style="{_CELL}">{cell}</td>',
        REPORTS,
    ),
    Mutant(
        "mail report: a stretch too short",
        "core/mail_reports.py",
        "return _midnight(start, local), _midnight(end, local)",
        "return _midnight(start, local), _midnight(end, local) - 1",
        REPORTS,
    ),
    Mutant(
        "ledger: claims while nobody new is accepted", "commands/owning.py", "        demand_balance(ctx.see)\n", "        pass\n", LEDGER
    ),
    Mutant(
        "ledger: agents write first while nobody new is accepted",
        "commands/opening.py",
        "        demand_balance(ctx.see)\n",
        "        pass\n",
        LEDGER,
    ),
    Mutant(
        "ledger: the last owner reopens while nobody new is accepted",
        "commands/reopening.py",
        "            demand_balance(ctx.see)\n",
        "            pass\n",
        LEDGER,
    ),
    Mutant("ledger: a request is accepted without money", "commands/waiting.py", "or suspended(ctx.see) ", "", LEDGER),
    Mutant(
        "ledger: messages that were left are queued without money",
        "commands/closing.py",
        "if suspended(ctx.see) is not None",
        "if False",
        LEDGER,
    ),
    Mutant(
        "ledger: a session is charged for each answer",
        "commands/charging.py",
        "if ctx.tx.once(ledger.id, _once(ChargeKind.SESSION, key)) is None:",
        "if True:",
        LEDGER,
    ),
    Mutant(
        "ledger: a key is charged again", "commands/charging.py", "    if ctx.tx.once(ledger.id, once) is None:", "    if True:", LEDGER
    ),
    Mutant(
        "ledger: a late month charges who works here now",
        "commands/charging.py",
        "if added_.time <= when and not (agent.removed and last.time <= when)",
        "if not agent.removed",
        LEDGER,
    ),
    Mutant(
        "ledger: a late month costs what it costs now",
        "commands/charging.py",
        "_charge_accounts(ctx, ledger, timer.due, day)",
        "_charge_accounts(ctx, ledger, ctx.now, day)",
        LEDGER,
    ),
    Mutant("ledger: a fee is put off twice", "commands/charging.py", " or any(fee.key == key for fee in ledger.unpaid)", "", LEDGER),
    Mutant(
        "ledger: new fees before old ones", "commands/charging.py", "(waiting or ledger.balance < price)", "ledger.balance < price", LEDGER
    ),
    Mutant(
        "ledger: a message before the fees",
        "commands/charging.py",
        "    left = ledger.balance - ledger.due",
        "    left = ledger.balance",
        LEDGER,
    ),
    Mutant(
        "ledger: staff are told at every charge",
        "commands/charging.py",
        "ledger.balance >= ledger.low > after.balance",
        "ledger.low > after.balance",
        LEDGER,
    ),
    Mutant("ledger: unpaid fees do not block", "core/ledger.py", "self.balance - self.due < self", "self.balance < self", LEDGER),
    Mutant("ledger: both sides the same", "core/ledger.py", "Entry(account, -amount)", "Entry(account, amount)", LEDGER),
    Mutant("ledger: notes are charged", "commands/reactors/ledger.py", " and body.visibility is Visibility.PUBLIC", "", LEDGER),
    Mutant("ledger: a period has its end", "queries/ledger.py", ".time < when:", ".time <= when:", LEDGER),
    Mutant(
        "ledger: postings by each process's own clock",
        "commands/protocol.py",
        "time = max(self.now, record.last)",
        "time = self.now",
        LEDGER,
    ),
    Mutant("ledger: a spreadsheet runs a note", "cli/ledger.py", "cell.startswith(_RUNS)", "False", LEDGER),
    Mutant(
        "export: a customer erased meanwhile stays in the files",
        "data/exporting.py",
        "event.type == Erased.__name__ and",
        "False and",
        EXPORT,
    ),
    Mutant(
        "export: what was written after the checkpoint stays", "data/exporting.py", "        self._file.truncate(self.size)\n", "", EXPORT
    ),
    Mutant(
        "export: a lost file is gone on with",
        "data/exporting.py",
        "if size and (not path.exists() or path.stat().st_size < size):",
        "if False:",
        EXPORT,
    ),
    Mutant(
        "export: it always begins anew",
        "data/exporting.py",
        'self._save(open={"name": table.name, "cursor": cursor, "rows": rows, "size": file.size})',
        "pass",
        EXPORT,
    ),
    Mutant("export: another export goes on here", "data/exporting.py", 'if state["asked"] != asked:', "if False:", EXPORT),
    Mutant("export: a finished one is written over", "data/exporting.py", "if (place / MANIFEST).exists():", "if False:", EXPORT),
    Mutant("export: records run ahead of their events", "data/tables.py", "self._changed.add(event.subject)", "pass", EXPORT),
    Mutant(
        "export: events go on beyond the beginning",
        "data/tables.py",
        "(event.position > self.until and event.seq > self.moved.get(event.subject, 0))",
        "False",
        EXPORT,
    ),
    Mutant("export: other brands' events come along", "data/tables.py", "event.brand != self.labels.brand or", "", EXPORT),
    Mutant(
        "export: the public sees notes",
        "data/tables.py",
        "return shown(event, Role.CUSTOMER) if self.public else event",
        "return event",
        EXPORT,
    ),
    Mutant(
        "export: the public sees what is for staff", "data/tables.py", "blanked(record, STAFF) if view.public else record", "record", EXPORT
    ),
    Mutant(
        "export: the public sees tags of messages",
        "data/tables.py",
        '"" if view.public else ", ".join(session.tags)',
        '", ".join(session.tags)',
        EXPORT,
    ),
    Mutant("export: a category is without what is below it", "data/tables.py", "or path.startswith(below)", "", EXPORT),
    Mutant("export: the end of a period belongs to it", "data/tables.py", "event.time >= self._end", "event.time > self._end", EXPORT),
    Mutant("export: cells run", "data/formats.py", "or _RISKY.match(text) else text", "else text", EXPORT),
    Mutant("export: cells of full width run", "data/formats.py", "\\uff1d\\uff0b\\uff0d\\uff20", "", EXPORT),
    Mutant("export: an apostrophe is taken for ours", "data/formats.py", "=+\\-@'", "=+\\-@", EXPORT),
    Mutant("export: nothing and an empty text are one", "data/formats.py", "(column.empty and not text) or", "", EXPORT),
    Mutant("export: no mark for Excel", "data/formats.py", 'BOM if bom else b""', 'b""', EXPORT),
    Mutant("export: agents may export", "queries/exporting.py", "Permission.ADMINISTER", "Permission.SERVE", EXPORT),
    Mutant("export: in: damage is not seen", "data/importing.py", "if file_hash(place / one.file) != one.sha256:", "if False:", EXPORT_IN),
    Mutant("export: in: part of a desk comes in", "data/importing.py", "if not manifest.whole:", "if False:", EXPORT_IN),
    Mutant("export: in: another brand comes in", "data/importing.py", "if thing.brand != brand:", "if False:", EXPORT_IN),
    Mutant("export: in: what is there is replaced", "data/importing.py", "if known is not None:", "if known == record:", EXPORT_IN),
    Mutant("export: in: a key is taken twice", "data/importing.py", "index.unique and", "False and", EXPORT_IN),
    Mutant("export: in: a log has gaps", "data/importing.py", "if event.seq > 1 and not near:", "if False:", EXPORT_IN),
    Mutant("duties: a lease is never anybody else's", "core/leases.py", "if present.holder != holder:", "if False:", DUTIES),
    Mutant("duties: a lease never ends", "core/leases.py", "now < present.until <= now", "0 < present.until <= now", DUTIES),
    Mutant("duties: a lost lease is not noticed", "door.py", "if lease is None:", "if False:", DUTIES),
    Mutant("duties: a lease is not given back", "desk.py", "if self._works.led:", "if False:", DUTIES),
    Mutant("duties: who slept delivers all the same", "transport/crew.py", "if not self._relay.holds(job):", "if False:", DUTIES),
    Mutant("duties: two make statistics anew", "transport/folder.py", "if present.holder != self._me:", "if False:", DUTIES),
    Mutant(
        "copy: once is forgotten",
        "data/copying.py",
        "tx.append(event)",
        "tx.append(Event(event.brand, event.subject, event.seq, event.time, event.actor, event.body, event.cause))",
        COPYING,
    ),
    Mutant("copy: what was blanked stays", "data/copying.py", "if blanked:", "if False:", COPYING),
    Mutant("copy: what is gone stays", "data/copying.py", 'target.transact(_removal(kind, page), brand="")', "pass", COPYING),
    Mutant("copy: any target will do", "data/copying.py", "    _refuse_another(source, target, known)\n", "", COPYING),
    Mutant("copy: another writer is not noticed", "data/copying.py", "if len(last) != min(before, 1):", "if False:", COPYING),
    Mutant("health: nobody is behind", "queries/operating.py", "one.since < late", "False", KEEPING_UP),
    Mutant("health: clocks are never late", "queries/operating.py", "clocks < late", "False", KEEPING_UP),
    Mutant("health: the last position is one too low", "queries/operating.py", "step //= 2", "step //= 4", KEEPING_UP),
    Mutant("bus: nobody is told", "transport/bus.py", "self._bus.send(", "str(", BUS),
    Mutant("bus: others' positions are believed", "transport/bus.py", "min(position, self._store.look())", "position", BUS),
    Mutant("bus: own hints come twice", "transport/bus.py", "if sender == self._sender:", "if False:", BUS),
    Mutant(
        "bus: a child has its parent's threads",
        "transport/bus.py",
        "            self._reset()\n            if over",
        "            if over",
        BUS,
    ),
    Mutant("export: in: the past is told", "desk.py", "self._works.relay.begin_kept()", "pass", EXPORT_IN),
    Mutant(
        "export: in: unknown fields are passed over",
        "data/reading.py",
        'raise Invalid(field=f"{path}{name}", reason="is not known"',
        'continue\n            raise Invalid(field=f"{path}{name}", reason="is not known"',
        EXPORT_IN,
    ),
    Mutant(
        "export: foreign: a private message is public",
        "data/foreign.py",
        'internal=bool(message.get("private"))',
        "internal=False",
        FOREIGN,
    ),
    Mutant(
        "export: foreign: a conversation comes in twice",
        "data/foreign.py",
        "if self._tx.peek(Session, id) is not None:",
        "if False:",
        FOREIGN,
    ),
    Mutant("export: foreign: what is open is closed", "data/foreign.py", "if not self._talk.over and session.spoke:", "if False:", FOREIGN),
    Mutant("export: foreign: a conversation in two parts", "data/foreign.py", "if _short(key) in seen:", "if False:", FOREIGN),
    Mutant(
        "handing: whoever releases is given the same at once", "commands/handing.py", "alone = not freed and not", "alone = not", HANDING
    ),
    Mutant(
        "handing: who serves takes the last of the queue first",
        "commands/handing.py",
        "key=lambda session: (session.rank, session.id)",
        "key=lambda session: (-session.rank, session.id)",
        HANDING,
    ),
    Mutant(
        "handing: one more than the limit", "routing/seats.py", "duty.load >= agent.auto_limit", "duty.load > agent.auto_limit", HANDING
    ),
    Mutant(
        "handing: who serves forgets what they were given",
        "commands/handing.py",
        "load=duty.load + weight",
        "load=duty.load",
        HANDING,
    ),
    Mutant(
        "handing: all have passed and nobody is asked again",
        "commands/handing.py",
        "if session.passed and _all_have",
        "if False and _all_have",
        HANDING,
    ),
    Mutant(
        "handing: leaving changes nothing for the others",
        "commands/handing.py",
        'return [] if why == "full" else',
        "return [] if why else",
        HANDING,
    ),
    Mutant(
        "handing: a tag sends nothing elsewhere",
        "commands/reactors/routing.py",
        "e.CustomerUpdated, e.CustomerTagged)",
        "e.CustomerUpdated,)",
        HANDING,
    ),
    Mutant(
        "handing: widened only for others",
        "core/distribution.py",
        "return self.scope.with_(self.widen_to)",
        "return self.widen_to",
        HANDING,
    ),
    Mutant("handing: a removed group is waited for", "duties.py", "tx.get(Group, session.group).removed", "False", HANDING),
    Mutant(
        "many: a claim does not look who has it",
        "commands/owning.py",
        "    if session.agent is not None:\n        raise AlreadyAssigned",
        "    if False:\n        raise AlreadyAssigned",
        ROUTERS,
    ),
    Mutant("many: no capacity", "commands/owning.py", "if not force and load(", "if False and load(", ROUTERS),
    Mutant(
        "many: writers begin without a lock",
        "storage/sqlite.py",
        'self._connection.execute("BEGIN IMMEDIATE")',
        'self._connection.execute("BEGIN")',
        ROUTERS,
    ),
    Mutant("import: a block is dropped unseen", "bots/importing/blocks.py", 'building.remark("lost", block, what)', "pass", IMPORT),
    Mutant(
        "import: any way that sets a variable will do", "bots/importing/unset.py", "known[target] & here", "known[target] | here", IMPORT
    ),
    Mutant("import: a return comes back again and again", "bots/importing/blocks.py", '{building.mark: ""}', '{"other": ""}', IMPORT),
    Mutant(
        "import: a failed request goes on", "bots/importing/blocks.py", '"on_error": PERSON if save else NEXT', '"on_error": NEXT', IMPORT
    ),
    Mutant(
        "botium: what is not understood holds",
        "testing/botium.py",
        'raise AssertionError(f"{value} cannot be played here")',
        "return",
        BOTIUM,
    ),
    Mutant("botium: texts in any order", "testing/botium.py", "at += found.end()", "at += 0", BOTIUM),
    Mutant(
        "check: what was not looked at is a trap",
        "bots/walk.py",
        "if made.may_end(outcome.cursor):",
        "if False:",
        ("tests/scenarios/test_check.py",),
    ),
    Mutant("texts: an erased one stays in the index", "storage/texts.py", "self._execute(_REMOVE, (position, before))", "pass", TEXTS),
    Mutant("texts: traces are never merged away", "storage/texts.py", "traces = self._merge(traces)", "traces = _NONE", TEXTS),
    Mutant("texts: new traces do not begin anew", "storage/texts.py", "-_MERGE_PAGES if traces == _NEW", "-_MERGE_PAGES if False", TEXTS),
    Mutant("texts: what was redacted to is not found", "storage/texts.py", "            if after:", "            if False:", TEXTS),
    Mutant("texts: the tail is left out", "storage/texts.py", "yield from self._execute(_TAIL", "_ = (_TAIL", TEXTS),
    Mutant("texts: a block keeps its first times", "storage/texts.py", "newest = max(newest, excluded.newest)", "newest = newest", TEXTS),
    Mutant("texts: having the grams is enough", "storage/texts.py", "holds(_searchable(row[5], row[9]), words)", "True", TEXTS),
    Mutant("texts: other rules do not matter", "storage/texts.py", "if form != FORM:", "if False:", TEXTS),
    Mutant("texts: the index begins anew when opened", "storage/texts.py", "SET position = ?, traces = ?", "SET traces = ? + ?", TEXTS),
    Mutant("texts: a page begins with the last of the one before", "storage/texts.py", "t.rowid < ?", "t.rowid <= ?", TEXTS),
    Mutant("history: other sessions' too", "queries/history.py", "and (self.tag is None or self.tag in session.tags)", "", TEXTS),
    Mutant("history: not what lies below", "queries/history.py", 'or one.startswith(f"{path}/")', "", TEXTS),
    Mutant("history: a customer's end counts", "queries/history.py", "start <= event.at < end", "start <= event.at <= end", TEXTS),
    Mutant("history: notes are public", "queries/history.py", "Visibility.INTERNAL if", "Visibility.PUBLIC if", TEXTS),
    Mutant("knowledge: published a moment late", "core/knowledge.py", "self.publish <= now", "self.publish < now", KNOWLEDGE),
    Mutant("knowledge: never withdrawn", "core/knowledge.py", "self.unpublish <= now", "False", KNOWLEDGE),
    Mutant("knowledge: an index is made once", "finding.py", "if edition.mark != self._mark:", "if not self._mark:", KNOWLEDGE),
    Mutant("knowledge: the same mark for all", "commands/knowledge.py", "hexdigest()[:26]))", "hexdigest()[:0]))", KNOWLEDGE),
    Mutant("knowledge: drafts are found", "finding.py", "article.state(now) is ArticleState.PUBLISHED", "True", KNOWLEDGE),
    Mutant("knowledge: a shut section is found", "finding.py", "and not shelf.is_shut(article.section)", "", KNOWLEDGE),
    Mutant("knowledge: a shut section is listed", "queries/knowledge.py", "and article.section not in shut", "", KNOWLEDGE),
    Mutant(
        "knowledge: examples are shown",
        "queries/knowledge.py",
        "FoundArticle(present(ctx, one.record)",
        "FoundArticle((one.record)",
        KNOWLEDGE,
    ),
    Mutant(
        "knowledge: HTML as it comes",
        "commands/knowledge.py",
        'wanted["body"] = cleaned(self.body)',
        'wanted["body"] = self.body',
        KNOWLEDGE,
    ),
    Mutant("knowledge: what is only like a scheme", "commands/cleaning.py", "attribute_filter=_kept,", "", KNOWLEDGE),
    Mutant("knowledge: no fall-back needed", "commands/changing.py", "read.variables - {*sure}", "frozenset()", KNOWLEDGE),
    Mutant("knowledge: everybody's canned responses", "finding.py", "canned.group in groups", "True", KNOWLEDGE),
    Mutant("knowledge: past answers of the erased", "finding.py", "and not customer.erased", "", KNOWLEDGE),
    Mutant("knowledge: past answers that went badly", "core/past.py", "session.rating >= WELL * scales[-1]", "True", KNOWLEDGE),
    Mutant(
        "knowledge: past answers with a name", "core/past.py", "any(len(value) > 1 and value in text for value in own)", "False", KNOWLEDGE
    ),
    Mutant("knowledge: a page ends with its first gap", "queries/protocol.py", "if len(chunk) <= limit:", "if True:", KNOWLEDGE),
    Mutant("hours: a skipped time is an hour late", "core/stretches.py", "    return high\n", "    return wall - first\n", CALENDAR),
    Mutant(
        "hours: a doubled time is its second showing",
        "core/stretches.py",
        "        return wall - first\n",
        "        return wall - second\n",
        CALENDAR,
    ),
    Mutant("hours: the end is open", "core/stretches.py", "when < self.ends[place]", "when <= self.ends[place]", CALENDAR),
    Mutant("hours: lunch is open", "core/stretches.py", "_union(breaks)", "[]", CALENDAR),
    Mutant("hours: a window's edge is a change", "core/stretches.py", "start > after and start != standing", "start > after", CALENDAR),
    Mutant(
        "hours: what ends at a window's edge does not end",
        "core/stretches.py",
        "            yield standing, False\n",
        "            pass\n",
        CALENDAR,
    ),
    Mutant(
        "hours: breaks are cut out of special hours",
        "core/stretches.py",
        "return special.spans, False",
        "return special.spans, True",
        CALENDAR,
    ),
    Mutant("hours: a holiday closes a day that is as usual", "core/stretches.py", "and special is None and", "and", CALENDAR),
    Mutant(
        "hours: the first version holds only from its time on", "core/hours.py", " or list(self.versions[:1])", "", ("tests/core", *HOURS)
    ),
    Mutant("hours: an override outlasts its clearing", "core/stretches.py", "[override.cleared]", "[]", CALENDAR),
    Mutant("hours: an override outlasts the next one", "core/stretches.py", "[follower.since]", "[]", CALENDAR),
    Mutant(
        "hours: add ends at the next opening",
        "core/calendar.py",
        "if wanted <= before + end - start:",
        "if wanted < before + end - start:",
        CALENDAR,
    ),
    Mutant("hours: add searches without end", "core/calendar.py", "if start > seen + HORIZON:", "if False:", CALENDAR),
    Mutant("hours: a change is found beyond the horizon", "core/calendar.py", "found <= now + HORIZON", "True", CALENDAR),
    Mutant("hours: no reason for lunch", "core/calendar.py", "        return Reason.LUNCH\n", "        pass\n", CALENDAR),
    Mutant("hours: names of holidays in the machine's language", "core/holidays.py", ", language=language", "", CALENDAR),
    Mutant("hours: what is past changes", "commands/hours.py", "if day < local_date(calendar.zone, ctx.now):", "if False:", HOURS),
    Mutant("hours: special days are lost", "commands/hours.py", "if day.date >= yesterday", "if False", HOURS),
    Mutant("hours: by hand does not count", "core/absence.py", "brand.accepting is not Accepting.AUTO", "False", HOURS),
    Mutant("hours: no next opening", "core/absence.py", ", next_opening(hours, now))", ")", HOURS),
    Mutant("hours: shifts do not matter", "accepting.py", "in_shift(agent, sight.now, zone)", "True", HOURS),
    Mutant("hours: only the first agent counts", "accepting.py", "after, limit = page[-1].id, _PAGE", "return False", HOURS),
    Mutant("hours: days off do not matter", "core/calendar.py", "for day in agent.days_off))", "for day in ()))", HOURS),
    Mutant("hours: messages are taken though refused", "commands/waiting.py", "is OnAbsence.REFUSE", "is None", HOURS),
    Mutant("windows: who hides is shown at work", "queries/front.py", "(AgentStatus.AVAILABLE, AgentStatus.BUSY)", "AgentStatus", WINDOWS),
    Mutant("windows: who is out of their shift is at work", "queries/front.py", " if in_shift(one, ctx.now, zone))", ")", WINDOWS),
    Mutant("windows: who only wrote notes is told", "queries/front.py", "and shown(event, role) is not None", "", WINDOWS),
    Mutant("windows: a hidden status is told", "queries/front.py", "None if agent.removed else str(status)", "str(agent.status)", WINDOWS),
    Mutant("windows: the bill is told", "queries/front.py", "if absence.reason is AbsenceReason.SUSPENDED", "if False", WINDOWS),
    Mutant("windows: words for staff are shown", "queries/front.py", "blanked(one, STAFF)", "one", WINDOWS),
    Mutant(
        "windows: members are asked too",
        "queries/front.py",
        'if ctx.actor.key.startswith(f"{CustomerKind.MEMBER}:"):',
        "if False:",
        WINDOWS,
    ),
    Mutant("windows: what is known is asked again", "queries/front.py", "if not _answered(customer, field.name)", "", WINDOWS),
    Mutant("windows: notes are the last line", "queries/front.py", " and event.body.visibility is Visibility.PUBLIC", "", WINDOWS),
    Mutant("windows: one's own words are unread", "queries/front.py", "is not by_customer)", "is by_customer)", WINDOWS),
    Mutant("windows: a line far back is lost", "queries/front.py", "while not said and seq > 0:", "while False:", WINDOWS),
    Mutant("windows: guests set any attribute", "commands/customers.py", "if not asked.issuperset(attributes):", "if False:", WINDOWS),
    Mutant(
        "attending: customers see who looks",
        "queries/attending.py",
        "one.who == CUSTOMER or one.typing is None",
        "one.who == CUSTOMER",
        ATTENDING,
    ),
    Mutant("attending: customers see who hides", "queries/attending.py", "agent.status is AgentStatus.HIDDEN or", "", ATTENDING),
    Mutant("attending: one sees oneself", "queries/attending.py", "if one.who == ctx.who.id:", "if False:", ATTENDING),
    Mutant("attending: nobody is forgotten", "core/attendance.py", "if now - one.seen < HOLDS)", ")", ATTENDING),
    Mutant("attending: every sign is written", "core/attendance.py", "now - before.seen < HOLDS // 3", "False", ATTENDING),
    Mutant("attending: typing waits to be written", "core/attendance.py", "typing is (before.typing is not None) and", "", ATTENDING),
    Mutant("attending: rows are never swept", "commands/attending.py", "ctx.tx.delete(Attendance, one.id)", "pass", ATTENDING),
    Mutant("attending: the sweep never ends", "commands/attending.py", "    if left:\n", "    if True:\n", ATTENDING),
    Mutant(
        "unread: noted again and again",
        "commands/leaving.py",
        "or any(isinstance(event.body, e.LeftUnread) for event in events)",
        "",
        UNREAD,
    ),
    Mutant("unread: who is there does not matter", "commands/leaving.py", "and _is_there(ctx, session)", "and False", UNREAD),
    Mutant("unread: a colleague is the customer", "commands/leaving.py", "one.who == CUSTOMER for one", "True for one", UNREAD),
    Mutant(
        "unread: every message moves the clock",
        "commands/leaving.py",
        "if ctx.tx.peek(Timer, Timer.id_of(TIMER, session)) is None:",
        "if True:",
        UNREAD,
    ),
    Mutant(
        "unread: a clock is never set anew",
        "commands/leaving.py",
        "    if due > ctx.now:\n        ctx.arm(TIMER, session.id, due)\n    else:\n",
        "    if True:\n",
        UNREAD,
    ),
    Mutant("unread: a badge sets a clock", "commands/reactors/unread.py", "if brand.away is not Away.BADGE:", "if True:", UNREAD),
    Mutant("unread: notes count", "commands/leaving.py", "event.body.visibility is Visibility.PUBLIC and", "", UNREAD),
    Mutant(
        "unread: a bot beside people counts",
        "commands/leaving.py",
        "if session.state is State.BOT else (Speaker.AGENT,)",
        "if True else ()",
        UNREAD,
    ),
    Mutant(
        "unread: mailed though read",
        "transport/unread.py",
        "if event.body.message not in {one.body.id for one in unread}:",
        "if False:",
        UNREAD,
    ),
    Mutant("unread: any address will do", "transport/unread.py", "or not is_mail_address(to)", "or not to", UNREAD),
    Mutant("unread: pushed and mailed", "transport/unread.py", "event.body.away is not Away.MAIL or", "", UNREAD),
    Mutant("views: me is nobody", "queries/views.py", 'return me if value == "me" else value', "return value", VIEWS),
    Mutant(
        "views: closed sessions count as an agent's",
        "queries/views.py",
        ' and not any(all(test(value) for test in agents) for value in (None, ""))',
        "",
        VIEWS,
    ),
    Mutant("views: a page looks at all", "queries/views.py", "if looked == LOOKED_AT and few is None:", "if False:", VIEWS),
    Mutant("views: anybody removes them", "commands/views.py", "if view.owner not in owners_of(ctx.acting_agent()):", "if False:", VIEWS),
    Mutant("views: no end of them", "commands/views.py", ">= MOST:", ">= 10 * MOST:", VIEWS),
    Mutant("files: an id leads anywhere", "transport/blobs.py", "if not is_blob(id):", "if False:", FILES),
    Mutant("files: what failed stays", "transport/blobs.py", "            fresh.unlink(missing_ok=True)\n", "", FILES),
    Mutant("files: what is refused stays", "transport/cabinet.py", "            here.delete(id)\n", "", FILES),
    Mutant("files: HTML is a page", "core/blobs.py", '"md": "text/markdown"', '"html": "text/html"', FILES),
    Mutant("files: another's may be sent", "commands/attaching.py", "and blob.owner != who.id", "and False", FILES),
    Mutant("files: another brand's may be sent", "commands/attaching.py", "or blob.brand != ctx.brand_id", "", FILES),
    Mutant("files: as many as one likes", "commands/attaching.py", "_sent(ctx, blob.owner, session) >= MAX_FILES", "False", FILES),
    Mutant(
        "files: unsent ones pile up", "commands/attaching.py", "_make_room(ctx.tx, owner) if who.role is Role.CUSTOMER else []", "[]", FILES
    ),
    Mutant("files: a shared one is erased", "commands/attaching.py", "not blob.shared and", "", FILES),
    Mutant("files: a published one is erased", "commands/attaching.py", "and blob.id not in kept", "", FILES),
    Mutant("files: records go, files stay", "transport/cabinet.py", "            self._cabinet.drop(gone)\n", "", FILES),
    Mutant("panel: a hook is waited for", "transport/panel.py", "thread.join(SECONDS)", "thread.join()", PANEL),
    Mutant("panel: threads pile up", "transport/panel.py", "if not self._free.acquire(blocking=False):", "if False:", PANEL),
    Mutant(
        "panel: customers ask",
        "door.py",
        "            sight.demand(Permission.SERVE)\n            return sight.mine(Customer",
        "            return sight.mine(Customer",
        PANEL,
    ),
    Mutant("rules: a circle is followed", "commands/obeying.py", "if ready.link in chain or len(chain)", "if len(chain)", RULES),
    Mutant("rules: a chain has no bound", "commands/obeying.py", "or len(chain) >= DEEPEST", "", RULES),
    Mutant("rules: all ways together have no bound", "commands/obeying.py", "if chain and not ctx.first_time(what):", "if False:", RULES),
    Mutant(
        "rules: what a rule does has no cause",
        "commands/obeying.py",
        'ctx.because(f"{session.id}:{session.seq}", ',
        'ctx.because("", ',
        RULES,
    ),
    Mutant("rules: conditions do not matter", "commands/obeying.py", "if ready.condition.holds(facts):", "if True:", RULES),
    Mutant(
        "rules: rules of time do not ask",
        "commands/obeying.py",
        "if ready.condition.holds(Facts(ctx.see, session, None, now=ctx.now)):",
        "if True:",
        RULES,
    ),
    Mutant(
        "rules: a refusal fails the command",
        "commands/obeying.py",
        "    except CschatError as error:\n        return",
        "    except ZeroDivisionError as error:\n        return",
        RULES,
    ),
    Mutant(
        "rules: what is not possible is tried",
        "commands/obeying.py",
        "if needs is not None and not may(session.state, needs):",
        "if False:",
        RULES,
    ),
    Mutant(
        "rules: the rest of a rule goes on",
        "commands/obeying.py",
        "ctx.record(ctx.tx.get(Session, session.id), body)\n                return",
        "ctx.record(ctx.tx.get(Session, session.id), body)",
        RULES,
    ),
    Mutant("rules: the desk speaks as an agent", "commands/obeying.py", "Speaker.SYSTEM, part", "Speaker.AGENT, part", RULES),
    Mutant("rules: an end names no policy", "commands/obeying.py", 'policy=f"rule:{rule.name}"', 'policy="rule"', RULES),
    Mutant(
        "rules: what is closed is asked in ten minutes",
        "commands/obeying.py",
        'next_change(ctx.see.hours(), ctx.now) if ready.condition.fields & {"open", "closed_for"} else None',
        "None",
        RULES,
    ),
    Mutant(
        "rules: before comes after",
        "door.py",
        "[rules[0], self.scenarios, Routing(), Delays(), Unread(), *reactors, rules[1], Clocks(), Charges()]",
        "[self.scenarios, Routing(), Delays(), Unread(), *reactors, *rules, Clocks(), Charges()]",
        RULES,
    ),
    Mutant("rules: who caused it does not matter", "commands/obeying.py", "ready.rule.when.by not in (None, by)", "False", RULES),
    Mutant("rules: notes are messages", "rules/book.py", "body.visibility is Visibility.PUBLIC and not body.step", "not body.step", RULES),
    Mutant(
        "rules: no clock is set",
        "commands/reactors/rules.py",
        "earliest(session.until, next_look(ctx, session), next_level(ctx, session))",
        "session.until",
        (*RULES, *SLA),
    ),
    Mutant(
        "rules: the clock is not set anew",
        "commands/waking.py",
        "earliest(session.until, next_look(ctx, session), next_level(ctx, session))",
        "session.until",
        (*RULES, *SLA),
    ),
    Mutant("rules: a hold stops no clock", "rules/clocks.py", "    if session.held_until is not None:\n        return None\n", "", RULES),
    Mutant("rules: silence is looked for once", "rules/clocks.py", "if may_begin(when, session) else None", "if False else None", RULES),
    Mutant("rules: the first word is not waited for", "rules/clocks.py", "return turn.owned[-1].began", "return None", RULES),
    Mutant("rules: too often", "rules/clocks.py", "if mark.times >= when.at_most:", "if False:", (*RULES, *READING)),
    Mutant(
        "rules: what was slept through is made up for",
        "rules/clocks.py",
        "look=max(0, anchor + (slept + 1) * when.after * 1000)",
        "look=0",
        (*RULES, *READING),
    ),
    Mutant("rules: a change is any value", "rules/conditions.py", "changed = now != before and", "changed =", READING),
    Mutant("rules: a pattern overlaps", "rules/conditions.py", " or len(value) < len(first) + len(last)", "", READING),
    Mutant(
        "rules: not in order", "rules/book.py", "sorted(book.rules, key=lambda rule: (rule.position, rule.id))", "book.rules[::-1]", RULES
    ),
    Mutant("sla: stretches before a hold are lost", "rules/sla.py", "        left -= here\n", "", SLA),
    Mutant(
        "sla: whole minutes",
        "rules/sla.py",
        "(*self.stretches, (self.began, time))",
        "(*self.stretches, (self.began, time - time % 60_000_000))",
        SLA,
    ),
    Mutant("sla: a hold stops nothing", "rules/sla.py", "goal: clock.paused(event.time)", "goal: clock", SLA),
    Mutant("sla: no hours count", "commands/levels.py", "ctx.see.hours() if policy.business else None", "None", SLA),
    Mutant(
        "sla: every hour is a business hour",
        "rules/sla.py",
        "    return start + left if found is None else found",
        "    return start + left",
        SLA,
    ),
    Mutant(
        "sla: told again and again",
        "commands/levels.py",
        "not in levels.told:\n            session",
        "not in ():\n            session",
        SLA,
    ),
    Mutant("sla: bots answer", "rules/sla.py", "if body.author is Speaker.AGENT:", "if body.author is not Speaker.CUSTOMER:", SLA),
    Mutant("sla: later answers have no time", "rules/sla.py", "return levels.on(event, _NEXT) if", "return levels if", SLA),
    Mutant("sla: the last policy counts", "rules/sla.py", "for policy in policies:", "for policy in reversed([*policies]):", SLA),
    Mutant(
        "bots: one wrong answer more",
        "bots/hearing.py",
        'if cursor.tries >= step.retries:\n        return walk.leave(cursor.step, "on_fail", step.on_fail)\n    walk.path',
        'if cursor.tries > step.retries:\n        return walk.leave(cursor.step, "on_fail", step.on_fail)\n    walk.path',
        BOTS,
    ),
    Mutant("bots: nobody is closed", "bots/engine.py", '"closed" if reason in CLOSED_REASONS else "nobody"', '"closed"', BOTS),
    Mutant("bots: no bound on a chain", "bots/engine.py", "MAX_CHAIN = 100", "MAX_CHAIN = 10**9", ("tests/scenarios/test_check.py",)),
    Mutant("bots: who has agreed is asked again", "bots/entering.py", "in walk.env.agreed:", "in ():", BOTS),
    Mutant(
        "bots: what is known is asked again",
        "bots/entering.py",
        "        if known:\n            walk.learn",
        "        if False:\n            walk.learn",
        BOTS,
    ),
    Mutant("bots: any private name", "bots/templates.py", 'if name.startswith("_") or name in ("self", "loop"):', "if False:", BOTS),
    Mutant(
        "bots: attributes of objects",
        "bots/templates.py",
        "        return whole[name]\n    return _Missing(path)\n",
        "        return whole[name]\n    return getattr(whole, str(name), _Missing(path))\n",
        BOTS,
    ),
    Mutant("bots: no bound on output", "bots/templates.py", "        if self.letters > MAX_OUTPUT:", "        if False:", BOTS),
    Mutant(
        "bots: no bound on loops", "bots/templates.py", "                if scope.rounds > MAX_ROUNDS:", "                if False:", BOTS
    ),
    Mutant("bots: a pattern may match a part", "bots/patterns.py", "_compiled.fullmatch(value)", "_compiled.search(value)", BOTS),
    Mutant(
        "bots: a late answer counts",
        "commands/scenarios.py",
        "if not any(cursor.asked == self.answers for cursor in waiting):",
        "if False:",
        BOT_DESK,
    ),
    Mutant(
        "bots: an action is waited for without end",
        "core/session.py",
        "None if body.cursor is None else body.cursor.until",
        "None",
        BOT_DESK,
    ),
    Mutant(
        "bots: the wait goes on when people have it",
        "core/session.py",
        '            changes.setdefault("until", None)\n',
        "",
        BOT_DESK,
    ),
    Mutant(
        "bots: always the latest version",
        "commands/reactors/bots.py",
        "version = ctx.see.mine(ScenarioVersion, key)",
        "version = _latest(ctx, ctx.see.mine(ScenarioVersion, key).name)",
        BOT_DESK,
    ),
    Mutant(
        "bots: a failure calls nobody",
        "commands/reactors/bots.py",
        "            RequestAgent(session.id).run(ctx)\n\n",
        "            pass\n\n",
        BOT_DESK,
    ),
    Mutant(
        "bots: a side question takes everything",
        "bots/engine.py",
        "                return score_of(content.text, rate.scale) is not None",
        "                return True",
        BOT_DESK,
    ),
    Mutant(
        "bots: an entry rule looks at no page", "core/scenarios.py", "and (rule.page is None or fnmatchcase(page, rule.page))", "", BOT_DESK
    ),
    Mutant("check: no traps", "bots/check.py", "    yield from _traps(scenario, world, found)\n", "", BOTS),
    Mutant("check: any way is short enough", "bots/check.py", "    yield from _far(scenario, world, found)\n", "", BOTS),
    Mutant("check: more known is as good as less", "bots/walk.py", "if less <= known:", "if True:", BOTS),
    Mutant(
        "claim: no owner check",
        "commands/owning.py",
        "    if session.agent is not None:\n        raise AlreadyAssigned",
        "    if False:\n        raise AlreadyAssigned",
        OWNING,
    ),
    Mutant("claim: no capacity check", "commands/owning.py", "weight(channel) > agent.capacity:", "weight(channel) > 10**9:", OWNING),
    Mutant(
        "claim: one over capacity",
        "commands/owning.py",
        "weight(channel) > agent.capacity:",
        "weight(channel) > agent.capacity + 1:",
        OWNING,
    ),
    Mutant(
        "claim: wrap-up holds no slot",
        "duties.py",
        "(State.ACTIVE, State.WRAP_UP) if policy.wrap_up_holds_slot else (State.ACTIVE,)",
        "(State.ACTIVE,)",
        OWNING,
    ),
    Mutant("offer: who let it pass may be asked again", "commands/handing.py", "if seat.agent in session.passed:", "if False:", ROUTING),
    Mutant(
        "offer: nobody is told that all let it pass",
        "commands/handing.py",
        "return _alert(ctx, ctx.record(session, e.PassedByAll()))",
        "return ctx.record(session, e.PassedByAll())",
        ROUTING,
    ),
    Mutant("offer: nobody is told who was set busy", "commands/handing.py", "session = _alert(ctx, session, agent.name)", "pass", ROUTING),
    Mutant("hand out: no weight is too much", "commands/handing.py", "seat.load + weight > seat.limit", "False", ROUTING),
    Mutant("hand out: the last in the order comes first", "commands/handing.py", "able[0].agent", "able[-1].agent", ROUTING),
    Mutant("sticky: nobody is remembered", "commands/handing.py", 'if goes.by in ("route", "default")', "if False", ROUTING),
    Mutant("rule: it goes before a person's word", "commands/obeying.py", "if session.wanted is not None:", "if False:", EXPLAIN),
    Mutant("decision: nobody who was shut out is named", "commands/handing.py", "rejected += _shut_out", "_shut_out", EXPLAIN),
    Mutant("decision: the key is the whole place", "routing/seats.py", "seat.place & _INSTANT", "seat.place", EXPLAIN),
    Mutant("explain: a rule's word is anybody's", "queries/explaining.py", 'and by in ("forced", "group")', "and False", EXPLAIN),
    Mutant("explain: customers may ask", "queries/explaining.py", "= Permission.SERVE", "= Permission.TALK", EXPLAIN),
    Mutant(
        "sight: whoever once had the key has it",
        "sight.py",
        "known is not None and known.key == key",
        "known is not None",
        ("tests/commands/test_customers.py",),
    ),
    Mutant("sqlite: BEGIN, not BEGIN IMMEDIATE", "storage/sqlite.py", '"BEGIN IMMEDIATE"', '"BEGIN"', SQLITE),
    Mutant("sqlite: the log is never moved", "storage/sqlite.py", "if self._commits < self._enough:", "if True:", SQLITE),
    Mutant(
        "sqlite: the log is moved but once",
        "storage/sqlite.py",
        "        self._enough = max(1, min(",
        "        self._enough = 10**9 + max(1, min(",
        SQLITE,
    ),
    Mutant("sqlite: remembered whoever writes", "storage/sqlite.py", "if others != self._others or ", "if ", SQLITE),
    Mutant(
        "sqlite: what was rolled back is remembered",
        "storage/sqlite.py",
        "    def rollback(self) -> bool:\n        self._known = {}\n",
        "    def rollback(self) -> bool:\n",
        SQLITE,
    ),
    Mutant("sqlite: no version check", "storage/sqlite.py", "        if written != 1:", "        if written > 1:", SQLITE),
    Mutant("memory: no version check", "storage/memory.py", "        if present[1] != change.version:", "        if False:", FRONT),
    Mutant(
        "front: a failing work keeps its writes",
        "storage/front.py",
        "            unit.discard()\n            if not",
        "            if not",
        FRONT,
    ),
    Mutant(
        "front: the lead is not given up",
        "storage/front.py",
        "                if self._lead is item:\n                    self._lead = None\n",
        "                pass\n",
        FRONT,
    ),
    Mutant(
        "front: the lead is not handed over",
        "storage/front.py",
        "self._lead = next((heir for heir in self._queue if heir.bell is not None), None)",
        "self._lead = None",
        FRONT,
    ),
    Mutant(
        "front: the heir is not called",
        "storage/front.py",
        "            if heir.bell.locked():\n                heir.bell.release()\n            self._queue.remove(heir)",
        "            self._queue.remove(heir)",
        FRONT,
    ),
    Mutant(
        "front: an interrupted leader does not hand over",
        "storage/front.py",
        "            try:\n                self._leave(item)\n            except BaseException:\n"
        "                self._leave(item)\n                raise\n        return item.result()",
        "            pass\n        self._leave(item)\n        return item.result()",
        FRONT,
    ),
    Mutant(
        "front: loops that wait are forgotten",
        "storage/front.py",
        "            waker.soon(self._begin)\n\n    def _call_heir",
        "            pass\n\n    def _call_heir",
        FRONT,
    ),
    Mutant(
        "front: the batch takes whoever wants to lead",
        "storage/front.py",
        "takewhile(lambda item: not item.exclusive, ",
        "takewhile(lambda item: True, ",
        FRONT,
    ),
    Mutant(
        "front: a batch does not lead alone",
        "storage/front.py",
        "self._lead = _Item(_nothing, exclusive=True)",
        "self._lead = _Item(_nothing)",
        FRONT,
    ),
    Mutant("front: a batch of a thousand", "storage/front.py", "MAX_BATCH - len(items)", "1000", FRONT),
    Mutant(
        "front: a batch that never ends",
        "storage/front.py",
        "                if time.monotonic() > late:\n                    break\n",
        "",
        FRONT,
    ),
    Mutant(
        "front: leading goes on",
        "storage/front.py",
        "                    self._run_batch(item)\n                else:",
        "                    self._run_batch(item)\n                    self._run_batch(None)\n                else:",
        FRONT,
    ),
    Mutant(
        "front: watchers are told after the lead has gone on",
        "storage/front.py",
        "            try:\n                self._backend.committed()\n            finally:\n                self._leave()",
        "            self._leave()\n            self._backend.committed()",
        FRONT,
    ),
    Mutant(
        "front: what was committed is done again after an interrupt",
        "storage/front.py",
        "            if not self._backend.rollback():\n                self._finish(ran)\n            raise",
        "            self._backend.rollback()\n            raise",
        FRONT,
    ),
    Mutant(
        "front: no rollback after a failed flush",
        "storage/front.py",
        "        except FlushFailed:\n            self._backend.rollback()\n            for item",
        "        except FlushFailed:\n            self._backend.commit()\n            for item",
        FRONT,
    ),
    Mutant(
        "front: an interrupt is always the work's own",
        "storage/front.py",
        "return lead is None or lead is item or",
        "return True or",
        FRONT,
    ),
    Mutant(
        "front: an interrupt is never the work's own",
        "storage/front.py",
        "return lead is None or lead is item or lead.work is _nothing or threading.current_thread() is not threading.main_thread()",
        "return False",
        FRONT,
    ),
    Mutant(
        "front: a database's error kills the writer",
        "storage/front.py",
        "        except Exception as error:  # noqa: BLE001  (the database did not do its part: all who were in it are told)",
        "        except StoreClosed as error:",
        FRONT,
    ),
    Mutant(
        "front: whoever has left is put back",
        "storage/front.py",
        "if not item.gone and item not in self._queue:",
        "if item not in self._queue:",
        FRONT,
    ),
    Mutant(
        "front: waiting for oneself",
        "storage/front.py",
        "        if self._lead is not None and self._lead.thread == threading.get_ident():",
        "        if False:",
        FRONT,
    ),
    Mutant(
        "front: a batch commits one too late",
        "storage/front.py",
        "if len(self._works) >= self._size:",
        "if len(self._works) > self._size:",
        FRONT,
    ),
    Mutant(
        "front: a batch goes on after a failure",
        "storage/front.py",
        "        if self._stopped:\n            raise BatchStopped",
        "        if False:\n            raise BatchStopped",
        FRONT,
    ),
    Mutant(
        "front: a spoilt batch is not begun anew",
        "storage/front.py",
        "            self._stopped = True\n            self._run_again()",
        "            self._stopped = True",
        FRONT,
    ),
    Mutant(
        "front: a batch reads into its writes",
        "storage/front.py",
        "            return work(unit)\n        finally:\n            unit.discard()",
        "            return work(unit)\n        finally:\n            pass",
        FRONT,
    ),
    Mutant(
        "front: an interrupted batch rolls another's work back",
        "storage/front.py",
        "                if self._front._lead is self._lead:  # noqa: SLF001\n                    self._backend.rollback()",
        "                self._backend.rollback()",
        FRONT,
    ),
    Mutant("front: others' work is lost with an interrupted leader", "storage/front.py", "self._queue.appendleft(item)", "pass", FRONT),
    Mutant(
        "front: a failed flush harms its neighbours",
        "storage/front.py",
        "            for item in items:\n                self._run_alone(item)",
        "            self._finish(items)",
        FRONT,
    ),
    Mutant(
        "front: no refusal after close",
        "storage/front.py",
        "        if self._closed:\n            raise StoreClosed",
        "        if False:\n            raise StoreClosed",
        FRONT,
    ),
    Mutant(
        "front: a cancelled work runs",
        "storage/front.py",
        "            item.gone = True\n            self._queue.remove(item)\n        return True",
        "            item.gone = True\n        return True",
        FRONT,
    ),
    Mutant(
        "front: a changed record is not tried again",
        "storage/front.py",
        "if not isinstance(item.error, VersionConflict):",
        "if True:",
        FRONT,
    ),
    Mutant("unit: own writes are not seen", "storage/unit.py", "        if name in self._changed:", "        if False:", FRONT),
    Mutant("unit: found without own writes", "storage/unit.py", "*(own for own in mine.values() if own is not None)", "", FRONT),
    Mutant("unit: what answers no more is found", "storage/unit.py", "mine[name[1]] = None", "pass", FRONT),
    Mutant(
        "unit: counted without own writes",
        "storage/unit.py",
        "                number += record is not None and matches(record, where, None)\n",
        "",
        FRONT,
    ),
    Mutant("unit: a page too short for what own writes take away", "storage/unit.py", "limit + len(mine)", "limit", FRONT),
    Mutant(
        "unit: own writes on the page before",
        "storage/unit.py",
        "    if after is None:\n        return records\n",
        "    return records\n",
        FRONT,
    ),
    Mutant(
        "unit: events of a failed work stay",
        "storage/unit.py",
        "        self._changed = {}\n        self._events = []\n",
        "        self._changed = {}\n",
        FRONT,
    ),
    Mutant(
        "unit: own erasures are not seen",
        "storage/unit.py",
        "(map(self._as_redacted, stored) if self._redactions else stored)",
        "stored",
        FRONT,
    ),
    Mutant(
        "unit: `once` is not looked up", "storage/unit.py", "next(own, None) or self._engine.once(subject, once)", "next(own, None)", FRONT
    ),
    Mutant(
        "where: None is in the index",
        "storage/where.py",
        "    return all(getattr(record, name) is not None for name in plan(type(record), where, order).index.fields)",
        "    return True",
        FRONT,
    ),
    Mutant("memory: no unique indexes", "storage/memory.py", "self.unique if change.after is not None else ()", "()", FRONT),
    Mutant("memory: few are read beyond the end", "storage/memory.py", "takewhile(high.__gt__, ", "iter(", FRONT),
    Mutant(
        "memory: two events with one `once`",
        "storage/memory.py",
        "(event.once is not None and (event.subject, event.once) in self._once)",
        "False",
        FRONT,
    ),
    Mutant("memory: nothing is taken back", "storage/memory.py", "            self._take_back(*entry)", "            pass", FRONT),
    Mutant(
        "memory: readers without the lock",
        "storage/memory.py",
        "        with self._engine.lock:\n            yield",
        "        yield",
        FRONT,
    ),
    Mutant(
        "signal: nobody is woken",
        "storage/signal.py",
        "            self.position = max(position, self.position)\n            self._changed.notify_all()",
        "            self.position = max(position, self.position)",
        FRONT,
    ),
    Mutant(
        "signal: closing wakes nobody",
        "storage/signal.py",
        "            self._closed = True\n            self._changed.notify_all()\n        self._call()",
        "            self._closed = True",
        FRONT,
    ),
    Mutant(
        "sqlite: others' commits are not looked for",
        "storage/connecting.py",
        "            if self._signal.wanted:",
        "            if False:",
        SQLITE,
    ),
    Mutant(
        "sqlite: the wait begins too late",
        "storage/sqlite.py",
        "        with self._signal.attention():\n            self._lookout.ensure()\n",
        "        with self._signal.attention():\n            pass\n        if True:\n            self._lookout.ensure()\n",
        ("tests/storage/test_connecting.py",),
    ),
    Mutant(
        "sqlite: a reading without a snapshot",
        "storage/sqlite.py",
        '            connection.execute("BEGIN")\n            try:',
        "            try:",
        SQLITE,
    ),
    Mutant(
        "sqlite: an erasure adds to the log",
        "storage/sqlite.py",
        "UPDATE cschat_event SET data = ? WHERE subject = ? AND seq = ?",
        "UPDATE cschat_event SET data = ?, seq = seq + 1000 WHERE subject = ? AND seq = ?",
        SQLITE,
    ),
    Mutant(
        "sqlite: index columns are not kept",
        "storage/sqlite.py",
        "            if old == new:",
        "            if True:",
        ("tests/storage/test_schema.py",),
    ),
    Mutant(
        "sqlite: a fork takes the writer along",
        "storage/sqlite.py",
        "        if self._paused:\n            self._backend.close()\n",
        "",
        FORKS,
    ),
    Mutant(
        "sqlite: a fork takes the readers along",
        "storage/lending.py",
        "            all_back = self._changed.wait_for(lambda: not self._lent, seconds)\n            self._close_free()",
        "            all_back = self._changed.wait_for(lambda: not self._lent, seconds)",
        FORKS,
    ),
    Mutant(
        "sqlite: a fork does not wait for readers",
        "storage/lending.py",
        "self._changed.wait_for(lambda: not self._lent, seconds)",
        "True",
        FORKS,
    ),
    Mutant(
        "sqlite: a fork does not wait for writers",
        "storage/sqlite.py",
        "self._paused = self._front.pause(FORK_SECONDS)",
        "self._paused = True",
        FORKS,
    ),
    Mutant(
        "sqlite: a fork takes the look-out along",
        "storage/connecting.py",
        "        self._looking.acquire()\n        self._let_go()",
        "        self._looking.acquire()",
        FORKS,
    ),
    Mutant(
        "sqlite: a reader in trouble is lent again",
        "storage/lending.py",
        "            sound = False\n",
        "",
        ("tests/storage/test_connecting.py",),
    ),
    Mutant(
        "sqlite: new columns stay empty",
        "storage/migrations.py",
        "        _fill(database.conn, kind, missing)",
        "        pass",
        ("tests/storage/test_schema.py",),
    ),
    Mutant(
        "postgres: a late lock looks at nothing",
        "storage/postgres_engine.py",
        "        for kind, rows in same.items():\n",
        "        for kind, rows in dict[type[Record], list[tuple[str, int]]]().items():\n",
        POSTGRES,
    ),
    Mutant(
        "postgres: what was not there is not looked at again",
        "storage/postgres_engine.py",
        "        for kind, names in absent.items():\n",
        "        for kind, names in dict[type[Record], list[str]]().items():\n",
        POSTGRES,
    ),
    Mutant(
        "postgres: a version that was seen first is forgotten",
        "storage/postgres_engine.py",
        "self._seen.setdefault((kind, id), 0 if row is None else row[1])",
        "self._seen[(kind, id)] = 0 if row is None else row[1]",
        POSTGRES,
    ),
    Mutant(
        "postgres: a count holds nobody off",
        "storage/postgres_engine.py",
        "            self._hold()\n            return self._reader.count(kind, where, at_most)",
        "            return self._reader.count(kind, where, at_most)",
        POSTGRES,
    ),
    Mutant(
        "postgres: others' versions are overwritten",
        "storage/postgres_sql.py",
        " AND t.version = u.before RETURNING",
        " RETURNING",
        POSTGRES,
    ),
    Mutant(
        "postgres: a lost answer means that nothing was done",
        "storage/postgres.py",
        'return status == "committed" and writer.is_there(connection)',
        "return False",
        POSTGRES,
    ),
    Mutant(
        "postgres: a lost answer means that it was done",
        "storage/postgres.py",
        'return status == "committed" and writer.is_there(connection)',
        "return True",
        POSTGRES,
    ),
    Mutant("postgres: nobody is told", "storage/postgres_sql.py", "pg_notify({CHANNEL}, position::text)", "position", POSTGRES),
    Mutant(
        "postgres: changes of unique keys go in any order",
        "storage/postgres_engine.py",
        "            if _moves(one):\n",
        "            if False:\n",
        POSTGRES,
    ),
    Mutant(
        "postgres: erased texts stay in the index",
        "storage/postgres_texts.py",
        '"DELETE FROM cschat_text WHERE position = ?"',
        '"SELECT ?::bigint"',
        PG_TEXTS,
    ),
    Mutant(
        "postgres: a fork takes the writer along",
        "storage/postgres.py",
        "        if self._paused:\n            self._backend.close()\n",
        "",
        FORKS,
    ),
    Mutant(
        "loops: a cancelled command runs",
        "loops.py",
        "        except asyncio.CancelledError:\n            pending.cancel()\n",
        "        except asyncio.CancelledError:\n",
        FRONT,
    ),
    Mutant(
        "carrying: a repeated request runs again",
        "commands/carrying.py",
        "        if done is not None:",
        "        if False:",
        ("tests/commands/test_carrying.py",),
    ),
)

CALLERS, ENTERING, LIMITS = ("tests/web/test_callers.py",), ("tests/web/test_entering.py",), ("tests/web/test_limits.py",)
STREAMS, DOORS, FILES = ("tests/web/test_streams.py",), ("tests/web/test_doors.py",), ("tests/web/test_files.py",)
OPENAPI = ("tests/web/test_openapi.py",)
WEB = (
    Mutant("web: a cookie needs no mark", "web/callers.py", "        if changes:\n", "        if False:\n", CALLERS),
    Mutant("web: any mark will do", "web/callers.py", "if not any(hmac", "if False and not any(hmac", CALLERS),
    Mutant("web: a cookie from another origin", "web/callers.py", "        if cross_origin(request):\n", "        if False:\n", CALLERS),
    Mutant("web: the origin alone is not looked at", "web/callers.py", "return origin is not None and", "return False and", CALLERS),
    Mutant("web: every origin may read", "web/gateway.py", 'or not ("*" in origins or origin in origins)', "or False", CALLERS),
    Mutant("web: any type is JSON", "web/site.py", ".strip().lower() != JSON", ".strip().lower() == 'never'", CALLERS),
    Mutant("web: a token of any brand", "web/tokens.py", 'if claims.get("brand") != brand:', "if False:", ENTERING),
    Mutant("web: a member of any brand", "web/tokens.py", 'if claims.get("brand", brand) != brand:', "if False:", ENTERING),
    Mutant(
        "web: one audience is as good as another",
        "web/tokens.py",
        'MEMBER, VISITOR = "cschat-member", "cschat-visitor"',
        'MEMBER, VISITOR = "cschat-visitor", "cschat-visitor"',
        ENTERING,
    ),
    Mutant("web: several audiences", "web/tokens.py", '"strict_aud": True', '"strict_aud": False', ENTERING),
    Mutant("web: a token for ever", "web/tokens.py", 'min(float(claims["exp"]), latest)', 'float(claims["exp"])', ENTERING),
    Mutant(
        "web: a member outlives the host's word",
        "web/entering.py",
        "return visitor if visitor.kind is CustomerKind.MEMBER else",
        "return",
        ENTERING,
    ),
    Mutant(
        "web: an unproven member is a guest", "web/entering.py", 'if said.get("member") is None:', 'if not said.get("member"):', ENTERING
    ),
    Mutant("web: one member becomes another", "web/entering.py", "guest.kind is CustomerKind.GUEST and ", "", ENTERING),
    Mutant(
        "web: the host's view of the customer",
        "web/entering.py",
        "    door = desk.acting_as(visitor.actor)\n",
        "    door = desk\n",
        ENTERING,
    ),
    Mutant("web: only the first secret", "web/tokens.py", "for key in self._keys:", "for key in self._keys[:1]:", ENTERING),
    Mutant("web: a refused request costs", "web/limits.py", "(left - 1 if left >= 1 else left), now", "(left - 1), now", LIMITS),
    Mutant("web: everybody is counted together", "web/limits.py", "(name, key)", '(name, "")', LIMITS),
    Mutant("web: anybody names their address", "web/limits.py", "if address is None or not address.is_global:", "if True:", LIMITS),
    Mutant(
        "web: customers hear of all sessions",
        "web/hub.py",
        "self._places.get((event.brand, owner)) if",
        "{one for several in self._places.values() for one in several} if",
        STREAMS,
    ),
    Mutant("web: customers hear notes", "web/hub.py", "for_customer = shown(event, Role.CUSTOMER)", "for_customer = event", STREAMS),
    Mutant("web: events come twice", "web/hub.py", "or (frame.position is not None and frame.position <= self.floor)", "", STREAMS),
    Mutant("web: the past has a gap", "web/hub.py", "while after < self.since:", "while after < self.since - 1:", STREAMS),
    Mutant(
        "web: the past is the present too",
        "web/hub.py",
        "or frame.position <= self.since]",
        "or True]",
        STREAMS,
    ),
    Mutant("web: nobody is cut off", "web/hub.py", "if len(self._waiting) >= _MOST_WAITING:", "if False:", STREAMS),
    Mutant("web: removed agents listen on", "web/hub.py", "_ENDS = (e.AgentRemoved, ", "_ENDS = (", STREAMS),
    Mutant("web: any session may be watched", "web/hub.py", "                sight.session(session)\n", "                pass\n", STREAMS),
    Mutant("web: a stream outlives its token", "web/streams.py", "or time.time() >= self._ends", "", STREAMS),
    Mutant("web: a stream is left in the hub", "web/hub.py", "            place.discard(listener)\n", "", STREAMS),
    Mutant("web: all threads wait", "web/wsgi.py", "self._begin(most // 2)", "self._begin(most)", DOORS),
    Mutant("web: threads are not given back", "web/wsgi.py", "            self._waiting -= 1\n", "            pass\n", DOORS),
    Mutant("web: short bodies are whole", "web/wsgi.py", "if length is not None and read < length:", "if False:", DOORS),
    Mutant("web: bodies without end", "web/asgi.py", "        if read > most:\n", "        if False:\n", DOORS),
    Mutant("web: forks share a reader", "web/hub.py", "        if self._process != os.getpid():\n            self._forget()\n", "", DOORS),
    Mutant("web: pages that are sent are shown", "web/files.py", 'else "attachment"', 'else "inline"', FILES),
    Mutant("web: names may be paths", "web/files.py", '.rpartition("/")[2]', "", FILES),
    Mutant("web: the desk's own commands", "web/wire.py", "if command.permission is not Permission.OPERATE", "", OPENAPI),
    Mutant("web: the document says that all may all", "web/openapi.py", "Role.CUSTOMER in GRANTS[permission]", "True", OPENAPI),
)


def table_mutants() -> Iterator[Mutant]:
    """Each row of the machine taken out, and each target turned into another."""
    path = ROOT / "src" / "cschat" / "core" / "session.py"
    text = path.read_text()
    begin = text.index("_HANDED_ON = ")
    table = text[begin : text.index("}  # fmt: skip", begin)]
    states = ("BOT", "QUEUED", "ACTIVE", "INTAKE", "WRAP_UP", "CLOSED")
    tests = ("tests/core/test_machine.py",)
    lines = table.splitlines()
    for number, line in enumerate(lines):
        if not line.strip().startswith("e."):
            continue
        rest = "\n".join(lines[:number])
        yield Mutant(
            f"machine: without {line.strip()} ({number})",
            "core/session.py",
            table,
            f"{rest}\n" + "\n".join(lines[number + 1 :]) + "\n",
            tests,
        )
        target = line.rpartition(": ")[2].rstrip(",")
        if target in (*states, "STAY"):
            other = "CLOSED" if target != "CLOSED" else "BOT"
            changed = line.replace(f": {target}", f": {other}")
            yield Mutant(
                f"machine: {changed.strip()} ({number})",
                "core/session.py",
                table,
                "\n".join([*lines[:number], changed, *lines[number + 1 :]]) + "\n",
                tests,
            )
    for old in ('"agent": ACTIVE', '"group": QUEUED', '"active": ACTIVE', '"queued": QUEUED', '"bot": BOT', '"intake": INTAKE'):
        yield Mutant(f"machine: {old} leads to CLOSED", "core/session.py", old, old.partition(":")[0] + ": CLOSED", tests)


def survives(mutant: Mutant, folder: Path, seconds: float) -> bool:
    """Whether all of a mutant's tests pass under it."""
    source = copied(folder)
    file = source / "cschat" / mutant.file
    text = file.read_text()
    if mutant.old not in text:
        sys.exit(f"{mutant.name}: the patch does not fit {mutant.file} any more")
    file.write_text(text.replace(mutant.old, mutant.new))
    return passes(mutant.tests, source, seconds)


def copied(folder: Path) -> Path:
    """A fresh copy of the source."""
    source = folder / "src"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "src", source)
    return source


def passes(tests: tuple[str, ...], source: Path, seconds: float = 600) -> bool:
    """Whether tests pass on a copy of the source, within so many seconds: a deadlock is no pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "timeout_method=thread", *tests]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=seconds).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main() -> None:
    mutants = [mutant for mutant in (*NAMED, *WEB, *table_mutants()) if any(word in mutant.name for word in sys.argv[1:] or [""])]
    with TemporaryDirectory(prefix="cschat-mutants-") as name:
        took: dict[tuple[str, ...], float] = {}
        for tests in {mutant.tests for mutant in mutants}:
            begin = time.monotonic()
            if not passes(tests, copied(Path(name))):
                sys.exit(f"{' '.join(tests)} fails without any mutant")
            took[tests] = time.monotonic() - begin
        survivors = []
        for number, mutant in enumerate(mutants, 1):
            survived = survives(mutant, Path(name), 20 + 3 * took[mutant.tests])
            print(f"{number:3}/{len(mutants)} {'SURVIVED' if survived else 'killed  '} {mutant.name}", flush=True)
            survivors += [mutant.name] if survived else []
    print(f"{len(mutants)} mutants, {len(survivors)} survivors")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
