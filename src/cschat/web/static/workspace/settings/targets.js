/**
 * How soon people must be answered: service levels, the first that fits a conversation counts.
 *
 * May: list them and set them as a whole. May not: watch over them.
 */

import { fill, h } from "../../shared/dom.js";
import { number, select, text, toggle } from "./forms.js";
import { badge, carry, edit, listed, row, tool } from "./rows.js";

const GOALS = ["first_response", "next_response", "resolution"];
const PRIORITIES = ["low", "normal", "high", "urgent"];
const minutes = (milliseconds) => (milliseconds === null ? null : milliseconds / 60_000);
const milliseconds = (count) => (count === null ? null : Math.round(count * 60_000));

export async function draw(page) {
  const { app, t, place, signal } = page;
  const levels = await app.client.ask("GetSla", {}, { signal });
  const put = (all, said) => carry(page, "SetSla", { policies: all }, said);
  const goals = (level) => GOALS.filter((goal) => level[goal] !== null).map((goal) => t(`targets_${goal}_in`, { n: minutes(level[goal]) }));
  const who = (level) => [level.priority && t(`targets_priority_${level.priority}`), level.category && (app.desk.category(level.category)?.path ?? level.category), level.channel].filter(Boolean).join(" · ") || t("targets_all");
  fill(
    place,
    listed(page, {
      add: [t("targets_add"), () => change(page, levels, null)], none: t("targets_none"), ordered: true,
      rows: levels.map((level, at) =>
        row(page, {
          name: level.name, more: goals(level).join(" · "), badges: [badge(who(level)), level.business ? badge(t("targets_business")) : null], open: () => change(page, levels, at),
          tools: [
            tool("up", t("set_up"), () => put(swapped(levels, at, -1)), { disabled: at === 0 }),
            tool("down", t("set_down"), () => put(swapped(levels, at, 1)), { disabled: at === levels.length - 1 }),
            tool("trash", t("set_remove_named", { name: level.name }), () => put(levels.filter((_, one) => one !== at), "set_removed")),
          ],
        }),
      ),
    }),
    h("p", { class: "hint" }, t("targets_first_counts")),
  );
}

function swapped(all, at, by) {
  const copy = [...all];
  const [one] = copy.splice(at, 1);
  copy.splice(at + by, 0, one);
  return copy;
}

function change(page, levels, at) {
  const { app, t } = page;
  const level = levels[at] ?? { name: "", first_response: null, next_response: null, resolution: null, warn: null, business: true, priority: null, category: null, channel: null };
  const within = `policies.${at ?? levels.length}`;
  edit(page, t(at === null ? "targets_add" : "targets_change"), () => {
    const name = text(t, { name: `${within}.name`, label: t("targets_name"), value: level.name, required: true, example: t("targets_name_example") });
    const goals = GOALS.map((goal) => number(t, { name: goal, label: t(`targets_${goal}`), hint: t(`targets_${goal}_hint`), value: minutes(level[goal]), unit: t("set_minutes"), least: 0, step: "any", optional: true }));
    const warn = number(t, { name: "warn", label: t("targets_warn"), hint: t("targets_warn_hint"), value: minutes(level.warn), unit: t("set_minutes"), step: "any", optional: true });
    const business = toggle(t, { name: "business", label: t("targets_business_only"), hint: t("targets_business_hint"), value: level.business });
    const priority = select(t, { name: "priority", label: t("targets_priority"), value: level.priority ?? "", choices: [["", t("targets_any")], ...PRIORITIES.map((one) => [one, t(`targets_priority_${one}`)])] });
    const category = select(t, { name: "category", label: t("targets_category"), value: level.category ?? "", choices: [["", t("targets_any")], ...app.desk.categories.filter((one) => !one.disabled).map((one) => [one.path, one.path])] });
    const fields = [name, ...goals, warn, business, priority, category];
    return {
      fields, layout: h("div", { class: "set-part-body", data: { field: within } }, fields.map(({ node }) => node), h("p", { class: "set-wrong", hidden: true })),
      save(values) {
        const made = {
          ...level, name: values[`${within}.name`], business: values.business, warn: milliseconds(values.warn), priority: values.priority || null, category: values.category || null,
          ...Object.fromEntries(GOALS.map((goal) => [goal, milliseconds(values[goal])])),
        };
        return app.client.do("SetSla", { policies: at === null ? [...levels, made] : levels.map((one, place) => (place === at ? made : one)) });
      },
    };
  });
}
