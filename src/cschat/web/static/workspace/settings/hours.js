/**
 * When the desk is open: the week, lunch, holidays, single days, and opening or closing right now.
 *
 * May: change the hours and whether they count. May not: reckon when it is open (the desk does).
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { dialog } from "../surfaces.js";
import { Form, choice, own, part, select, text, toggle } from "./forms.js";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const clock = (minutes) => {
  const past = minutes > 1440 ? minutes - 1440 : minutes;
  return `${String(Math.floor(past / 60)).padStart(2, "0")}:${String(past % 60).padStart(2, "0")}`;
};
const written = (spans) => spans.map((span) => `${clock(span.start)}-${clock(span.end)}`).join(", ");

export async function draw(page) {
  const { app, t, place, signal } = page;
  const [hours, opening] = await app.client.askAll([["GetHours"], ["OpeningHours", { language: app.language }]], { signal });
  const calendar = hours.versions.at(-1)?.calendar ?? null;
  const accepting = choice(t, {
    name: "accepting", label: t("hours_accepting"), value: app.brand.accepting,
    choices: [["auto", t("hours_auto"), t("hours_auto_note")], ["open", t("hours_open"), t("hours_open_note")], ["closed", t("hours_closed"), t("hours_closed_note")]],
  });
  const always = toggle(t, { name: "always_open", label: t("hours_always"), hint: t("hours_always_hint"), value: calendar?.always_open ?? false });
  const week = DAYS.map((name, at) => day(t, name, calendar ? written(calendar.week[at]) : at < 5 ? "09:00-18:00" : ""));
  const lunch = text(t, { name: "lunch", label: t("hours_lunch"), hint: t("hours_lunch_hint"), value: calendar ? written(calendar.breaks) : "", optional: true, example: "12:00-13:00" });
  const holidays = select(t, {
    name: "holidays", label: t("hours_holidays"), hint: t("hours_holidays_hint"), value: calendar ? (calendar.holidays ?? "none") : "auto",
    choices: [...new Map([["KR", t("hours_kr")], ["none", t("hours_none")], ["auto", t("hours_by_zone")], ["US", "US"], ["JP", "JP"], ...(calendar?.holidays ? [[calendar.holidays, calendar.holidays === "KR" ? t("hours_kr") : calendar.holidays]] : [])])],
  });
  const labour = toggle(t, { name: "labour_day", label: t("hours_labour"), hint: t("hours_labour_hint"), value: calendar?.labour_day ?? true });
  const temporary = toggle(t, { name: "temporary", label: t("hours_temporary"), hint: t("hours_temporary_hint"), value: calendar?.temporary ?? true });
  const zone = text(t, { name: "zone", label: t("hours_zone"), hint: t("hours_zone_hint"), value: calendar?.zone ?? app.zone, required: true, example: "Asia/Seoul" });
  const fields = [accepting, always, ...week, lunch, holidays, labour, temporary, zone];
  const byWeek = h("div", { class: "set-group" }, h("div", { class: "week", role: "group", "aria-label": t("hours_week") }, week.map(({ node }) => node)), lunch.node, holidays.node, labour.node, temporary.node);
  const form = page.guard(
    new Form(page, {
      fields,
      layout: [part(t("hours_accept"), t("hours_accept_note"), accepting.node), part(t("hours_week"), t("hours_week_note"), always.node, byWeek, zone.node)],
      async save(values) {
        const { accepting: wanted, ...rest } = values;
        const set = rest.always_open ? { always_open: true, zone: rest.zone } : weekly(rest);
        await app.client.doAll([["ChangeBrand", { accepting: wanted, zone: rest.zone }], ["SetHours", set]]);
      },
      saved: () => (app.toast(t("set_saved")), page.again()),
    }),
  );
  form.onTouch = (values) => (byWeek.hidden = values.always_open);
  form.touch();
  fill(place, now(page, opening, hours, calendar), form.node, calendar ? specials(page, calendar) : null);
}

function weekly({ always_open: _always, lunch, ...rest }) {
  return { ...rest, weekdays: "closed", ...Object.fromEntries(DAYS.map((name) => [name, rest[name] || "closed"])), lunch: lunch || null };
}

/** One day of the week: open or not, and its hours as text. */
function day(t, name, value) {
  const open = h("input", { type: "checkbox", "aria-label": t(`hours_${name}`) });
  const input = h("input", { class: "input", placeholder: "09:00-18:00", "aria-label": `${t(`hours_${name}`)}, ${t("hours_hours")}`, maxlength: 100, inputmode: "text", autocomplete: "off" });
  const shut = h("span", { class: "hint" }, t("hours_shut"));
  const set = (to) => {
    open.checked = Boolean(to);
    input.value = to || "";
    input.hidden = !to;
    shut.hidden = Boolean(to);
  };
  open.addEventListener("change", () => {
    set(open.checked ? input.value || "09:00-18:00" : "");
    if (open.checked) input.focus();
  });
  const node = h("div", { class: "week-day set-field" }, h("label", {}, open, h("span", {}, t(`hours_${name}`))), input, shut, h("p", { class: "set-wrong", hidden: true }));
  set(value);
  return own(name, node, () => (open.checked ? input.value.trim() : ""), set);
}

