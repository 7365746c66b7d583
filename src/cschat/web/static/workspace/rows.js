/**
 * One line of a list: who, from where, what was said last, how long they wait, what is urgent.
 *
 * May: draw a row of what is known. May not: ask.
 */

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { avatar, badge, channelMark, customerName, priorityMark } from "./marks.js";

export const ROW_HEIGHT = 88;

/** Without a service level: after so many seconds a wait is shown in amber, and in red. */
const LONG = 180;
const TOO_LONG = 600;

/** A row. Its `data-key` is another whenever it looks another. */
export function row(app, session, glance, { lookers = [], gone = false, list = "", brand = null } = {}) {
  const { t } = app;
  const customer = glance?.customer ?? { id: session.customer };
  const name = glance ? customerName(customer, t) : "";
  const said = lastLine(app, glance);
  const wait = waiting(app, session, glance);
  const signs = marks(app, session, list);
  const seen = lookers.map((one) => one.name).join(", ");
  const unread = glance?.unread ?? 0;
  const category = session.category ? (app.desk.category(session.category)?.path ?? "").split("/").at(-1) : "";
  const node = h(
    "div",
    { class: `row-in${unread ? " unread" : ""}` },
    avatar({ id: customer.id, name }),
    h(
      "div",
      { class: "row-text" },
      h(
        "div",
        { class: "row-line" },
        h("span", { class: "row-name" }, name || "…"),
        channelMark(session.channel),
        wait ? h("span", { class: `row-wait ${wait.level}`, title: wait.title }, wait.icon ? icon(wait.icon, 13) : null, wait.text) : null,
      ),
      h("div", { class: "row-line" }, h("span", { class: "row-said" }, gone ? t("row_gone") : said), unread ? h("span", { class: "row-unread", "aria-label": t("unread", { n: unread }) }, unread > 99 ? "99+" : String(unread)) : null),
      h(
        "div",
        { class: "row-line row-marks" },
        brand ? badge(brand.title) : null,
        signs,
        category ? h("span", { class: "row-category" }, category) : session.subject ? h("span", { class: "row-category" }, session.subject) : null,
        seen ? h("span", { class: "row-lookers", title: t("also_here", { names: seen }) }, icon("eye", 13), h("span", { class: "row-lookers-names" }, seen)) : null,
      ),
    ),
  );
  node.dataset.key = [name, said, wait?.text, wait?.level, unread, session.seq, seen, gone, category].join("\u0000");
  return node;
}

/** What was said last, and by whom. */
export function lastLine(app, glance) {
  const { t } = app;
  const last = glance?.last;
  if (!last) return glance ? t("no_message") : "";
  const text = (last.text || (t.has(`kind_${last.kind}`) ? t(`kind_${last.kind}`) : "")).replace(/\s+/g, " ");
  if (last.author === "agent") return last.agent === app.me.id ? t("you_said", { text }) : t("agent_said", { name: app.desk.agent(last.agent)?.name ?? "", text });
  return last.author === "bot" ? t("bot_said", { text }) : text;
}

/** How long somebody waits, and how bad that is. */
export function waiting(app, session, glance) {
  const { t, time } = app;
  const now = Date.now();
  const breached = session.risks?.some((risk) => risk.breached || Date.parse(risk.due_at) <= now);
  const warned = session.risks?.length > 0;
  if (session.state === "closed") return { text: time.brief(session.closed_at ?? session.since_at), level: "calm", title: "" };
  let since = null;
  if (session.state === "queued" || session.state === "intake" || session.state === "bot") since = session.since_at;
  else if (session.state === "active") since = session.turn.customer_since_at;
  if (since === null) return glance?.last ? { text: time.brief(glance.last.at), level: "calm", title: "" } : null;
  const seconds = Math.max(0, (now - Date.parse(since)) / 1000);
  const live = session.state === "queued" || session.state === "active";
  const late = breached || (!warned && live && seconds >= TOO_LONG);
  const long = warned || (live && seconds >= LONG);
  const level = session.state === "bot" ? "calm" : late ? "late" : long ? "long" : "calm";
  const title = breached ? t("sla_breached") : warned ? t("sla_warning") : t("waiting_for", { time: time.span(seconds) });
  return { text: seconds < 5 ? t("just_now") : time.span(seconds < 60 ? Math.floor(seconds / 5) * 5 : seconds), level, title, icon: level === "late" ? "alert" : "clock" };
}

function marks(app, session, list) {
  const { t } = app;
  const found = [priorityMark(session.priority, t)];
  if (session.held_until_at) found.push(badge(t("on_hold")));
  if (session.state === "active" && session.until_at && !session.held_until_at) found.push(badge(t("offered"), "blue"));
  if (session.state === "wrap_up") found.push(badge(t("wrap_up_due"), "amber"));
  if (session.delayed?.length) found.push(badge(t("delayed_waiting", { n: session.delayed.length }), "blue"));
  if (!["queue", "mine", "review", "closed"].includes(list)) found.push(badge(t(`state_${session.state}`)));
  if (session.group && session.state === "queued") found.push(badge(app.desk.group(session.group)?.name ?? ""));
  return found;
}
