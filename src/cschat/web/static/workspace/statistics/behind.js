/**
 * The list behind a number: the conversations that it was counted from, at the side of the page.
 *
 * May: ask for them, page by page, and open one. May not: count.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { dialog } from "../surfaces.js";
import { download } from "./csv.js";

const PAGE = 50;

/** What a fact says for a metric, in seconds or as a share; null if nothing. */
const READ = {
  queue_time: (fact) => sum(fact.queue.map((one) => one.took)),
  first_response_time: (fact) => seconds(fact.opened_response),
  first_response_time_from_handoff: (fact) => seconds(fact.response),
  agent_wait: (fact) => seconds(fact.agent_wait),
  customer_wait: (fact) => seconds(fact.customer_wait),
  talk_time: (fact) => seconds(fact.talk),
  after_work: (fact) => seconds(fact.after_work),
  total_time: (fact) => seconds(fact.total),
  handle_time: (fact) => sum(fact.owned.map((one) => one.took)),
};
const seconds = (took) => (took ? took.wall / 1000 : null);
const sum = (all) => (all.some((one) => one) ? all.reduce((total, one) => total + (one?.wall ?? 0), 0) / 1000 : null);

/** Shows what is behind a number. `title` names it; `query` is `{start, end, measure, where}`. */
export function openBehind(page, title, query) {
  const { app, t, write } = page;
  const all = [];
  const names = new Map();
  let next = null;
  dialog({
    title: t("st_behind", { name: title }),
    close: app.t("close"),
    kind: "behind",
    fill(body, shut) {
      const list = h("ul", { class: "behind-list" });
      const state = h("p", { class: "hint", role: "status" });
      const more = h("button", { type: "button", class: "button", hidden: true, on: { click: () => ask() } }, t("st_behind_more"));
      const save = h("button", { type: "button", class: "button small", on: { click: () => file() } }, icon("download", 16), t("st_export"));
      fill(body, h("div", { class: "behind-tools" }, state, save), list, more);
      skeletons(list);
      ask();

      async function ask() {
        more.disabled = true;
        try {
          const found = await app.client.ask("TurnsBehind", { ...query, after: next, limit: PAGE });
          const glances = found.items.length ? await app.client.ask("Glances", { sessions: [...new Set(found.items.map((fact) => fact.session))] }) : [];
          for (const glance of glances) names.set(glance.session, glance);
          if (all.length === 0) fill(list);
          all.push(...found.items);
          list.append(...found.items.map(row));
          next = found.next;
          more.hidden = next === null;
          save.hidden = all.length === 0;
          state.textContent = t(all.length ? "st_behind_count" : "st_behind_none", { n: write.whole(all.length) });
        } catch (problem) {
          fill(list);
          state.textContent = app.explain(problem);
          more.hidden = false;
        }
        more.disabled = false;
      }

      function row(fact) {
        const known = names.get(fact.session);
        const own = READ[query.measure]?.(fact) ?? null;
        const category = app.desk.category(fact.category)?.path ?? t("st_no_category");
        const agent = app.desk.agent(fact.agent)?.name ?? (known?.agent_name || t("st_no_agent"));
        return h(
          "li",
          {},
          h(
            "a",
            { href: app.href(`sessions/${fact.session}`), on: { click: () => shut() } },
            h("span", { class: "behind-who" }, h("strong", {}, known?.customer.name || t("st_guest")), h("time", {}, `${app.time.brief(fact.closed_at)}`)),
            h("span", { class: "behind-said" }, known?.last?.text ?? ""),
            h("span", { class: "behind-facts" }, `${agent} · ${category}`, own === null ? null : h("b", {}, write.span(own))),
          ),
        );
      }

      function file() {
        const head = [t("st_session"), t("st_customer"), t("st_agent"), t("st_category"), t("st_channel"), t("st_ended_at"), t("st_first_response"), t("st_length"), t("st_value")];
        download(`${title}-${query.start.slice(0, 10)}`, [
          head,
          ...all.map((fact) => [
            fact.session, names.get(fact.session)?.customer.name ?? "", app.desk.agent(fact.agent)?.name ?? "", app.desk.category(fact.category)?.path ?? "",
            fact.channel, fact.closed_at, seconds(fact.response), seconds(fact.total), READ[query.measure]?.(fact) ?? "",
          ]),
        ]);
      }
    },
  });
}

function skeletons(list) {
  fill(list, Array.from({ length: 6 }, () => h("li", { class: "behind-skeleton", "aria-hidden": "true" }, h("span", { class: "skeleton" }), h("span", { class: "skeleton" }))));
}
