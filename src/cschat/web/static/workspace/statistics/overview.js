/**
 * The overview: what a period comes to against the one before, how it went by day and hour, and who and what it was about.
 *
 * May: ask for reports and put them into cards and charts. May not: count.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { menu } from "../surfaces.js";
import { openBehind } from "./behind.js";
import { bars, heat, lines, panel, spark } from "./charts.js";
import { download } from "./csv.js";
import { SQI, VOLUME, change, nameOf, reading, whatOf } from "./figures.js";
import { everyDay } from "./period.js";
import { DAYS, WEEKDAYS } from "./words.js";

const OTHERS = ["first_response_time_from_handoff"];
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
const MOST = 12;

export async function draw(page) {
  const { app, t, asked, signal } = page;
  const { start, end, before, where } = asked;
  const short = asked.days <= 2;
  const measures = [...new Set([...VOLUME, ...SQI, ...OTHERS])];
  const report = (more) => ["Report", { start, end, where, ...more }];
  const [now, then, time, hours, agents, categories, channels] = await app.client.askAll(
    [
      report({ measures }),
      report({ ...before, measures }),
      report({ measures, by: short ? ["hour"] : ["day"] }),
      report({ measures: ["closings"], by: ["weekday", "hour"] }),
      report({ measures: ["closings_by_agent", "first_response_time_from_handoff", "handle_time"], by: ["agent"] }),
      report({ measures: ["sessions_closed"], by: ["category"] }),
      report({ measures: ["sessions_closed"], by: ["channel"] }),
    ].map(([name, { first: _first, last: _last, ...fields }]) => [name, fields]),
    { signal },
  );
  const along = timeline(page, time, short);
  const card = (metric) => figureCard(page, metric, now.total.figures[metric], then.total.figures[metric], along);
  const none = now.total.figures.closings.sum === 0;
  fill(
    page.place,
    none ? empty(page) : null,
    h("section", { "aria-label": t("st_volume") }, h("h2", { class: "st-heading" }, t("st_volume")), h("div", { class: "cards" }, VOLUME.map(card))),
    h("section", { "aria-label": t("st_quality") }, h("h2", { class: "st-heading" }, t("st_quality")), h("div", { class: "cards cards-4" }, SQI.map(card))),
    h(
      "div",
      { class: "panels" },
      volume(page, along, short),
      waits(page, along, short),
      busy(page, hours),
      byValue(page, categories, "category", "st_by_category", (line) => line.names.category || t("st_no_category")),
      h("div", { class: "stack" }, byAgent(page, agents), byValue(page, channels, "channel", "st_by_channel", (line) => line.key.channel)),
    ),
    h("p", { class: "hint st-foot" }, `${t("st_counts_by_end")} ${t("st_fair")} ${t("st_exact")}`),
  );
}

function empty({ t }) {
  return h("div", { class: "st-none", role: "status" }, icon("chart"), h("div", {}, h("strong", {}, t("st_empty")), h("p", {}, t("st_empty_hint"))));
}

/** Every day or hour of the period: `{key, short, long, figures, start, end}`; figures are null where nothing was closed. */
function timeline({ app, t, asked }, report, short) {
  const known = new Map(report.lines.map((line) => [line.key[short ? "hour" : "day"], line.figures]));
  if (short) return HOURS.map((hour) => ({ key: hour, short: Number(hour), long: t("st_hours", { h: Number(hour) }), figures: known.get(hour) ?? null, where: { hour: [hour] } }));
  const format = new Intl.DateTimeFormat(app.language === "ko" ? "ko-KR" : "en-GB", { timeZone: "UTC", month: "long", day: "numeric", weekday: "short" });
  return everyDay(asked).map((day) => ({
    key: day, short: `${Number(day.slice(5, 7))}/${Number(day.slice(8))}`, long: format.format(new Date(`${day}T00:00:00Z`)), figures: known.get(day) ?? null, where: { day: [day] },
  }));
}

const behind = (page, metric, more = {}, title = "") => {
  const { start, end, where } = page.asked;
  const name = [nameOf(metric, page.app.language), title].filter(Boolean).join(" · ");
  openBehind(page, name, { start, end, measure: metric, where: { ...where, ...more } });
};

