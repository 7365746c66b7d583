/**
 * The customers' journey through a scenario: how many came to each step, where they went, where they left.
 *
 * May: ask for the journey and lay it out. May not: count, or know what a step does.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { panel, s, table } from "./charts.js";
import { parsed } from "../../shared/problem.js";

const NARROWEST = 170;
const LAST = 170; // the labels of the last column
const BAR = 14;
const TALLEST = 150;
const GAP = 46;

export async function draw(page) {
  const { app, t, query, asked, signal, place } = page;
  const scenarios = await app.client.ask("Scenarios", {}, { signal });
  if (scenarios.length === 0) {
    fill(place, h("div", { class: "blank" }, icon("bot"), h("h2", {}, t("st_no_scenario")), h("p", {}, t("st_no_scenario_hint"))));
    return;
  }
  const chosen = scenarios.find((one) => one.name === query.get("scenario")) ?? scenarios[0];
  const journey = await app.client.ask("Journey", { scenario: chosen.name, start: asked.start, end: asked.end }, { signal });
  const steps = parsed(chosen.document)?.steps ?? {};
  const picker = h(
    "select",
    { class: "input", on: { change: () => app.go(page.href("journey", { scenario: picker.value })) } },
    scenarios.map((one) => h("option", { value: one.name }, one.title || one.name)),
  );
  picker.value = chosen.name;
  fill(
    place,
    h("div", { class: "journey-top" }, h("label", { class: "field" }, h("span", {}, t("st_scenario")), picker), h("div", {}, h("p", {}, t("st_journey_sessions", { n: page.write.whole(journey.sessions), version: journey.version })), journey.cut ? h("p", { class: "hint" }, t("st_journey_cut")) : null, worst(page, journey))),
    flow(page, journey, steps, parsed(chosen.document)?.start),
    list(page, journey),
  );
}

function worst({ t, write }, journey) {
  const left = journey.steps.filter((step) => step.dropped && step.inflow).sort((one, other) => other.dropped - one.dropped)[0];
  return left ? h("p", { class: "hint" }, t("st_drop_at", { step: left.step, share: write.percent(left.dropped / left.inflow) })) : null;
}

/** Where an edge of a step leads: `choose:1` is the first button, `when:2` the second case, any other name a field of the step. */
export function target(step, edge) {
  const [kind, number] = edge.split(":");
  if (kind === "choose") return step?.choose?.[Number(number) - 1]?.goto ?? null;
  if (kind === "when") return step?.branch?.[Number(number) - 1]?.goto ?? null;
  return typeof step?.[edge] === "string" ? step[edge] : null;
}

/** Which column each step stands in: one more than the nearest that leads to it. Steps that nobody came to are left out. */
export function layers(journey, document_, start) {
  const known = new Map(journey.steps.map((step) => [step.step, step]));
  const links = [];
  for (const step of journey.steps) {
    const sums = new Map();
    for (const [edge, count] of Object.entries(step.outflow)) {
      const to = target(document_[step.step], edge);
      if (count && known.has(to)) sums.set(to, (sums.get(to) ?? 0) + count);
    }
    for (const [to, count] of sums) links.push({ from: step.step, to, count });
  }
  const column = new Map();
  const todo = known.has(start) ? [[start, 0]] : [];
  while (todo.length) {
    const [name, at] = todo.shift();
    if (column.has(name)) continue;
    column.set(name, at);
    for (const link of links) if (link.from === name) todo.push([link.to, at + 1]);
  }
  for (const step of journey.steps) if (step.inflow && !column.has(step.step)) column.set(step.step, 0);
  return { column, links };
}