/** Whether it is open at this moment, and a way to change that until the next opening or closing. */
function now({ app, t, again }, opening, hours, calendar) {
  const override = async (to, said) => {
    try {
      await app.client.do("OverrideHours", { to });
      app.toast(t(said));
      again();
    } catch (problem) {
      app.failed(problem);
    }
  };
  const until = (at) => (at ? app.time.full(at) : "");
  const last = hours.overrides.at(-1);
  const overridden = last && !last.cleared_at && last.open === opening.open;
  return h(
    "section",
    { class: `set-now ${opening.open ? "open" : ""}` },
    h("i", { class: `dot ${opening.open ? "available" : "busy"}` }),
    h(
      "div",
      {},
      h("strong", {}, t(opening.open ? "hours_is_open" : "hours_is_closed")),
      h("p", { class: "hint" }, opening.open ? (opening.closes_at ? t("hours_until", { at: until(opening.closes_at) }) : "") : opening.opens),
    ),
    app.isAdmin && calendar
      ? h("div", { class: "set-now-tools" },
          h("button", { type: "button", class: "button small", on: { click: () => override(opening.open ? "closed" : "open", opening.open ? "hours_closed_now" : "hours_opened_now") } }, t(opening.open ? "hours_close_now" : "hours_open_now")),
          overridden ? h("button", { type: "button", class: "button quiet small", on: { click: () => override("none", "hours_as_usual_now") } }, t("hours_as_usual")) : null)
      : null,
  );
}

function specials(page, calendar) {
  const { app, t, again } = page;
  const today = new Date().toISOString().slice(0, 10);
  const days = calendar.special.filter((one) => one.date >= today);
  const kind = (one) => (one.kind === "hours" ? written(one.spans) : t(`hours_kind_${one.kind}`));
  const clear = async (date) => {
    try {
      await app.client.do("ClearSpecialDay", { day: date });
      app.toast(t("set_removed"));
      again();
    } catch (problem) {
      app.failed(problem);
    }
  };
  return part(
    t("hours_special"),
    t("hours_special_note"),
    days.length
      ? h("ul", { class: "set-list" }, days.map((one) => h("li", {}, h("div", {}, h("strong", {}, one.date), h("small", {}, one.note)), h("span", { class: "badge" }, kind(one)), app.isAdmin ? h("button", { type: "button", class: "icon-button small", "aria-label": t("set_remove_named", { name: one.date }), on: { click: () => clear(one.date) } }, icon("trash", 18)) : null)))
      : h("p", { class: "hint" }, t("hours_special_none")),
    app.isAdmin ? h("button", { type: "button", class: "button", on: { click: () => add(page) } }, icon("plus", 16), t("hours_special_add")) : null,
  );
}

function add(page) {
  const { app, t, again } = page;
  dialog({
    title: t("hours_special_add"), close: app.t("close"),
    fill(body, shut) {
      const first = text(t, { name: "day", label: t("hours_day"), type: "date", required: true });
      const last = text(t, { name: "last", label: t("hours_last"), type: "date", optional: true });
      const kinds = choice(t, { name: "kind", label: t("hours_what"), value: "closed", choices: [["closed", t("hours_kind_closed")], ["half", t("hours_kind_half")], ["usual", t("hours_kind_usual")], ["own", t("hours_kind_own")]] });
      const hours = text(t, { name: "hours", label: t("hours_hours"), value: "10:00-15:00", example: "10:00-15:00" });
      const note = text(t, { name: "note", label: t("hours_note"), optional: true, example: t("hours_note_example") });
      const form = new Form(page, {
        fields: [first, last, kinds, hours, note], layout: [first.node, last.node, kinds.node, hours.node, note.node], always: true, label: t("set_add"),
        save: (values) => app.client.do("SetSpecialDay", { day: values.day, last: values.last || null, hours: values.kind === "own" ? values.hours : values.kind, note: values.note }),
        saved: () => (shut(), app.toast(t("set_saved")), again()),
      });
      form.onTouch = (values) => (hours.node.hidden = values.kind !== "own");
      form.touch();
      fill(body, form.node);
    },
  });
}

