/**
 * Replies that agents have at hand, by their shortcut.
 *
 * May: add, change, remove. May not: fill them in.
 */

import { fill, h } from "../../shared/dom.js";
import { select, text, words } from "./forms.js";
import { badge, carry, confirm, edit, listed, row, tool } from "./rows.js";

export async function draw(page) {
  const { app, t, place, signal } = page;
  const all = await app.client.ask("CannedResponses", { limit: 1000 }, { signal });
  fill(
    place,
    listed(page, {
      none: t("canned_none"), add: [t("canned_add"), () => change(page, null)],
      rows: all.map((one) =>
        row(page, {
          name: `#${one.shortcut}`, more: one.text, badges: [one.title ? badge(one.title) : null, one.group ? badge(app.desk.group(one.group)?.name ?? "", "blue") : null], open: () => change(page, one),
          tools: [tool("trash", t("set_remove_named", { name: `#${one.shortcut}` }), () => confirm(page, { title: t("canned_remove"), text: t("canned_remove_text", { name: `#${one.shortcut}` }), action: t("set_remove"), then: () => carry(page, "RemoveCannedResponse", { canned: one.id }, "set_removed") }))],
        }),
      ),
    }),
  );
}

function change(page, one) {
  const { app, t } = page;
  edit(page, t(one ? "canned_change" : "canned_add"), () => {
    const fields = [
      text(t, { name: "shortcut", label: t("canned_shortcut"), hint: t("canned_shortcut_hint"), value: one?.shortcut, limit: 50, required: true, example: t("canned_shortcut_example") }),
      text(t, { name: "title", label: t("canned_title"), hint: t("canned_title_hint"), value: one?.title, optional: true }),
      text(t, { name: "text", label: t("canned_text"), hint: t("canned_text_hint"), value: one?.text, lines: 6, limit: 5000, required: true, example: t("canned_text_example") }),
      words(t, { name: "examples", label: t("canned_examples"), hint: t("canned_examples_hint"), value: one?.examples ?? [], limit: 500, optional: true, placeholder: t("set_enter") }),
      select(t, { name: "group", label: t("canned_group"), value: one?.group ?? "", choices: [["", t("canned_all")], ...app.desk.groups.map((group) => [group.id, group.name])] }),
    ];
    const slots = h("div", { class: "set-adds", role: "group", "aria-label": t("canned_insert") }, [["{{ customer.name or '고객' }}", "canned_customer"], ["{{ agent.name or '상담사' }}", "canned_agent"], ["{{ brand.name }}", "canned_brand"]].map(([slot, name]) =>
      h("button", { type: "button", class: "button small", on: { click: () => {
        const area = fields[2].control;
        area.setRangeText(slot, area.selectionStart, area.selectionEnd, "end");
        area.focus();
        area.dispatchEvent(new Event("input", { bubbles: true }));
      } } }, t(name))));
    fields[2].node.append(slots);
    return {
      fields, layout: fields.map(({ node }) => node),
      save: (values) => (one ? app.client.do("ChangeCannedResponse", { canned: one.id, ...values }) : app.client.do("AddCannedResponse", { ...values, group: values.group || null })),
    };
  });
}
