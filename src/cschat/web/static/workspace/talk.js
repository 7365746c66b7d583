/**
 * What was said and what happened in a session, as the agent reads it: items made of events, and the node of each.
 *
 * May: put events in order for reading, and draw them. May not: ask for anything but an article's title, or send.
 */

import { h } from "../shared/dom.js";
import { contentNodes } from "../shared/content.js";
import { icon } from "../shared/icons.js";
import { avatar, customerName } from "./marks.js";

const TOGETHER = 4 * 60_000;
const BOT_FOLD = 3;

// ---------------------------------------------------------------------------------------------------------------- items

/**
 * The items to be read, in order: `{ key, kind, ... }` of kind day, message, fold, line, unread, pending.
 *
 * `view`: `{ events, pending, session, unreadAfter, zone, dayKey }`; `unreadAfter` is the seq after which the agent had not read when they
 * opened it. Messages with a bot are folded once people talk.
 */
export function itemsOf(view) {
  const { events, session } = view;
  const folded = foldable(events, session);
  const items = [];
  let day = null;
  let before = null;
  let unread = false;
  for (let at = 0; at < events.length; at += 1) {
    const event = events[at];
    const fold = folded.get(event.seq);
    const shown = fold ? "fold" : event.type === "MessageSent" ? "message" : LINES[event.type]?.(event, view) ? "line" : null;
    if (!shown || (fold && fold.events[0] !== event)) continue;
    const today = view.dayKey(event.at);
    if (today !== day) {
      items.push({ key: `d${today}`, kind: "day", at: event.at });
      day = today;
      before = null;
    }
    const fresh = shown === "message" && event.body.author === "customer" && event.seq > view.unreadAfter;
    if (fresh && !unread && items.length > 1) {
      items.push({ key: "unread", kind: "unread" });
      before = null;
    }
    unread ||= fresh;
    if (shown === "message") {
      const first = !before || !together(before, event);
      if (before && !first) before.last = false;
      before = { key: event.body.id, kind: "message", event, first, last: true };
      items.push(before);
    } else {
      before = null;
      items.push(shown === "fold" ? { key: `f${event.seq}`, kind: "fold", ...fold } : { key: `l${event.seq}`, kind: "line", event });
    }
  }
  for (const pending of view.pending) items.push({ key: `p${pending.id}`, kind: "pending", pending });
  return items;
}

function together(item, event) {
  const one = item.event.body;
  const other = event.body;
  const same = one.author === other.author && one.agent === other.agent && one.visibility === other.visibility;
  return same && Date.parse(event.at) - Date.parse(item.event.at) < TOGETHER;
}

/** By seq, the run of messages with a bot that each message belongs to, if it is folded. */
function foldable(events, session) {
  const runs = new Map();
  if (session.state === "bot") return runs;
  let run = [];
  const close = () => {
    const firstBot = run.findIndex((event) => event.body.author === "bot");
    const lastBot = run.findLastIndex((event) => event.body.author === "bot");
    const rest = firstBot < 0 ? [] : run.slice(firstBot, run[lastBot + 1]?.body.author === "customer" ? lastBot + 2 : lastBot + 1);
    if (rest.length >= BOT_FOLD) {
      const fold = { events: rest, said: rest.filter((event) => event.body.author === "customer").at(-1) ?? null };
      for (const event of rest) runs.set(event.seq, fold);
    }
    run = [];
  };
  for (const event of events) {
    if (event.type !== "MessageSent") {
      if (HANDED.has(event.type)) close();
      continue;
    }
    const { author, visibility } = event.body;
    if (visibility === "public" && (author === "bot" || author === "customer")) run.push(event);
    else if (author === "agent") close();
  }
  close();
  return runs;
}

const HANDED = new Set(["AgentRequested", "Assigned", "MessageLeft", "MovedToIntake", "Reopened", "Ended", "Transferred"]);

// ---------------------------------------------------------------------------------------------------------------- lines

