/**
 * What each agent comes to in a period: a table to sort, and bars of the column that it is sorted by.
 *
 * May: ask for the table and sort it. May not: count.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { openBehind } from "./behind.js";
import { bars, panel } from "./charts.js";

/** The columns of the desk's table: the text of the head, how a value is written, and the metric whose list opens. */
const COLUMNS = {
  closed: ["st_closed", "whole", "closings_by_agent"],
  first_response: ["st_response_p50", "span", "first_response_time_from_handoff"],
  handle_time: ["st_handle", "span", "handle_time"],
  reply_time: ["st_reply", "span", "reply_time"],
  rating: ["st_rating", "fine", "rating"],
  ratings: ["st_ratings", "whole", "rating"],
  reopened: ["st_reopened", "whole", "reopen_rate"],
  transferred: ["st_transferred", "whole", "transfer_rate"],
  sla_breaches: ["st_breaches", "whole", "sla_breaches"],
};

export async function draw(page) {
  const { app, t, write, asked, signal, place } = page;
  const { start, end } = asked;
  const answer = await app.client.ask("AgentTable", { start, end }, { signal });
  const agents = answer.rows.map((row) => Object.fromEntries(answer.head.map((name, at) => [name, row[at]])));
  let sorted = { column: "closed", down: true };
  const text = (agent, column) => (agent[column] === null ? "–" : write[COLUMNS[column][1]](agent[column]));
  const behind = (agent, column) => openBehind(page, `${agent.name} · ${t(COLUMNS[column][0])}`, { start, end, measure: COLUMNS[column][2], where: { agent: [agent.agent] } });

  function order() {
    const { column, down } = sorted;
    const value = (agent) => agent[column];
    return [...agents].sort((one, other) => {
      if (column === "name") return (down ? -1 : 1) * one.name.localeCompare(other.name);
      if (value(one) === null || value(other) === null) return (value(one) === null) - (value(other) === null);
      return (down ? -1 : 1) * (value(one) - value(other));
    });
  }

  function head(column, label) {
    const here = sorted.column === column;
    return h(
      "th",
      { scope: "col", "aria-sort": here ? (sorted.down ? "descending" : "ascending") : null },
      h(
        "button",
        { type: "button", class: "sort", id: `sort-${column}`, title: t("st_sorted", { column: label }), on: { click: () => {
          sorted = { column, down: here ? !sorted.down : column !== "name" };
          show();
          document.getElementById(`sort-${column}`)?.focus();
        } } },
        label,
        here ? icon(sorted.down ? "down" : "up", 14) : null,
      ),
    );
  }

  function show() {
    const rows = order();
    const columns = Object.keys(COLUMNS);
    const charted = sorted.column === "name" ? "closed" : sorted.column;
    const board = panel({
      t, title: t("st_agent_table"), whole: true, bare: true,
      head: [t("st_agent"), ...columns.map((column) => t(COLUMNS[column][0]))],
      rows: rows.map((agent) => [agent.name, ...columns.map((column) => text(agent, column))]),
      file: [["agent", "name", ...columns], ...rows.map((agent) => [agent.agent, agent.name, ...columns.map((column) => agent[column])])],
      draw: (box) => fill(box, h("div", { class: "st-table", tabindex: "0", role: "group", "aria-label": t("st_agent_table") }, h("table", {}, h("thead", {}, h("tr", {}, head("name", t("st_agent")), columns.map((column) => head(column, t(COLUMNS[column][0]))))), h("tbody", {}, rows.map((agent) => h("tr", {}, h("th", { scope: "row" }, agent.name), columns.map((column) => h("td", {}, agent[column] ? h("button", { type: "button", class: "cell", on: { click: () => behind(agent, column) } }, text(agent, column)) : text(agent, column))))))))),
    });
    const label = t(COLUMNS[charted][0]);
    fill(
      place,
      board,
      panel({
        t, title: label, whole: true, head: [t("st_agent"), label], rows: rows.map((agent) => [agent.name, text(agent, charted)]),
        draw: (box) => bars(box, rows.map((agent) => ({ name: agent.name, value: agent[charted], text: text(agent, charted), pick: agent[charted] ? () => behind(agent, charted) : null })), { title: label }),
      }),
    );
  }

  if (agents.length) show();
  else fill(place, h("div", { class: "blank" }, icon("group"), h("h2", {}, t("st_empty")), h("p", {}, t("st_empty_hint"))));
}
