/**
 * What an agent can do with a session as a whole: take it, hand it on, hold it, end it. Which of these there are, the desk says (`allowed`).
 *
 * May: name the actions, ask what they need, carry them out. May not: decide what is allowed.
 */

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { avatar, statusDot } from "./marks.js";
import { dialog, menu } from "./surfaces.js";

const MINUTE = 60_000;

/**
 * The actions that are allowed now: `{ main: [...], more: [...] }`, each `{ name, text, icon, kind, run(anchor) }`.
 * `on`: `{ end() }` opens the ending panel.
 */
export function actionsFor(app, session, allowed, on) {
  const { t } = app;
  const can = (command) => allowed.has(command);
  const mine = session.agent === app.me.id;
  const main = [];
  const more = [];
  const waits = session.state === "queued" || session.state === "intake" || session.state === "bot";
  if (can("ClaimSession") && waits) main.push({ name: "claim", text: t("claim"), icon: "check", kind: "primary", run: () => claim(app, session) });
  if (can("TransferSession") && session.state === "active") main.push({ name: "transfer", text: t("transfer"), icon: "transfer", run: () => transfer(app, session) });
  if (session.state === "active" && session.held_until_at && can("ResumeSession"))
    main.push({ name: "hold", text: t("resume"), icon: "next", run: () => act(app, "ResumeSession", { session: session.id }) });
  else if (can("HoldSession") && session.state === "active") main.push({ name: "hold", text: t("hold"), icon: "pause", run: (anchor) => hold(app, session, anchor) });
  if (can("EndSession") && session.state === "active") main.push({ name: "end", text: t("end"), icon: "end", kind: mine ? "primary" : "", run: on.end });
  if (can("WrapUp") && session.state === "wrap_up") main.push({ name: "end", text: t("wrap_up"), icon: "note", kind: "primary", run: on.end });
  if (can("ReopenSession") && (session.state === "closed" || session.state === "wrap_up"))
    main.unshift({ name: "reopen", text: t("reopen"), icon: "refresh", run: () => act(app, "ReopenSession", { session: session.id }, t("reopened_toast")) });
  if (can("EndSession") && waits) more.push({ name: "end", text: t("end"), icon: "end", run: on.end });
  if (can("AssignSession") && waits) more.push({ name: "assign", text: t("assign"), icon: "user", run: () => assign(app, session) });
  if (can("ReleaseSession") && session.state === "active")
    more.push({ name: "release", text: t("release"), hint: t("release_text"), icon: "back", run: () => act(app, "ReleaseSession", { session: session.id }, t("released")) });
  if (can("ReturnToBot") && session.state === "queued")
    more.push({ name: "bot", text: t("to_bot"), icon: "bot", run: () => act(app, "ReturnToBot", { session: session.id, reason: "returned" }, t("returned")) });
  if (can("ForceClose") && session.state !== "closed")
    more.push({ name: "force", text: t("force_close"), icon: "close", danger: true, run: () => forceClose(app, session) });
  return { main, more };
}

/** Closes a session from wherever it is, once that was confirmed: nothing of it is wrapped up. */
function forceClose(app, session) {
  const { t } = app;
  dialog({
    title: t("force_close"),
    close: t("close"),
    fill: (body, shut) => {
      const close = async () => {
        shut();
        await act(app, "ForceClose", { session: session.id }, t("ended_toast"));
      };
      body.append(
        h("p", {}, t("force_close_text")),
        h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "button", autofocus: true, on: { click: shut } }, t("cancel")), h("button", { type: "button", class: "button danger", on: { click: close } }, t("force_close"))),
      );
    },
  });
}

/** Carries out one command on a session; true if it was done. */
export async function act(app, command, fields, told = "") {
  try {
    const after = await app.client.do(command, fields);
    if (after?.id && after.state) app.sessions.put([after]);
    if (told) app.toast(told);
    return true;
  } catch (problem) {
    app.failed(problem);
    if (problem.status === 409) app.sessions.refresh(fields.session).catch(() => {});
    return false;
  }
}

/** Takes a session, which moves it among one's own. */
export async function claim(app, session) {
  const done = await act(app, "ClaimSession", { session: session.id }, app.t("claimed"));
  if (!done) return;
  app.list = "mine";
  app.go(`sessions/${session.id}`);
}

// ------------------------------------------------------------------------------------------------------------- holding