function flow(page, journey, document_, start) {
  const { t, write } = page;
  const { column, links } = layers(journey, document_, start);
  const shown = journey.steps.filter((step) => step.inflow && column.has(step.step));
  const most = Math.max(1, ...shown.map((step) => step.inflow));
  const tall = (count) => Math.max(count ? 2 : 0, (count / most) * TALLEST);
  const columns = [];
  for (const step of shown) (columns[column.get(step.step)] ??= []).push(step);
  const title = t("st_flow");
  return panel({
    t, title, note: t("st_flow_note"), whole: true,
    head: [t("st_step"), t("st_went_on"), t("st_total")],
    rows: links.map((link) => [link.from, link.to, link.count]),
    draw: (box, room) => {
      const apart = Math.max(NARROWEST, (room - LAST) / Math.max(1, columns.length - 1));
      const width = (columns.length - 1) * apart + LAST;
      const place = new Map();
      let height = 0;
      columns.forEach((here, at) => {
        let y = 24;
        for (const step of [...here].sort((one, other) => other.inflow - one.inflow)) {
          place.set(step.step, { x: at * apart, y, height: tall(step.inflow), out: y, into: y });
          y += tall(step.inflow) + GAP;
        }
        height = Math.max(height, y);
      });
      const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
      for (const link of [...links].sort((one, other) => place.get(one.to)?.y - place.get(other.to)?.y)) {
        const [from, to] = [place.get(link.from), place.get(link.to)];
        if (!from || !to) continue;
        const size = tall(link.count);
        const [y1, y2] = [from.out + size / 2, to.into + size / 2];
        from.out += size;
        to.into += size;
        const [x1, x2] = [from.x + BAR, to.x];
        const bend = x2 > x1 ? (x2 - x1) / 2 : NARROWEST / 2;
        svg.append(s("path", { class: "link", "stroke-width": Math.max(1.5, size), d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }, s("title", {}, `${link.from} → ${link.to}: ${write.whole(link.count)}`)));
      }
      for (const step of shown) {
        const at = place.get(step.step);
        let y = at.out;
        for (const [count, kind, text] of [[step.people, "people", "st_people"], [step.dropped, "out", "st_dropped"]]) {
          if (!count) continue;
          const size = Math.max(2, tall(count));
          svg.append(s("path", { class: kind, "stroke-width": size, d: `M${at.x + BAR} ${y + size / 2}h26` }, s("title", {}, `${t(text)}: ${write.whole(count)}`)));
          y += size;
        }
        svg.append(
          s("rect", { class: "step", x: at.x, y: at.y, width: BAR, height: Math.max(2, at.height), rx: 3 }, s("title", {}, `${step.step}: ${write.whole(step.inflow)}`)),
          label(at.x, at.y - 8, step.step, ""),
          label(at.x, at.y + at.height + 14, summary(page, step), "small"),
        );
      }
      fill(box, h("div", { class: "flow", tabindex: "0", role: "group", "aria-label": title }, svg));
    },
  });
}

function label(x, y, text, kind) {
  const node = s("text", { x, y, class: kind });
  node.textContent = text.length > 26 ? `${text.slice(0, 25)}…` : text;
  return node;
}

function summary({ t, write }, step) {
  const parts = [write.whole(step.inflow)];
  if (step.people) parts.push(`${t("st_people")} ${write.whole(step.people)}`);
  if (step.dropped) parts.push(`${t("st_dropped")} ${write.percent(step.dropped / step.inflow)}`);
  return parts.join(" · ");
}

function list(page, journey) {
  const { t, write } = page;
  const head = ["st_step", "st_step_kind", "st_inflow", "st_went_on", "st_people", "st_dropped", "st_still", "st_wrong", "st_spent"].map((key) => t(key));
  const onward = (step) => Object.values(step.outflow).reduce((sum, count) => sum + count, 0);
  const rows = journey.steps.map((step) => [
    step.step, step.kind, write.whole(step.inflow), write.whole(onward(step)), write.whole(step.people),
    step.dropped ? `${write.whole(step.dropped)} (${write.percent(step.dropped / step.inflow)})` : "0",
    write.whole(step.waiting), write.whole(step.wrong), step.spent.p50 === null ? "–" : write.span(step.spent.p50),
  ]);
  return panel({
    t, title: t("st_journey"), whole: true, bare: true, head, rows,
    file: [head, ...journey.steps.map((step) => [step.step, step.kind, step.inflow, onward(step), step.people, step.dropped, step.waiting, step.wrong, step.spent.p50])],
    draw: (box) => fill(box, h("div", { class: "st-table", tabindex: "0", role: "group", "aria-label": t("st_journey") }, table(head, rows))),
  });
}
