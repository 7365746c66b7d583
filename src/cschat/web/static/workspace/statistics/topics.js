/**
 * What customers ask about: topics that rise and fall, alike questions that came in numbers, times with more than usual.
 *
 * May: ask for them. May not: count or compare.
 */

import { fill, h } from "../../shared/dom.js";
import { openBehind } from "./behind.js";
import { bars, lines, panel } from "./charts.js";

const MOST = 8;

export async function draw(page) {
  const { app, t, asked, signal, place } = page;
  const { start, end } = asked;
  const [trends, signals, surges] = await app.client.askAll(
    [["Trends", { start, end, slot: asked.days > 70 ? "week" : "day" }], ["Signals", { start, end }], ["Surges", { start, end, slot: 3600 }]],
    { signal },
  );
  const topics = trends.rows.map(([kind, topic, count, before, change, ...slots]) => ({ kind, topic, count, before, change, slots }));
  const slots = trends.head.slice(5);
  const rose = topics.filter((one) => one.count > one.before);
  const fell = topics.filter((one) => one.count < one.before);
  fill(
    place,
    h(
      "div",
      { class: "panels" },
      moved(page, rose, "st_risen", "st_none_risen"),
      moved(page, fell, "st_fallen", "st_none_fallen"),
      rose.length ? course(page, rose.slice(0, 3), slots) : null,
      gathered(page, signals),
      more(page, surges),
    ),
  );
}

function moved(page, topics, title, none) {
  const { t, write, asked } = page;
  const kind = (one) => t(`st_kind_${one.kind}`);
  const hint = (one) => (one.change === null ? t("st_new_topic") : `${one.change > 0 ? "+" : "−"}${write.percent(Math.abs(one.change))}`);
  const where = (one) => (one.kind === "word" ? null : { [one.kind]: [one.topic] });
  const found = [...topics].sort((one, other) => Math.abs(other.count - other.before) - Math.abs(one.count - one.before)).slice(0, MOST);
  return panel({
    t, title: t(title), note: found.length ? t("st_compared", { before: `${asked.before.first} ~ ${asked.before.last}` }) : t(none),
    head: [t("st_topics"), "", t("st_closed"), t("st_before", { n: "" }).trim(), "±"],
    rows: topics.map((one) => [one.topic, kind(one), one.count, one.before, hint(one)]),
    draw: (box) =>
      bars(
        box,
        found.map((one) => ({
          name: h("span", {}, one.topic, " ", h("small", { class: "hint" }, kind(one))), value: Math.abs(one.count - one.before), kind: one.count < one.before ? "fell" : "",
          text: `${one.count > one.before ? "+" : "−"}${write.whole(Math.abs(one.count - one.before))}`, hint: hint(one),
          pick: where(one) && one.count ? () => openBehind(page, one.topic, { start: asked.start, end: asked.end, measure: "sessions_closed", where: where(one) }) : null,
        })),
        { title: t(title) },
      ),
  });
}

function course({ t, write }, topics, slots) {
  const labels = slots.map((slot) => ({ short: slot.slice(5), long: slot }));
  const title = `${t("st_risen")}: ${topics.map((one) => one.topic).join(", ")}`;
  return panel({
    t, title, whole: true, head: [t("st_day"), ...topics.map((one) => one.topic)], rows: slots.map((slot, at) => [slot, ...topics.map((one) => one.slots[at])]),
    draw: (box, width) => lines(box, width, { title, labels, series: topics.map((one) => ({ name: one.topic, values: one.slots })), write: (value) => write.whole(value) }),
  });
}

function gathered({ app, t, write }, signals) {
  return list(t("st_signals"), signals.length ? "" : t("st_signals_none"), signals.slice(0, MOST).map((signal) =>
    h(
      "li",
      {},
      h("a", { href: app.href(`sessions/${signal.sessions[0]}`) }, h("strong", {}, signal.label.join(" ")), h("br"), h("span", { class: "hint" }, signal.typical)),
      h("span", { class: "badge" }, t("st_count", { n: write.whole(signal.count) })),
    )));
}

function more({ app, t, write }, surges) {
  return list(t("st_surges"), surges.length ? "" : t("st_surges_none"), [...surges].reverse().slice(0, MOST).map((surge) =>
    h(
      "li",
      {},
      h("span", {}, h("strong", {}, t("st_surge_count", { at: app.time.full(surge.at), n: write.whole(surge.count) })), h("br"), h("span", { class: "hint" }, surge.causes.map((cause) => cause.value).join(", "))),
    )));
}

const list = (title, note, items) =>
  h("section", { class: "panel", "aria-label": title }, h("header", { class: "panel-head" }, h("div", {}, h("h3", {}, title), note ? h("p", { class: "hint" }, note) : null)), items.length ? h("ul", { class: "plain-list" }, items) : null);
