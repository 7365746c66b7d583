/**
 * The brand's rules: when something happens, if it holds, then do this. On and off, their order, and themselves as data.
 *
 * May: list, switch, move, write and remove them. May not: obey them.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { parsed } from "../../shared/problem.js";
import { choice, text } from "./forms.js";
import { badge, carry, confirm, edit, listed, row, tool } from "./rows.js";

const EMPTY = { when: { event: "MessageSent", by: "customer" }, only_if: { all: [{ field: "text", contains: "환불" }] }, then: [{ add_tags: ["환불"] }] };

export async function draw(page) {
  const { app, t, place, signal } = page;
  const [rules, warnings] = await app.client.askAll([["Rules"], ...(app.isAdmin ? [["CheckRules"]] : [])], { signal });
  fill(
    place,
    warnings?.length ? h("div", { class: "set-alert", role: "status" }, icon("alert", 18), h("div", {}, h("strong", {}, t("rules_circles")), warnings.map((one) => h("p", {}, one)))) : null,
    listed(page, {
      none: t("rules_none"), ordered: true, add: [t("rules_add"), () => change(page, null)],
      rows: rules.map((rule, at) =>
        row(page, {
          name: rule.name, more: sentence(t, rule), off: !rule.enabled, mark: switched(page, rule), badges: [badge(t(`rules_${rule.phase}`))], open: () => change(page, rule),
          tools: [
            tool("up", t("set_up"), () => carry(page, "MoveRule", { rule: rule.id, to: at }), { disabled: at === 0 }),
            tool("down", t("set_down"), () => carry(page, "MoveRule", { rule: rule.id, to: at + 2 }), { disabled: at === rules.length - 1 }),
            tool("trash", t("set_remove_named", { name: rule.name }), () => confirm(page, { title: t("rules_remove"), text: t("rules_remove_text", { name: rule.name }), action: t("set_remove"), then: () => carry(page, "RemoveRule", { rule: rule.id }, "set_removed") })),
          ],
        }),
      ),
    }),
  );
}

function switched(page, rule) {
  const { app, t } = page;
  const box = h("input", { type: "checkbox", role: "switch", class: "switch", disabled: !app.isAdmin, "aria-label": `${rule.name}: ${t("rules_enabled")}`, on: { change: () => carry(page, "ChangeRule", { rule: rule.id, enabled: box.checked }) } });
  box.checked = rule.enabled;
  return box;
}

/** What a rule does, in a line. */
function sentence(t, rule) {
  const { when } = rule;
  const minutes = Math.round(when.after / 6000) / 10;
  const after = when.event ? t("rules_when_event", { event: when.event }) : when.silent ? t("rules_when_silent", { who: t(`rules_${when.silent}`), n: minutes }) : t("rules_when_state", { state: when.state, n: minutes });
  return `${after} → ${rule.then.map((action) => Object.keys(action).join(", ")).join(", ")}`;
}

/** A field of JSON. */
function data(t, spec) {
  const field = text(t, { ...spec, lines: spec.lines ?? 5, limit: 20_000, value: JSON.stringify(spec.value, null, 2), required: true });
  field.control.classList.add("code");
  field.control.spellcheck = false;
  return field;
}

function change(page, rule) {
  const { app, t } = page;
  edit(page, t(rule ? "rules_change" : "rules_add"), () => {
    const bare = (value) => Object.fromEntries(Object.entries(value).filter(([key, one]) => one !== null && !(key === "after" && one === 0) && !(key === "at_most" && one === 1)));
    const fields = [
      text(t, { name: "name", label: t("rules_name"), value: rule?.name, limit: 100, required: true, example: t("rules_name_example") }),
      data(t, { name: "when", label: t("rules_when"), hint: t("rules_when_hint"), value: rule ? bare(rule.when) : EMPTY.when, lines: 4, example: '{"state": "queued", "after": 60000}' }),
      data(t, { name: "only_if", label: t("rules_only_if"), hint: t("rules_only_if_hint"), value: rule ? rule.only_if : EMPTY.only_if, lines: 5, example: '{"all": [{"field": "text", "contains": "환불"}]}' }),
      data(t, { name: "then", label: t("rules_then"), hint: t("rules_then_hint"), value: rule ? rule.then : EMPTY.then, lines: 5, example: '[{"add_tags": ["환불"]}]' }),
      choice(t, { name: "phase", label: t("rules_phase"), value: rule?.phase ?? "after", choices: ["after", "before_routing"].map((one) => [one, t(`rules_${one}`), t(`rules_${one}_note`)]) }),
    ];
    return {
      fields, layout: fields.map(({ node }) => node),
      async save(values, form) {
        const read = Object.fromEntries(["when", "only_if", "then"].map((name) => [name, parsed(values[name])]));
        const broken = Object.keys(read).find((name) => read[name] === null);
        if (broken) throw Object.assign(new Error(), { status: 422, field: broken, body: { reason: t("rules_no_json") }, form });
        const given = { ...values, ...read };
        return rule ? app.client.do("ChangeRule", { rule: rule.id, ...given }) : app.client.do("AddRule", given);
      },
    };
  }, () => h("p", { class: "hint" }, t("rules_guide")));
}