// --------------------------------------------------------------------------------------------------------------- cards

function figureCard(page, metric, figure, earlier, along) {
  const { app, t, write, asked } = page;
  const name = nameOf(metric, app.language);
  const value = reading(metric, figure);
  const changed = change(metric, value, reading(metric, earlier), write, t);
  const values = along.map((one) => (one.figures ? reading(metric, one.figures[metric]) : metric.startsWith("closings") ? 0 : null));
  const info = h(
    "button",
    { type: "button", class: "icon-button small card-info", "aria-label": t("st_what", { name }), on: { click: () => menu(info, [{ heading: whatOf(metric, app.language) }], { label: name }) } },
    icon("info", 16),
  );
  const save = h(
    "button",
    { type: "button", class: "icon-button small", "aria-label": t("st_export_of", { name }), title: t("st_export"), on: { click: () => file(page, metric, along, figure) } },
    icon("download", 16),
  );
  return h(
    "article",
    { class: "card" },
    h("header", {}, h("h3", {}, name), info, save),
    h("button", { type: "button", class: "card-value", "aria-label": `${name} ${write.value(metric, value)}. ${t("st_open_list", { name })}`, on: { click: () => behind(page, metric) } }, write.value(metric, value)),
    changed ? trend(page, changed, write.value(metric, reading(metric, earlier))) : h("p", { class: "trend" }, t(value === null ? "st_none" : "st_new")),
    spark(values),
    details(page, metric, figure),
    h("span", { class: "hidden-text" }, t("st_compared", { before: `${asked.before.first} ~ ${asked.before.last}` })),
  );
}

function trend({ t }, changed, earlier) {
  const sign = changed.direction === 0 ? "minus" : changed.direction > 0 ? "up" : "down";
  return h(
    "p",
    { class: `trend ${changed.verdict ?? ""}` },
    icon(sign, 14),
    h("span", { class: "hidden-text" }, changed.text),
    h("span", { "aria-hidden": "true" }, changed.amount ?? changed.text),
    changed.verdict ? h("span", {}, t(`st_${changed.verdict}`)) : null,
    h("small", {}, t("st_before", { n: earlier })),
  );
}

function details({ t, write }, metric, figure) {
  const parts = [];
  if (figure.p90 !== null && figure.mean !== null && !["closings", "closings_by_agent", "closings_by_bot", "rating"].includes(metric)) {
    parts.push(`${t("st_mean")} ${write.span(figure.mean)}`, `${t("st_p90")} ${write.span(figure.p90)}`);
  }
  if (metric === "rating") parts.push(t("st_count", { n: write.whole(figure.count) }));
  if (figure.missing) parts.push(t("st_missing", { n: write.whole(figure.missing) }));
  return parts.length ? h("p", { class: "card-foot" }, parts.join(" · ")) : null;
}

function file({ app, t, asked }, metric, along, total) {
  const columns = ["count", "missing", "sum", "mean", "p50", "p90", "p95"];
  const row = (name, figure) => [name, ...columns.map((column) => figure?.[column] ?? "")];
  download(`${nameOf(metric, app.language)}-${asked.first}-${asked.last}`, [
    [t("st_day"), ...columns],
    ...along.map((one) => row(one.key, one.figures?.[metric])),
    row(t("st_total"), total),
  ]);
}

// --------------------------------------------------------------------------------------------------------------- charts

function volume(page, along, short) {
  const { t, write } = page;
  const values = (metric) => along.map((one) => one.figures?.[metric].sum ?? 0);
  const series = [
    { name: t("st_by_agents"), values: values("closings_by_agent") },
    { name: t("st_by_bots"), values: values("closings_by_bot") },
  ];
  return panel({
    t, title: t("st_volume_chart"),
    head: [t(short ? "st_hour" : "st_day"), ...series.map((one) => one.name), t("st_total")],
    rows: along.map((one, at) => [one.key, series[0].values[at], series[1].values[at], one.figures?.closings.sum ?? 0]),
    draw: (box, width) =>
      lines(box, width, { title: t("st_volume_chart"), labels: along, series, write: (value) => write.whole(value), onPick: (at) => behind(page, "closings", along[at].where, along[at].long) }),
  });
}