/** What is said of an event in one line: `(event, view) -> text`, or null where nothing is. */
export const LINES = {
  Opened: ({ body }, { t }) => t("line_opened", { channel: body.channel }),
  OpenedByAgent: ({ body }, { t, name }) => t("line_opened_by", { name: name(body.agent) }),
  AgentRequested: (_event, { t }) => t("line_requested"),
  AgentUnavailable: ({ body }, { t }) => t("line_unavailable", { reason: reason(t, body.reason) }),
  MessageLeft: (_event, { t }) => t("line_left"),
  MovedToIntake: (_event, { t }) => t("line_moved"),
  ReturnedToBot: (_event, { t }) => t("line_to_bot"),
  Assigned: (event, { t, name, by }) => {
    const { agent, how } = event.body;
    if (how === "claim") return t("line_claimed", { name: name(agent) });
    return how === "manual" ? t("line_assigned_by", { name: name(agent), by: by(event) }) : t("line_assigned", { name: name(agent) });
  },
  OfferPassed: ({ body }, { t, name }) => t("line_passed", { name: name(body.agent) }),
  Transferred: (event, { t, name, group, by }) =>
    event.body.to === "agent"
      ? t("line_transferred", { by: by(event), name: name(event.body.agent) })
      : t("line_transferred_group", { by: by(event), name: group(event.body.group) }),
  Released: (event, { t, by }) => t("line_released", { by: by(event) }),
  Held: ({ body }, { t, clock }) => t("line_held", { time: clock(body.until_at) }),
  Resumed: (_event, { t }) => t("line_resumed"),
  Ended: (event, { t, by }) => {
    const who = event.body.by;
    if (who === "customer") return t("line_ended_customer");
    return who === "agent" || who === "admin" ? t("line_ended_agent", { by: by(event) }) : t("line_ended_system");
  },
  WrappedUp: (_event, { t }) => t("line_wrapped"),
  Reopened: (_event, { t }) => t("line_reopened"),
  ForceClosed: (_event, { t }) => t("line_forced"),
  Rated: ({ body }, { t }) => t("line_rated", { score: body.score, scale: body.scale }) + (body.comment ? ` · ${body.comment}` : ""),
  Continued: (_event, { t }) => t("line_continued"),
  SlaBreached: (_event, { t }) => t("line_sla_breached"),
  ScenarioFailed: (_event, { t }) => t("line_failed"),
  ReplyDelayed: ({ body }, { t, name, clock }) => t("line_delayed", { name: name(body.agent), time: clock(body.due_at) }),
  DelayedReplyHeld: ({ body }, { t }) => t("line_delayed_held", { reason: reason(t, body.reason) }),
};

const LATE = new Set(["SlaBreached", "ScenarioFailed", "DelayedReplyHeld"]);

export function reason(t, name) {
  return t.has(`reason_${name}`) ? t(`reason_${name}`) : name;
}

// -------------------------------------------------------------------------------------------------------------- drawing

/** Draws items. `view` as for `itemsOf`, with `app`, `customer`, `send(pending)`, `discard(pending)`. */
export function nodeOf(item, view, old) {
  const key = look(item, view);
  if (old && old.dataset.look === key) return old;
  const node = DRAW[item.kind](item, view);
  node.dataset.look = key;
  if (item.kind === "message" && old) node.classList.add("still");
  if (item.kind === "fold" && old?.open) node.open = true;
  return node;
}

/** Another text whenever an item looks another. */
function look(item, view) {
  if (item.kind === "message") return [item.first, item.last, readMark(item, view), view.customerName].join();
  if (item.kind === "fold") return `${item.events.length}`;
  if (item.kind === "line") return LINES[item.event.type](item.event, view);
  if (item.kind === "pending") return `${item.pending.state}`;
  return item.kind;
}

const DRAW = {
  day: ({ at }, { app }) => h("div", { class: "day", role: "separator" }, h("span", {}, app.time.day(at))),
  unread: (_item, { app }) => h("div", { class: "unread-line", role: "separator" }, h("span", {}, app.t("read_up_to"))),
  message: (item, view) => messageNode(item.event, view, item),
  fold: (item, view) => foldNode(item, view),
  line: ({ event }, view) => lineNode(event, view),
  pending: ({ pending }, view) => pendingNode(pending, view),
};

function readMark(item, view) {
  const { body, seq } = item.event;
  return body.author === "agent" && body.visibility === "public" && seq === view.readSeq;
}

function messageNode(event, view, { first, last }) {
  const { body } = event;
  const { app } = view;
  const note = body.visibility === "internal";
  const side = body.author === "customer" ? "theirs" : body.author === "agent" ? "ours" : "desk";
  const own = body.author === "agent" && body.agent === app.me.id;
  const speaker = speakerOf(body, view);
  const nodes = contentNodes(body.content, contentContext(view));
  const node = h("article", { class: `msg ${side}${note ? " note" : ""}${first ? " first" : ""}${last ? " last" : ""}${own ? " own" : ""}`, data: { seq: event.seq } });
  const sign = body.author === "bot" ? h("span", { class: "avatar small bot", "aria-hidden": "true" }, icon("bot", 16)) : body.author === "system" ? h("span", { class: "avatar small bot", "aria-hidden": "true" }, icon("info", 16)) : avatar(speaker, { size: "small" });
  const head = h("header", { class: first ? "" : "hidden-text" }, note ? [icon("lock", 13), h("span", { class: "note-word" }, app.t("internal_note"))] : null, h("strong", {}, speaker.name));
  const time = h("time", { datetime: event.at, title: app.time.full(event.at) }, app.time.clock(event.at));
  const mark = readMark({ event }, view) ? h("span", { class: "read-mark" }, app.t("read")) : null;
  node.append(first ? sign : h("span", { class: "no-face" }), h("div", { class: "msg-body" }, head, h("div", { class: "msg-parts" }, note ? mentions(nodes, view) : nodes), h("div", { class: "msg-foot" }, mark, time)));
  return node;
}

function speakerOf(body, view) {
  const { app } = view;
  if (body.author === "customer") return { id: view.session.customer, name: view.customerName, image: view.customer?.profile?.image };
  if (body.author === "agent") return app.desk.agent(body.agent) ?? { id: body.agent, name: "…" };
  return { id: body.author, name: app.t(body.author) };
}

