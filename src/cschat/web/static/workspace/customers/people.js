/**
 * The list of customers, and one of them beside it.
 *
 * May: search, show, change a profile and its tags, write to a customer first. May not: merge or erase.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { avatar, badge, channelMark, customerName } from "../marks.js";
import { dialog } from "../surfaces.js";
import { Form, text, words } from "../settings/forms.js";

const PAGE = 50;
const TYPING = 250; // milliseconds
const PROFILE = [["name", "text", 200], ["phone", "tel", 50], ["email", "email", 200], ["birth_date", "date", 10], ["address", "text", 500]];

export class People {
  constructor(page) {
    const { t } = page;
    Object.assign(this, page, { page, id: undefined, next: null, asking: null });
    this.search = h("input", { type: "search", class: "input", placeholder: t("cus_search"), "aria-label": t("cus_search"), maxlength: 200, on: { input: () => this.#typed() } });
    this.list = h("ul", { class: "cus-list" });
    this.state = h("div", { class: "cus-state", role: "status" });
    this.more = h("button", { type: "button", class: "button", hidden: true, on: { click: () => this.#ask() } }, t("cus_more"));
    this.detail = h("div", { class: "cus-detail", tabindex: "-1" });
    this.node = h("div", { class: "cus-columns" }, h("div", { class: "cus-side" }, h("div", { class: "cus-search" }, icon("search", 18), this.search), h("div", { class: "cus-scroll" }, this.list, this.state, this.more)), this.detail);
    this.list.addEventListener("keydown", (event) => this.#keys(event));
    this.#begin();
  }

  close() {
    this.asking?.abort();
    clearTimeout(this.due);
  }

  show(id) {
    this.node.classList.toggle("deep", id !== null);
    for (const link of this.list.querySelectorAll("a")) this.#mark(link, id);
    if (id === this.id) return;
    this.id = id;
    if (id === null) fill(this.detail, h("div", { class: "blank" }, icon("user"), h("h2", {}, this.t("cus_choose")), h("p", {}, this.t("cus_choose_hint"))));
    else this.#open(id);
  }

  // --------------------------------------------------------------------------------------------------------------- list

  #typed() {
    clearTimeout(this.due);
    this.due = setTimeout(() => this.#begin(), TYPING);
  }

  #begin() {
    this.next = null;
    this.fresh = true;
    this.#ask();
  }

  async #ask() {
    const { app, t } = this;
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.more.disabled = true;
    try {
      const found = await app.client.ask("Customers", { text: this.search.value.trim() || null, after: this.next, limit: PAGE }, { signal: asking.signal });
      if (this.fresh) fill(this.list);
      this.fresh = false;
      this.list.append(...found.items.filter((one) => !one.merged_into).map((one) => this.#row(one)));
      this.next = found.next;
      this.more.hidden = found.next === null;
      const none = !this.list.children.length;
      const key = this.search.value.trim() ? "cus_not_found" : "cus_none";
      fill(this.state, none ? h("div", { class: "blank" }, h("h3", {}, t(key)), h("p", {}, t(`${key}_hint`))) : null);
    } catch (problem) {
      if (problem.name !== "AbortError") fill(this.state, h("p", { class: "hint" }, app.explain(problem)));
    }
    this.more.disabled = false;
  }

  #row(customer) {
    const { app, t } = this;
    const { profile } = customer;
    const link = h(
      "a",
      { href: app.href(`customers/${customer.id}`), data: { id: customer.id } },
      avatar(customer),
      h("span", { class: "cus-who" }, h("strong", {}, customerName(customer, app.t)), h("small", {}, [profile.phone, profile.email].filter(Boolean).join(" · ") || t("cus_since", { at: app.time.brief(customer.registered_at) }))),
      customer.type === "member" ? badge(t("cus_member"), "blue") : null,
    );
    this.#mark(link, this.id);
    return h("li", {}, link);
  }

  #mark(link, id) {
    if (link.dataset.id === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }

  #keys(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const all = [...this.list.querySelectorAll("a")];
    const to = all[all.indexOf(document.activeElement) + step];
    if (!to) return;
    event.preventDefault();
    to.focus();
  }

  // ------------------------------------------------------------------------------------------------------------ customer

  async #open(id) {
    const { app, t } = this;
    fill(this.detail, h("div", { class: "cus-waiting" }, h("div", { class: "skeleton" }), h("div", { class: "skeleton" })));
    try {
      const [customer, sessions] = await app.client.askAll([["GetCustomer", { customer: id }], ["CustomerSessions", { customer: id, limit: PAGE }]]);
      const glances = sessions.items.length ? await app.client.ask("Glances", { sessions: sessions.items.map((one) => one.id) }) : [];
      if (this.id === id) this.#draw(customer, sessions, glances);
    } catch (problem) {
      if (this.id === id) fill(this.detail, h("div", { class: "blank", role: "alert" }, icon("alert"), h("p", {}, app.explain(problem)), h("a", { class: "button", href: app.href("customers") }, t("cus_back"))));
    }
  }

  #draw(customer, sessions, glances) {
    const { app, t } = this;
    const [kind, ...key] = customer.key.split(":");
    const whole = !customer.erased && !customer.merged_into;
    fill(
      this.detail,
      h("a", { class: "cus-back", href: app.href("customers") }, icon("back", 18), t("cus_back")),
      h(
        "header",
        { class: "cus-head" },
        avatar(customer, { size: "large" }),
        h("div", {}, h("h1", {}, customerName(customer, app.t)), h("p", { class: "hint" }, [t(customer.type === "member" ? "cus_member" : "cus_guest"), kind === "member" ? key.join(":") : null, t("cus_since", { at: app.time.full(customer.registered_at) })].filter(Boolean).join(" · "))),
        whole ? h("button", { type: "button", class: "button", on: { click: () => this.#write(customer) } }, icon("chat", 16), t("cus_write")) : null,
      ),
      customer.erased ? h("p", { class: "set-locked" }, t("cus_erased")) : null,
      customer.merged_into ? h("p", { class: "set-locked" }, t("cus_merged"), " ", h("a", { href: app.href(`customers/${customer.merged_into}`) }, t("cus_see_other"))) : null,
      whole ? this.#profile(customer) : null,
      this.#facts("cus_attributes", Object.entries(customer.attributes)),
      this.#facts("cus_device", Object.entries(customer.device)),
      this.#sessions(customer, sessions, glances),
    );
  }

  #profile(customer) {
    const { app, t } = this;
    const free = Object.create(app, { isAdmin: { value: true } }); // any agent keeps profiles
    const fields = PROFILE.map(([name, type, limit]) => text(t, { name, label: t(`cus_${name}`), value: customer.profile[name], type, limit }));
    const tags = words(t, { name: "tags", label: t("cus_tags"), value: customer.tags, limit: 100, placeholder: t("set_enter") });
    const form = new Form({ ...this.page, app: free }, {
      fields: [...fields, tags],
      layout: h("section", { class: "set-part" }, h("header", {}, h("h2", {}, t("cus_profile"))), h("div", { class: "set-columns" }, fields.map(({ node }) => node)), tags.node),
      save: async ({ tags: now, ...profile }) => {
        const changed = Object.fromEntries(Object.entries(profile).filter(([name, value]) => value !== customer.profile[name]));
        const added = now.filter((tag) => !customer.tags.includes(tag));
        const removed = customer.tags.filter((tag) => !now.includes(tag));
        const commands = [
          Object.keys(changed).length ? ["UpdateCustomer", { customer: customer.id, ...changed }] : null,
          added.length ? ["TagCustomer", { customer: customer.id, tags: added }] : null,
          removed.length ? ["UntagCustomer", { customer: customer.id, tags: removed }] : null,
        ].filter(Boolean);
        if (commands.length) await app.client.doAll(commands);
      },
      saved: () => {
        app.toast(t("set_saved"));
        this.id = undefined;
        this.show(customer.id);
        this.#begin();
      },
    });
    return form.node;
  }

  #facts(title, pairs) {
    if (!pairs.length) return null;
    return h("section", { class: "set-part" }, h("header", {}, h("h2", {}, this.t(title))), h("dl", { class: "cus-facts" }, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value))))));
  }

  #sessions(customer, sessions, glances) {
    const { app, t } = this;
    const known = new Map(glances.map((glance) => [glance.session, glance]));
    const list = h("ul", { class: "set-list cus-sessions" });
    const add = (items) =>
      list.append(
        ...items.map((session) => {
          const glance = known.get(session.id);
          const category = app.desk.category(session.category)?.path;
          return h(
            "li",
            {},
            channelMark(session.channel),
            h(
              "a",
              { class: "set-open", href: app.href(`sessions/${session.id}`) },
              h("strong", {}, session.subject || glance?.last?.text || category || t("cus_sessions")),
              h("small", {}, [app.time.full(session.opened_at), glance?.agent_name, category].filter(Boolean).join(" · ")),
            ),
            badge(t(`cus_state_${session.state}`), session.state === "closed" ? "" : "green"),
          );
        }),
      );
    add(sessions.items);
    let { next } = sessions;
    const more = h("button", { type: "button", class: "button", hidden: next === null, on: { click: async () => {
      more.disabled = true;
      try {
        const found = await app.client.ask("CustomerSessions", { customer: customer.id, after: next, limit: PAGE });
        for (const glance of await app.client.ask("Glances", { sessions: found.items.map((one) => one.id) })) known.set(glance.session, glance);
        add(found.items);
        next = found.next;
        more.hidden = next === null;
      } catch (problem) {
        app.failed(problem);
      }
      more.disabled = false;
    } } }, t("cus_more"));
    return h("section", { class: "set-listed" }, h("h2", {}, t("cus_sessions")), sessions.items.length ? list : h("p", { class: "set-none" }, t("cus_no_sessions")), more);
  }

  #write(customer) {
    const { app, t, page } = this;
    dialog({
      title: t("cus_write"), close: app.t("close"),
      fill: (body, shut) => {
        const said = text(t, { name: "text", label: t("cus_write_text"), hint: t("cus_write_hint"), lines: 4, limit: 5000, required: true });
        const form = new Form({ ...page, app: Object.create(app, { isAdmin: { value: true } }) }, {
          fields: [said], layout: said.node, always: true, label: t("cus_write_send"),
          save: async (values) => (form.made = await app.client.do("OpenSessionByAgent", { customer: customer.id, ...values })),
          saved: () => (shut(), app.go(`sessions/${form.made.id}`)),
        });
        fill(body, form.node);
      },
    });
  }
}