function waits(page, along, short) {
  const { app, t, write } = page;
  const metrics = ["queue_time", "first_response_time_from_handoff"];
  const series = metrics.map((metric) => ({ name: nameOf(metric, app.language), values: along.map((one) => reading(metric, one.figures?.[metric])) }));
  return panel({
    t, title: t("st_wait_chart"),
    head: [t(short ? "st_hour" : "st_day"), ...series.map((one) => one.name)],
    rows: along.map((one, at) => [one.key, ...series.map(({ values }) => (values[at] === null ? "–" : write.span(values[at])))]),
    file: [[t("st_day"), ...series.map((one) => `${one.name} (s)`)], ...along.map((one, at) => [one.key, ...series.map(({ values }) => values[at])])],
    draw: (box, width) =>
      lines(box, width, {
        title: t("st_wait_chart"), labels: along, series, seconds: true, write: (value) => write.span(value),
        onPick: (at) => behind(page, metrics[1], along[at].where, along[at].long),
      }),
  });
}

function busy(page, report) {
  const { app, t, write } = page;
  const values = WEEKDAYS.map(() => HOURS.map(() => 0));
  for (const line of report.lines) values[WEEKDAYS.indexOf(line.key.weekday)][Number(line.key.hour)] = line.figures.closings.sum;
  const days = DAYS[app.language];
  const columns = HOURS.map((hour) => String(Number(hour)));
  return panel({
    t, title: t("st_heat"), note: t("st_heat_note"), whole: true,
    head: [t("st_weekday"), ...columns],
    rows: values.map((row, at) => [days[at], ...row]),
    draw: (box, width) =>
      heat(box, width, {
        title: t("st_heat"), rows: days, columns, values, write: (value) => t("st_count", { n: write.whole(value) }), low: t("st_less"), high: t("st_more"),
        pick: (day, hour) => behind(page, "closings", { weekday: [WEEKDAYS[day]], hour: [HOURS[hour]] }, `${days[day]} ${t("st_hours", { h: hour })}`),
      }),
  });
}

function byAgent(page, report) {
  const { app, t, write } = page;
  const found = report.lines.filter((line) => line.key.agent && line.figures.closings_by_agent.sum).sort((one, other) => other.figures.closings_by_agent.sum - one.figures.closings_by_agent.sum);
  const text = (metric, figures) => write.value(metric, reading(metric, figures[metric]));
  return panel({
    t, title: t("st_by_agent"),
    head: [t("st_agent"), t("st_closed"), t("st_response_p50"), t("st_handle")],
    rows: found.map((line) => [line.names.agent, write.whole(line.figures.closings_by_agent.sum), text("first_response_time_from_handoff", line.figures), text("handle_time", line.figures)]),
    draw: (box) =>
      bars(
        box,
        found.slice(0, MOST).map((line) => ({
          name: line.names.agent, value: line.figures.closings_by_agent.sum, text: write.whole(line.figures.closings_by_agent.sum),
          hint: text("first_response_time_from_handoff", line.figures),
          pick: () => behind(page, "closings_by_agent", { agent: [line.key.agent] }, line.names.agent),
        })),
        { title: t("st_by_agent") },
      ),
    note: found.length ? `${t("st_closed")} · ${nameOf("first_response_time_from_handoff", app.language)}` : t("st_empty"),
  });
}

function byValue(page, report, dimension, title, name) {
  const { t, write } = page;
  const count = (line) => line.figures.sessions_closed.sum;
  const found = report.lines.filter(count).sort((one, other) => count(other) - count(one));
  const total = report.total.figures.sessions_closed.sum || 1;
  return panel({
    t, title: t(title), note: found.length ? "" : t("st_empty"),
    head: [t(`st_${dimension}`), t("st_closed"), t("st_share")],
    rows: found.map((line) => [name(line), write.whole(count(line)), write.percent(count(line) / total)]),
    draw: (box) =>
      bars(
        box,
        found.slice(0, MOST).map((line) => ({
          name: name(line), value: count(line), text: write.whole(count(line)), hint: write.percent(count(line) / total),
          pick: () => behind(page, "sessions_closed", { [dimension]: [line.key[dimension]] }, name(line)),
        })),
        { title: t(title) },
      ),
  });
}