function contentContext(view) {
  const { app } = view;
  return {
    t: app.t,
    address: (media) => app.client.address(media),
    choose: null,
    chosen: null,
    submit: null,
    article: (id) => app.client.ask("GetArticle", { article: id }).catch(() => null),
    read: null,
  };
}

/** In notes, names of colleagues after an @ stand out. */
function mentions(nodes, { app }) {
  const names = app.desk.agents.map((agent) => agent.name).sort((a, b) => b.length - a.length);
  for (const bubble of nodes.filter((node) => node.classList?.contains("bubble"))) {
    for (const part of [...bubble.childNodes]) {
      if (part.nodeType !== Node.TEXT_NODE || !part.data.includes("@")) continue;
      const pieces = [];
      let rest = part.data;
      while (rest) {
        const at = rest.indexOf("@");
        const name = at < 0 ? null : names.find((one) => rest.startsWith(one, at + 1));
        if (at < 0) {
          pieces.push(rest);
          break;
        }
        if (!name) {
          pieces.push(rest.slice(0, at + 1));
          rest = rest.slice(at + 1);
          continue;
        }
        const mine = name === app.me.name ? " me" : "";
        pieces.push(rest.slice(0, at), h("b", { class: `mention${mine}` }, `@${name}`));
        rest = rest.slice(at + 1 + name.length);
      }
      part.replaceWith(...pieces);
    }
  }
  return nodes;
}

function foldNode({ events, said }, view) {
  const { app } = view;
  const told = said ? app.t("bot_steps_last", { text: shortly(said.body.content.text) }) : "";
  const body = h("div", { class: "fold-body" });
  const node = h(
    "details",
    { class: "fold" },
    h("summary", {}, icon("bot", 16), h("span", {}, app.t("bot_steps", { n: events.length })), told ? h("span", { class: "fold-said" }, told) : null, icon("down", 14)),
    body,
  );
  node.addEventListener("toggle", () => {
    if (!node.open || body.firstChild) return;
    let before = null;
    for (const event of events) {
      const first = before?.body.author !== event.body.author;
      body.append(messageNode(event, view, { first, last: true }));
      before = event;
    }
  });
  return node;
}

function shortly(text) {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length > 60 ? `${flat.slice(0, 59)}…` : flat;
}

function lineNode(event, view) {
  const { app } = view;
  const text = LINES[event.type](event, view);
  const line = h("div", { class: `line${LATE.has(event.type) ? " late" : ""}` }, h("p", { title: app.time.full(event.at) }, text, h("time", { class: "hidden-text", datetime: event.at }, ` ${app.time.clock(event.at)}`)));
  if (event.type === "Continued") line.append(h("a", { href: app.href(`sessions/${event.body.session}`) }, app.t("line_continued_open")));
  const note = event.body.note;
  if (note) line.append(paper(app, event.type === "WrappedUp" ? "closing_note" : "transfer_note", note));
  return line;
}

/** A note on amber paper with a lock. */
export function paper(app, title, text) {
  return h("div", { class: "paper" }, h("span", { class: "paper-head" }, icon("lock", 13), app.t(title)), h("p", {}, text));
}

function pendingNode(pending, view) {
  const { app } = view;
  const note = pending.note;
  const failed = pending.state === "failed";
  const nodes = contentNodes(pending.content, contentContext(view));
  const foot = failed
    ? h(
        "div",
        { class: "msg-foot failed", role: "alert" },
        icon("alert", 14),
        h("span", {}, pending.why || app.t("failed_to_send")),
        h("button", { type: "button", class: "link", on: { click: () => view.send(pending) } }, app.t("send_again")),
        h("button", { type: "button", class: "link", on: { click: () => view.discard(pending) } }, app.t("discard")),
      )
    : h("div", { class: "msg-foot" }, h("span", { class: "sending" }, app.t("sending")));
  const head = h("header", {}, note ? [icon("lock", 13), h("span", { class: "note-word" }, app.t("internal_note"))] : null, h("strong", {}, app.me.name));
  return h("article", { class: `msg ours own first last pending${note ? " note" : ""}` }, avatar(app.me, { size: "small" }), h("div", { class: "msg-body" }, head, h("div", { class: "msg-parts" }, nodes), foot));
}

/** What drawing needs to know, beside the session itself. */
export function viewOf(app, session, customer) {
  return {
    app,
    t: app.t,
    session,
    customer,
    customerName: customer ? customerName(customer, app.t) : "…",
    dayKey: app.time.dayKey,
    clock: app.time.clock,
    name: (id) => app.desk.agent(id)?.name ?? "…",
    group: (id) => app.desk.group(id)?.name ?? "…",
    by: (event) => {
      const [role, id] = event.actor.split(":");
      if (role === "agent" || role === "admin") return app.desk.agent(id)?.name ?? "…";
      return role === "customer" ? app.t("customer") : app.t("system");
    },
  };
}
