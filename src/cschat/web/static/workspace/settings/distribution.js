/**
 * How conversations reach agents.
 *
 * May: change the brand's distribution. May not: hand anything out.
 */

import { fill, h } from "../../shared/dom.js";
import { Form, choice, number, part, several, toggle } from "./forms.js";

export async function draw(page) {
  const { app, t, place } = page;
  const policy = app.brand.distribution;
  const seconds = (milliseconds) => (milliseconds === null ? null : Math.round(milliseconds / 1000));
  const fields = {
    mode: choice(t, { name: "mode", label: t("dist_mode"), value: policy.mode, choices: ["manual", "auto", "hybrid"].map((one) => [one, t(`dist_${one}`), t(`dist_${one}_note`)]) }),
    order: choice(t, { name: "order", label: t("dist_order"), value: policy.order, choices: ["least_active", "round_robin", "least_recent"].map((one) => [one, t(`dist_${one}`), t(`dist_${one}_note`)]) }),
    claim: choice(t, { name: "claim", label: t("dist_claim"), value: policy.claim ?? "fitting", choices: ["fitting", "any", "oldest_first", "off"].map((one) => [one, t(`dist_claim_${one}`), t(`dist_claim_${one}_note`)]) }),
    groups: several(t, { name: "default", label: t("dist_groups"), hint: t("dist_groups_hint"), value: policy.default.groups, choices: app.desk.groups.map((group) => [group.id, group.name]) }),
    sticky: number(t, { name: "sticky_days", label: t("dist_sticky"), hint: t("dist_sticky_hint"), value: policy.sticky_days, unit: t("set_days"), most: 3650 }),
    offer: number(t, { name: "offer_timeout", label: t("dist_offer"), hint: t("dist_offer_hint"), value: seconds(policy.offer_timeout), unit: t("set_seconds"), least: 1, most: 86_400, optional: true }),
    overflow: number(t, { name: "overflow_queue", label: t("dist_overflow"), hint: t("dist_overflow_hint"), value: policy.overflow_queue, unit: t("dist_people"), least: 1, optional: true }),
    wait: number(t, { name: "overflow_wait", label: t("dist_overflow_wait"), hint: t("dist_overflow_wait_hint"), value: seconds(policy.overflow_wait), unit: t("set_seconds"), least: 1, most: 86_400, optional: true }),
    slot: toggle(t, { name: "wrap_up_holds_slot", label: t("dist_slot"), hint: t("dist_slot_hint"), value: policy.wrap_up_holds_slot }),
    hold: toggle(t, { name: "hold_frees_slot", label: t("dist_hold"), hint: t("dist_hold_hint"), value: policy.hold_frees_slot }),
  };
  const automatic = h("div", { class: "set-group" }, fields.order.node, fields.offer.node);
  const routes = policy.routes.length ? h("p", { class: "hint" }, t("dist_routes", { n: policy.routes.length })) : null;
  const form = page.guard(
    new Form(page, {
      fields: Object.values(fields),
      layout: [
        part(t("dist_part"), t("dist_part_note"), fields.mode.node, automatic, fields.claim.node),
        part(t("dist_who"), t("dist_who_note"), app.desk.groups.length ? fields.groups.node : h("p", { class: "hint" }, t("dist_no_groups")), fields.sticky.node, routes),
        part(t("dist_limits"), t("dist_limits_note"), fields.overflow.node, fields.wait.node, fields.slot.node, fields.hold.node),
      ],
      save: ({ claim, default: groups, ...rest }) =>
        app.client.do("SetDistribution", { ...rest, claim: claim === "fitting" ? null : claim, default: { agents: policy.default.agents, groups } }),
    }),
  );
  form.onTouch = (values) => (automatic.hidden = values.mode === "manual");
  form.touch();
  fill(place, form.node);
}