function hold(app, session, anchor) {
  const { t } = app;
  const until = async (at) => {
    await act(app, "HoldSession", { session: session.id, until: new Date(at).toISOString() }, t("held", { time: whenIs(app, at) }));
  };
  const soon = (text, minutes) => ({ text, hint: app.time.clock(Date.now() + minutes * MINUTE), then: () => until(Date.now() + minutes * MINUTE) });
  const tomorrow = morning(app, 1);
  menu(anchor, [
    soon(t("hold_30m"), 30),
    soon(t("hold_1h"), 60),
    soon(t("hold_3h"), 180),
    { text: t("hold_tomorrow"), hint: app.time.full(tomorrow), then: () => until(tomorrow) },
    "-",
    { text: t("hold_other"), then: () => askTime(app, { title: t("hold"), label: t("hold_other"), button: t("hold"), then: until }) },
  ], { label: t("hold") });
}

/** Nine in the morning, so many days from now, in the brand's zone; milliseconds. */
function morning(app, days) {
  const noon = Date.now() + days * 24 * 60 * MINUTE;
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: app.zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(noon);
  return inZone(app.zone, `${parts}T09:00`);
}

/** A wall time ("2026-11-26T09:00") of a zone as milliseconds. */
export function inZone(zone, wall) {
  const guess = Date.parse(`${wall}:00Z`);
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" })
      .formatToParts(guess)
      .map((part) => [part.type, Number(part.value)]),
  );
  const there = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute);
  return guess - (there - guess);
}

/** The wall time of an instant in a zone, for a field of the type datetime-local. */
export function wallTime(zone, at) {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" })
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

export function whenIs(app, at) {
  const today = app.time.dayKey(at) === app.time.dayKey(Date.now());
  return today ? app.time.clock(at) : app.time.full(at);
}

function askTime(app, { title, label, button, then }) {
  const field = h("input", { class: "input", type: "datetime-local", value: wallTime(app.zone, Date.now() + 60 * MINUTE), min: wallTime(app.zone, Date.now()), required: true });
  dialog({
    title,
    close: app.t("close"),
    fill: (body, shut) => {
      const form = h("form", { class: "dialog-form" }, h("label", { class: "field" }, h("span", {}, label), field), h("div", { class: "dialog-foot" }, h("button", { class: "button primary", type: "submit" }, button)));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        shut();
        then(inZone(app.zone, field.value));
      });
      body.append(form);
    },
  });
}

// -------------------------------------------------------------------------------------------------------- to colleagues

function transfer(app, session) {
  const { t } = app;
  choosePeople(app, {
    title: t("transfer_title"),
    button: t("transfer_button"),
    groups: true,
    note: true,
    except: session.agent,
    then: async (to, note) => {
      const fields = { session: session.id, note, [to.group ? "group" : "agent"]: to.id };
      return act(app, "TransferSession", fields, t("transferred", { name: to.name }));
    },
  });
}

function assign(app, session) {
  const { t } = app;
  choosePeople(app, {
    title: t("assign_title"),
    button: t("assign_button"),
    then: (to) => act(app, "AssignSession", { session: session.id, agent: to.id }, t("assigned_toast", { name: to.name })),
  });
}

