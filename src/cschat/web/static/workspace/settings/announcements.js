/**
 * What all customers are told for a while, and what became of it.
 *
 * May: add, change, remove. May not: decide who sees them.
 */

import { fill, h } from "../../shared/dom.js";
import { text, words } from "./forms.js";
import { badge, carry, confirm, edit, listed, row, tool } from "./rows.js";

export async function draw(page) {
  const { app, t, place, signal } = page;
  const all = await app.client.ask("Announcements", {}, { signal });
  const results = all.length ? await app.client.askAll(all.slice(0, 50).map((one) => ["AnnouncementResults", { announcement: one.id }]), { signal }) : [];
  const now = Date.now();
  const state = (one) => (Date.parse(one.begins_at) > now ? ["announce_later", "amber"] : one.ends_at && Date.parse(one.ends_at) <= now ? ["announce_over", ""] : ["announce_now", "green"]);
  fill(
    place,
    listed(page, {
      none: t("announce_none"), add: [t("announce_add"), () => change(page, null)],
      rows: all.map((one, at) => {
        const [said, kind] = state(one);
        return row(page, {
          name: one.title, more: one.text, off: said === "announce_over", open: () => change(page, one),
          badges: [badge(t(said), kind), results[at] ? badge(t("announce_result", { read: results[at].read, deflected: results[at].deflected })) : null],
          tools: [tool("trash", t("set_remove_named", { name: one.title }), () => confirm(page, { title: t("announce_remove"), text: t("announce_remove_text", { name: one.title }), action: t("set_remove"), then: () => carry(page, "RemoveAnnouncement", { announcement: one.id }, "set_removed") }))],
        });
      }),
    }),
  );
}

/** An instant as the field of a form has it, in the browser's own zone. */
export function local(iso) {
  if (!iso) return "";
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function change(page, one) {
  const { app, t } = page;
  edit(page, t(one ? "announce_change" : "announce_add"), () => {
    const fields = [
      text(t, { name: "title", label: t("announce_title"), value: one?.title, required: true, example: t("announce_title_example") }),
      text(t, { name: "text", label: t("announce_text"), value: one?.text, lines: 5, limit: 5000, required: true, example: t("announce_text_example") }),
      words(t, { name: "words", label: t("announce_words"), hint: t("announce_words_hint"), value: one?.words ?? [], optional: true, placeholder: t("set_enter") }),
      text(t, { name: "begins", label: t("announce_begins"), hint: t("announce_begins_hint"), value: local(one?.begins_at), type: "datetime-local", optional: true }),
      text(t, { name: "ends", label: t("announce_ends"), hint: t("announce_ends_hint"), value: local(one?.ends_at), type: "datetime-local", optional: true }),
    ];
    const instant = (said) => (said ? new Date(said).toISOString() : null);
    return {
      fields, layout: fields.map(({ node }) => node),
      save(values) {
        const given = { ...values, begins: instant(values.begins), ends: instant(values.ends) };
        return one ? app.client.do("ChangeAnnouncement", { announcement: one.id, ...given }) : app.client.do("AddAnnouncement", given);
      },
    };
  }, () => h("p", { class: "hint" }, t("announce_where")));
}
