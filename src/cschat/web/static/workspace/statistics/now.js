/**
 * The desk at this moment: who waits, who works, what is about to be late; drawn anew as things happen.
 *
 * May: ask for the dashboard, and again when an event says that it is another. May not: count.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { statusDot } from "../marks.js";
import { panel, s } from "./charts.js";
import { SQI, nameOf, reading } from "./figures.js";

const SOON = 1_000; // milliseconds: events come in bursts
const EVERY = 30_000; // what only time changes
const GOALS = ["first_response", "next_response", "resolution"];

export async function draw(page) {
  const { app, signal, place } = page;
  let due = null;
  let asking = false;
  const ask = async () => {
    due = null;
    if (asking || document.hidden) return later(SOON);
    asking = true;
    try {
      const dashboard = await app.client.ask("Dashboard", {}, { signal });
      if (!signal.aborted) show(page, dashboard);
    } finally {
      asking = false;
    }
  };
  const quietly = () => ask().catch((problem) => problem.name === "AbortError" || console.warn("cschat: the dashboard failed", problem));
  const later = (milliseconds) => {
    due ??= setTimeout(quietly, milliseconds);
  };
  await ask();
  const unheard = app.listen(() => later(SOON));
  const tick = setInterval(() => later(0), EVERY);
  return () => {
    clearTimeout(due);
    clearInterval(tick);
    unheard();
    place.classList.remove("now");
  };
}

function show(page, now) {
  const { app, t, write } = page;
  const focused = document.activeElement?.id;
  fill(
    page.place,
    h("p", { class: "live-note" }, h("i", { class: "dot available" }), t("st_live", { at: app.time.clock(now.at) })),
    h(
      "div",
      { class: "cards now-cards" },
      card(page, "st_waiting", now.counts.queued, waitingNote(page, now), "lists/queue", now.risks > 0 && now.counts.queued > 0),
      card(page, "st_active", now.counts.active, "", null),
      card(page, "st_in_bot", now.counts.bot, "", null),
      card(page, "st_wrap_up", now.counts.wrap_up, "", null),
      card(page, "st_intake", now.counts.intake, "", "lists/review"),
      card(page, "st_at_risk", now.risks, "", null, now.risks > 0),
    ),
    h("div", { class: "panels" }, team(page, now), h("div", { class: "stack" }, risks(page, now), soFar(page, now))),
  );
  if (focused) document.getElementById(focused)?.focus();

  function waitingNote() {
    if (!now.counts.queued) return t("st_nobody_waits");
    return [now.longest !== null && t("st_longest", { span: write.span(now.longest) }), now.expected !== null && t("st_expected", { span: write.span(now.expected) })].filter(Boolean).join(" · ");
  }
}

function card({ app, t, write }, name, number, note, path, warn = false) {
  return h(
    path ? "a" : "div",
    { class: `now-card${warn ? " warn" : ""}`, href: path ? app.href(path) : null, id: `now-${name}` },
    h("span", {}, t(name)),
    h("strong", {}, write.whole(number)),
    note ? h("small", {}, note) : null,
  );
}

function team(page, now) {
  const { app, t } = page;
  const status = (agent) => (agent.present === false ? t("st_away") : t(`status_${agent.status}`));
  const sorted = [...now.agents].sort((one, other) => other.load - one.load || one.name.localeCompare(other.name));
  const rows = sorted.map((agent) => [agent.name, status(agent), t("st_load_of", { n: agent.load, of: agent.capacity }), agent.active_at ? app.time.brief(agent.active_at) : "–"]);
  const head = [t("st_agent"), t("st_status"), t("st_load"), t("st_active_at")];
  return panel({ t, title: t("st_team_now"), bare: true, head, rows, draw: (box) => fill(box, drawn()) });

  function drawn() {
    return h(
      "div",
      { class: "st-table", tabindex: "0", role: "group", "aria-label": t("st_team_now") },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
        h(
          "tbody",
          {},
          sorted.map((agent, at) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, agent.name),
              h("td", {}, h("span", { class: "now-state" }, statusDot(agent.present === false ? "hidden" : agent.status), rows[at][1])),
              h("td", {}, load(agent, rows[at][2])),
              h("td", {}, rows[at][3]),
            ),
          ),
        ),
      ),
    );
  }
}

function load(agent, text) {
  const share = agent.capacity ? Math.min(1, agent.load / agent.capacity) : 0;
  return h(
    "span",
    { class: `load${share >= 1 ? " full" : ""}` },
    s("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { width: share * 100, height: 10 })),
    text,
  );
}

function risks(page, now) {
  const { app, t, write } = page;
  const goal = (name) => (GOALS.includes(name) ? t(`st_goal_${name}`) : name);
  const left = (risk) => (Date.parse(risk.due_at) - Date.parse(now.at)) / 1000;
  return h(
    "section",
    { class: "panel", "aria-label": t("st_at_risk") },
    h("header", { class: "panel-head" }, h("div", {}, h("h3", {}, t("st_at_risk")))),
    now.at_risk.length === 0 ? h("p", { class: "hint" }, t("st_at_risk_none")) : null,
    h(
      "ul",
      { class: "plain-list" },
      now.at_risk.map((risk) =>
        h(
          "li",
          {},
          h("a", { href: app.href(`sessions/${risk.session}`) }, h("strong", {}, goal(risk.goal)), ` · ${app.desk.agent(risk.agent)?.name ?? t("st_no_agent")}`),
          h("span", { class: `badge ${left(risk) < 0 ? "red" : "amber"}` }, icon("clock", 14), t(left(risk) < 0 ? "st_overdue" : "st_due", { span: write.span(Math.abs(left(risk))) })),
        ),
      ),
    ),
    now.risks > now.at_risk.length ? h("p", { class: "hint" }, t("st_at_risk_more", { n: now.risks - now.at_risk.length })) : null,
  );
}

function soFar(page, now) {
  const { app, t, write } = page;
  const count = (number) => (number === null ? "–" : write.whole(number));
  const periods = [now.today, now.month];
  const rows = [
    [t("st_opened"), ...periods.map((one) => count(one.opened))],
    [t("st_closed_all"), ...periods.map((one) => count(one.closed))],
    [t("st_by_agents"), ...periods.map((one) => count(one.closed_by_agent))],
    [t("st_by_bots"), ...periods.map((one) => count(one.closed_by_bot))],
    ...(now.today.sqi ? SQI.map((metric) => [nameOf(metric, app.language), ...periods.map((one) => write.value(metric, reading(metric, one.sqi[metric])))]) : []),
  ];
  const head = ["", t("st_today"), t("st_this_month")];
  return panel({
    t, title: t("st_so_far"), bare: true, head, rows,
    draw: (box) => fill(box, h("div", { class: "st-table", tabindex: "0", role: "group", "aria-label": t("st_so_far") }, h("table", {}, h("thead", {}, h("tr", {}, head.map((text, at) => (at ? h("th", { scope: "col" }, text) : h("td", {}))))), h("tbody", {}, rows.map(([name, ...values]) => h("tr", {}, h("th", { scope: "row" }, name), values.map((value) => h("td", {}, value)))))))),
  });
}
