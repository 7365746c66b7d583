/**
 * Where the team is told of what happens.
 *
 * May: add, change, test and remove targets; mute kinds for oneself. May not: show a secret (nobody can).
 */

import { fill } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { Form, part, select, several, text, toggle, words } from "./forms.js";
import { badge, carry, confirm, edit, listed, row, tool } from "./rows.js";

const TYPES = ["slack", "jandi", "hiworks", "hiworks_office", "telegram", "mail"];
const BY_URL = ["slack", "jandi", "hiworks"];
const BY_TOKEN = ["telegram", "hiworks_office"];
const KINDS = ["agent_requested", "assigned", "message_left", "no_answer", "rule", "new_session", "customer_replied", "sla", "bot_failure", "low_balance", "surge"];
const USUAL = KINDS.slice(0, 5);

export async function draw(page) {
  const { app, t, place, signal } = page;
  const targets = app.isAdmin ? await app.client.ask("AlertTargets", {}, { signal }) : [];
  const kinds = KINDS.map((kind) => [kind, t(`alert_${kind}`)]);
  const muted = several(t, { name: "kinds", label: t("alerts_mute"), hint: t("alerts_mute_hint"), value: app.me.muted ?? [], choices: kinds });
  const own = new Form({ ...page, app: Object.create(app, { isAdmin: { value: true } }) }, { fields: [muted], layout: part(t("alerts_own"), t("alerts_own_note"), muted.node), save: (values) => app.client.do("MuteAlerts", values) });
  fill(
    place,
    listed(page, {
      title: t("alerts_targets"), note: t("alerts_targets_note"), none: t("alerts_none"), add: [t("alerts_add"), () => change(page, null)],
      rows: targets.map((target) =>
        row(page, {
          name: target.name, more: [t(`alerts_type_${target.type}`), target.personal ? t("alerts_personal_short") : target.addresses.join(", "), target.reason].filter(Boolean).join(" · "), mark: icon(target.type === "mail" ? "mail" : "bell"), off: target.disabled,
          badges: [badge(t("alerts_kinds_n", { n: target.kinds.length })), target.disabled ? badge(t("alerts_off"), "red") : null], open: () => change(page, target),
          tools: [
            tool("send", t("alerts_test", { name: target.name }), () => carry(page, "SendTestAlert", { target: target.id }, "alerts_tested"), { disabled: target.disabled }),
            tool(target.disabled ? "refresh" : "pause", t(target.disabled ? "alerts_enable" : "alerts_disable"), () => carry(page, "ChangeAlertTarget", { target: target.id, disabled: !target.disabled })),
            tool("trash", t("set_remove_named", { name: target.name }), () => confirm(page, { title: t("alerts_remove"), text: t("alerts_remove_text", { name: target.name }), action: t("set_remove"), then: () => carry(page, "RemoveAlertTarget", { target: target.id }, "set_removed") })),
          ],
        }),
      ),
    }),
    own.node,
  );
}

function change(page, target) {
  const { app, t } = page;
  edit(page, t(target ? "alerts_change" : "alerts_add"), () => {
    const type = select(t, { name: "type", label: t("alerts_type"), value: target?.type ?? "slack", choices: TYPES.map((one) => [one, t(`alerts_type_${one}`)]) });
    const fields = {
      name: text(t, { name: "name", label: t("alerts_name"), value: target?.name, limit: 100, required: true, example: t("alerts_name_example") }),
      type,
      url: text(t, { name: "url", label: t("alerts_url"), hint: t(target ? "alerts_secret_kept" : "alerts_url_hint"), limit: 2000, mode: "url", optional: Boolean(target), example: "https://hooks.slack.com/services/..." }),
      token: text(t, { name: "token", label: t("alerts_token"), hint: t(target ? "alerts_secret_kept" : "alerts_token_hint"), limit: 500, optional: Boolean(target) }),
      chat: text(t, { name: "chat", label: t("alerts_chat"), value: target?.chat, limit: 100, example: "-1001234567890" }),
      users: words(t, { name: "users", label: t("alerts_users"), value: target?.users ?? [], placeholder: t("set_enter") }),
      personal: toggle(t, { name: "personal", label: t("alerts_personal"), hint: t("alerts_personal_hint"), value: target?.personal ?? false }),
      addresses: words(t, { name: "addresses", label: t("alerts_addresses"), value: target?.addresses ?? [], placeholder: "cs@shop.example", limit: 254 }),
      kinds: several(t, { name: "kinds", label: t("alerts_kinds"), value: target?.kinds ?? USUAL, choices: KINDS.map((kind) => [kind, t(`alert_${kind}`)]) }),
    };
    const needs = { url: BY_URL, token: BY_TOKEN, chat: ["telegram"], users: ["hiworks_office"], personal: ["mail"], addresses: ["mail"] };
    const show = () => {
      for (const [name, types] of Object.entries(needs)) fields[name].node.hidden = !types.includes(type.get());
    };
    type.control.addEventListener("change", show);
    type.control.disabled = Boolean(target);
    show();
    return {
      fields: Object.values(fields), layout: Object.values(fields).map(({ node }) => node),
      save(values) {
        const given = { name: values.name, kinds: values.kinds };
        for (const [name, types] of Object.entries(needs)) if (types.includes(values.type) && (values[name] !== "" || name === "chat")) given[name] = values[name];
        return target ? app.client.do("ChangeAlertTarget", { target: target.id, ...given }) : app.client.do("AddAlertTarget", { type: values.type, ...given });
      },
    };
  });
}
