/**
 * Who asks, and by which way: the members with most conversations, and the channels by weekday and hour.
 *
 * May: ask for the tables. May not: count.
 */

import { fill, h } from "../../shared/dom.js";
import { bars, panel } from "./charts.js";
import { DAYS, WEEKDAYS } from "./words.js";

export async function draw(page) {
  const { app, asked, signal, place } = page;
  const { start, end } = asked;
  const [members, use] = await app.client.askAll([["BestMembers", { start, end }], ["ChannelUse", { start, end }]], { signal });
  fill(place, h("div", { class: "panels" }, best(page, members), h("div", { class: "stack" }, ["weekday", "hour"].map((by) => channels(page, use, by)))));
}

function best({ app, t, write }, { rows }) {
  return panel({
    t, title: t("st_best"), note: rows.length ? "" : t("st_best_none"),
    head: [t("st_customer"), t("st_closed"), t("st_rating"), t("st_last_seen")],
    rows: rows.map(([, name, sessions, rating, , seen]) => [name || t("st_guest"), sessions, rating === null ? "–" : write.fine(rating), seen ? app.time.brief(seen) : "–"]),
    file: [["customer", "name", "sessions", "rating", "ratings", "last_seen"], ...rows],
    draw: (box) =>
      bars(
        box,
        rows.map(([id, name, sessions, , , seen]) => ({ name: name || t("st_guest"), value: sessions, text: write.whole(sessions), hint: seen ? app.time.brief(seen) : "", pick: () => app.go(`customers/${id}`) })),
        { title: t("st_best") },
      ),
  });
}

function channels({ app, t, write }, { rows }, by) {
  const found = rows.filter(([dimension]) => dimension === by);
  const names = [...new Set(found.map(([, , channel]) => channel))];
  const values = [...new Set(found.map(([, value]) => value))];
  const label = (value) => (by === "weekday" ? DAYS[app.language][WEEKDAYS.indexOf(value)] : t("st_hours", { h: Number(value) }));
  const count = (value, channel) => found.find((row) => row[1] === value && row[2] === channel)?.[3] ?? 0;
  const title = `${t("st_channel_heat")} · ${t(by === "weekday" ? "st_weekday" : "st_hour")}`;
  const shown = values.map((value) => ({ value, counts: names.map((channel) => count(value, channel)) }));
  const most = Math.max(1, ...shown.map((row) => row.counts.reduce((sum, one) => sum + one, 0)));
  return panel({
    t, title, note: names.length ? names.join(", ") : t("st_empty"),
    head: [t(by === "weekday" ? "st_weekday" : "st_hour"), ...names],
    rows: shown.map((row) => [label(row.value), ...row.counts]),
    draw: (box) => {
      const all = shown.filter((row) => by === "weekday" || row.counts.some(Boolean));
      bars(box, all.map((row) => ({ name: label(row.value), value: row.counts.reduce((sum, one) => sum + one, 0), text: row.counts.map((one) => write.whole(one)).join(" / ") })), { title, most });
    },
  });
}