/** A dialog in which a colleague (or a group) is chosen by name; `then(to, note)` answers whether it was done. */
export function choosePeople(app, { title, button, groups = false, note = false, except = null, extra = null, then }) {
  const { t } = app;
  let chosen = null;
  const rank = { available: 0, busy: 1, hidden: 2 };
  const agents = app.desk.agents.filter((agent) => agent.id !== except).sort((one, other) => rank[one.status] - rank[other.status]);
  const find = h("input", { class: "input", type: "search", autofocus: true, autocomplete: "off", placeholder: t("transfer_find"), "aria-label": t("transfer_find"), role: "combobox", "aria-expanded": "true", "aria-controls": "people" });
  const list = h("div", { class: "people", id: "people", role: "listbox", "aria-label": t("transfer_to") });
  const field = note ? h("textarea", { class: "input", rows: "3", maxlength: "5000" }) : null;
  const submit = h("button", { class: "button primary", type: "submit", disabled: true }, button);
  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(to, scroll = false) {
    chosen = to;
    submit.disabled = !to;
    for (const one of options()) {
      const is = one.dataset.id === to?.id;
      one.setAttribute("aria-selected", String(is));
      if (is) {
        find.setAttribute("aria-activedescendant", one.id);
        if (scroll) one.scrollIntoView({ block: "nearest" });
      }
    }
  }

  function draw() {
    const wanted = find.value.trim().toLowerCase();
    const fits = (one) => one.name.toLowerCase().includes(wanted);
    const people = agents.filter(fits).map((agent) =>
      option(agent, avatar(agent, { size: "small", status: agent.status }), agent.name, [t(`status_${agent.status}`), ...agent.groups.map((id) => app.desk.group(id)?.name ?? "")].filter(Boolean).join(" · ")),
    );
    const teams = groups
      ? app.desk.groups.filter(fits).map((group) => option({ ...group, group: true }, h("span", { class: "avatar small bot" }, icon("group", 16)), group.name, t("group_of", { n: app.desk.agents.filter((agent) => agent.groups.includes(group.id)).length })))
      : [];
    const heading = (text, some) => (some.length ? h("div", { class: "menu-heading", role: "presentation" }, text) : null);
    fill(list, heading(t("transfer_groups"), teams), teams, heading(t("transfer_agents"), people), people, !teams.length && !people.length ? h("p", { class: "search-empty" }, t("nothing_found")) : null);
    list.setAttribute("role", people.length || teams.length ? "listbox" : "status");
    choose(chosen && options().some((one) => one.dataset.id === chosen.id) ? chosen : null);
  }

  function option(to, sign, name, hint) {
    return h("div", { class: "person", role: "option", id: `to-${to.id}`, "aria-selected": "false", data: { id: to.id }, on: { click: () => choose(to) } }, sign, h("span", { class: "menu-text" }, name, h("small", {}, hint)), icon("check", 18));
  }

  find.addEventListener("input", draw);
  find.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = options();
    if (!all.length) return;
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const id = all[(at + step + all.length) % all.length].dataset.id;
    const group = app.desk.groups.find((one) => one.id === id);
    choose(group ? { ...group, group: true } : app.desk.agents.find((one) => one.id === id), true);
  });
  dialog({
    title,
    close: t("close"),
    fill: (body, shut) => {
      const form = h(
        "form",
        { class: "dialog-form" },
        find,
        list,
        field ? h("label", { class: "field" }, h("span", {}, t("transfer_note_label"), h("small", { class: "hint" }, ` ${t("transfer_note_hint")}`)), field) : null,
        extra,
        h("div", { class: "dialog-foot" }, submit),
      );
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (!chosen || submit.disabled) return;
        submit.disabled = true;
        if (await then(chosen, field?.value.trim() ?? "")) shut();
        else submit.disabled = false;
      });
      body.append(form);
      draw();
    },
  });
}

// -------------------------------------------------------------------------------------------------------------- why me

/** Why the session went to whom it went, and what it waits for. */
export async function explain(app, session) {
  const { t } = app;
  dialog({
    title: session.state === "queued" ? t("why_waits") : t("why_me"),
    close: t("close"),
    fill: async (body) => {
      fill(body, h("p", { class: "hint" }, t("loading")));
      try {
        const told = await app.client.ask("Explain", { session: session.id });
        const parts = [];
        if (told.waits) parts.push(waits(app, told.waits));
        for (const one of [...told.assignments].reverse()) parts.push(assignment(app, one));
        fill(body, parts.length ? parts : h("p", {}, t("why_nothing")));
      } catch (problem) {
        fill(body, h("p", { class: "hint" }, app.explain(problem)));
      }
    },
  });
}

function waits(app, told) {
  const { t } = app;
  const facts = [t("why_position", { n: told.position })];
  if (told.expected_wait !== null) facts.push(t("why_expected", { time: app.time.span(told.expected_wait) }));
  return h("section", { class: "why" }, h("h3", {}, facts.join(" · ")), h("p", {}, because(app, told)), judged(app, told.judged));
}

function assignment(app, one) {
  return h("section", { class: "why" }, h("h3", {}, one.agent_name, h("time", {}, app.time.full(one.at))), h("p", {}, because(app, one)), judged(app, one.judged));
}

function because(app, { entry, name, because: said }) {
  return app.t.has(`entry_${entry}`) ? app.t(`entry_${entry}`, { name }) : said;
}

function judged(app, all) {
  if (!all.length) return null;
  const { t } = app;
  const rows = all.map((one) =>
    h("li", {}, one.why === "chosen" || one.why === "free" ? icon("check", 14) : h("i", { class: "no-mark" }, "–"), h("strong", {}, one.name), h("span", {}, t.has(`judged_${one.why}`) ? t(`judged_${one.why}`, { load: one.load ?? "", limit: one.limit ?? "" }) : one.because)),
  );
  return h("details", { class: "judged" }, h("summary", {}, t("why_judged"), ` ${all.length}`), h("ul", {}, rows));
}
