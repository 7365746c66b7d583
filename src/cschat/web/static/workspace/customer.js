/**
 * The customer of the conversation: who they are, what is known of them, what they asked before; and what this session is about.
 *
 * May: show, and change one thing at a time in its place. May not: write to the customer.
 */

import { fill, h, safe } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { act } from "./actions.js";
import { CategoryField, TagField } from "./labels.js";
import { avatar, badge, channelMark, customerName } from "./marks.js";
import { paper } from "./talk.js";

const EARLIER = 10;
const PROFILE = [
  ["name", "text", "name"],
  ["phone", "tel", "tel"],
  ["email", "email", "email"],
  ["birth_date", "date", "bday"],
  ["address", "text", "street-address"],
];
const PRIORITIES = ["low", "normal", "high", "urgent"];

export class CustomerPanel {
  constructor(app, on) {
    Object.assign(this, { app, on });
    const { t } = app;
    this.id = null;
    this.head = h("header", { class: "side-head" });
    this.body = h("div", { class: "side-body" });
    this.node = h("div", { class: "customer", hidden: true }, this.head, this.body);
    this.parts = {};
    this.category = new CategoryField(app, { label: t("field_category"), change: (category) => this.#do("SetCategory", { session: this.id, category }) });
    this.tags = new TagField(app, { label: t("field_tags"), known: () => names(app.desk.tags), open: () => app.brand.open_labels, change: (tags) => this.#tagSession(tags) });
    this.customerTags = new TagField(app, { label: t("section_tags"), known: () => names(app.desk.customerTags), open: () => app.brand.open_labels, change: (tags) => this.#tagCustomer(tags) });
    this.stops = [
      app.sessions.listen((ids) => ids.includes(this.id) && this.#session()),
      app.listen((event) => this.customer && event.subject === this.customer.id && this.#reload()),
      app.desk.listen((what) => what === "labels" && this.id && this.#session()),
    ];
  }

  close() {
    for (const stop of this.stops) stop();
  }

  async open(id) {
    if (id === this.id) return;
    this.id = id;
    this.customer = null;
    this.node.hidden = id === null;
    if (id === null) return;
    this.#skeleton();
    const { app } = this;
    try {
      const session = app.sessions.get(id) ?? (await app.client.ask("GetSession", { session: id }));
      const customer = await app.client.ask("GetCustomer", { customer: session.customer });
      if (this.id !== id) return;
      this.customer = customer;
      this.#show(session);
      this.#earlier(customer.id);
      this.#host(customer.id);
      this.#page(session);
    } catch (problem) {
      if (this.id === id) fill(this.body, h("p", { class: "hint" }, app.explain(problem)));
    }
  }

  async #reload() {
    const { id, customer } = this;
    const fresh = await this.app.client.ask("GetCustomer", { customer: customer.id }).catch(() => null);
    if (!fresh || this.id !== id || this.node.contains(document.activeElement) && document.activeElement.matches("input, textarea")) return;
    this.customer = fresh;
    this.#profile();
  }

  // ----------------------------------------------------------------------------------------------------------- changing

  async #do(command, fields) {
    const done = await act(this.app, command, fields);
    if (done) this.app.announce(this.app.t("saved"));
    else this.#session();
  }

  #tagSession(tags) {
    const before = this.app.sessions.get(this.id)?.tags ?? [];
    return this.#difference(before, tags, "TagSession", "UntagSession", { session: this.id });
  }

  async #tagCustomer(tags) {
    await this.#difference(this.customer.tags, tags, "TagCustomer", "UntagCustomer", { customer: this.customer.id });
    this.customer = { ...this.customer, tags };
  }

  async #difference(before, after, add, remove, subject) {
    const added = after.filter((tag) => !before.includes(tag));
    const removed = before.filter((tag) => !after.includes(tag));
    if (added.length) await this.#do(add, { ...subject, tags: added });
    if (removed.length) await this.#do(remove, { ...subject, tags: removed });
  }

  async #update(changes) {
    const { app } = this;
    try {
      this.customer = await app.client.do("UpdateCustomer", { customer: this.customer.id, ...changes });
      app.announce(app.t("saved"));
      this.#profile();
      return null;
    } catch (problem) {
      return app.explain(problem);
    }
  }

  // ------------------------------------------------------------------------------------------------------------ drawing

  #show(session) {
    const { t } = this.app;
    const parts = (this.parts = {
      session: h("dl", { class: "facts" }),
      profile: h("dl", { class: "facts" }),
      attributes: h("dl", { class: "facts" }),
      attributeAdd: h("div", { class: "attribute-add" }),
      device: h("dl", { class: "facts" }),
      host: h("dl", { class: "facts" }),
      earlier: h("div", { class: "earlier" }, h("i", { class: "skeleton" })),
    });
    this.hostSection = section(t("section_host"), parts.host);
    this.hostSection.hidden = true;
    fill(
      this.body,
      section(t("section_session"), parts.session, h("div", { class: "field" }, h("span", { class: "label" }, t("field_category")), this.category.node), h("div", { class: "field" }, h("span", { class: "label" }, t("field_tags")), this.tags.node)),
      section(t("section_profile"), parts.profile),
      section(t("section_tags"), this.customerTags.node),
      section(t("section_attributes"), parts.attributes, parts.attributeAdd),
      this.hostSection,
      section(t("section_device"), parts.device),
      section(t("section_earlier"), parts.earlier),
    );
    this.#profile();
    this.#session(session);
  }

  #profile() {
    const { app, customer, parts } = this;
    const { t } = app;
    const name = customerName(customer, t);
    fill(
      this.head,
      avatar({ id: customer.id, name: customer.profile.name, image: customer.profile.image }, { size: "large" }),
      h("div", { class: "side-who" }, h("h2", {}, h("a", { href: app.href(`customers/${customer.id}`), title: t("open_customer") }, name)), h("p", {}, badge(t(customer.type), customer.type === "member" ? "blue" : ""), h("span", { class: "hint" }, `${t("field_registered")} ${app.time.brief(customer.registered_at)}`))),
      h("button", { type: "button", class: "icon-button side-close", "aria-label": t("close"), on: { click: () => this.on.close() } }, icon("close")),
    );
    fill(
      parts.profile,
      PROFILE.map(([field, type, complete]) => this.#editable(t(`field_${field}`), customer.profile[field], (value) => this.#update({ [field]: value }), { type, autocomplete: complete, link: field })),
      customer.language ? fact(t("field_language"), languageName(app, customer.language)) : null,
    );
    this.customerTags.set(customer.tags);
    const attributes = Object.entries(customer.attributes);
    fill(
      parts.attributes,
      attributes.map(([key, value]) => this.#editable(key, String(value), (text) => this.#update({ attributes: { [key]: text === "" ? null : retyped(text, value) } }), { type: "text" })),
    );
    fill(parts.attributeAdd, this.#newAttribute());
    const device = Object.entries(customer.device);
    fill(parts.device, device.map(([key, value]) => fact(key, value)), this.pageFact ?? null);
    parts.device.closest("section").hidden = !device.length && !this.pageFact;
  }

  #session(given = null) {
    const { app, parts } = this;
    const { t } = app;
    const session = app.sessions.get(this.id) ?? given;
    if (!session || !parts.session) return;
    const typing = this.node.contains(document.activeElement) && document.activeElement.matches(".tag-input, .category-input");
    if (!typing) {
      this.category.set(session.category);
      this.tags.set(session.tags);
    }
    if (parts.session.contains(document.activeElement)) return;
    const priority = h("select", { class: "plain-select", "aria-label": t("field_priority") }, PRIORITIES.map((one) => h("option", { value: one, selected: one === session.priority }, t(`priority_${one}`))));
    priority.addEventListener("change", () => {
      priority.blur();
      this.#do("SetPriority", { session: session.id, priority: priority.value });
    });
    const owner = session.agent ?? session.last_agent;
    fill(
      parts.session,
      this.#editable(t("field_subject"), session.subject, async (subject) => (await act(app, "SetSubject", { session: session.id, subject }), null), { type: "text" }),
      fact(t("field_priority"), priority),
      owner ? fact(t("field_agent"), app.desk.agent(owner)?.name ?? "…") : null,
      session.group ? fact(t("field_group"), app.desk.group(session.group)?.name ?? "…") : null,
      fact(t("field_channel"), [channelMark(session.channel), " ", session.channel]),
      fact(t("field_opened"), h("time", { datetime: session.opened_at, title: app.time.full(session.opened_at) }, app.time.brief(session.opened_at))),
      session.rating !== null ? fact(t("field_rating"), String(session.rating)) : null,
    );
  }

  /** A fact that is changed where it stands: Enter saves, Escape does not. */
  #editable(label, value, save, { type, autocomplete = "off", link = "" }) {
    const { t } = this.app;
    const shown = h("dd", {});
    const node = h("div", { class: "fact editable" }, h("dt", {}, label), shown);
    const show = () => {
      const button = h("button", { type: "button", class: `fact-value${value ? "" : " empty"}`, "aria-label": `${t("edit_field", { field: label })}: ${value || t("field_empty")}`, on: { click: edit } }, value || t("field_empty"), icon("edit", 14));
      const out = link === "phone" && value ? `tel:${value}` : link === "email" && value ? `mailto:${value}` : "";
      fill(shown, button, out ? h("a", { class: "icon-button small", href: out, "aria-label": value }, icon(link === "phone" ? "phone" : "mail", 14)) : null);
    };
    const edit = () => {
      const input = h("input", { class: "input", type, value, autocomplete, "aria-label": label });
      const wrong = h("small", { class: "form-problem", role: "alert", hidden: true });
      let over = false;
      const finish = async (keep) => {
        if (over) return;
        over = true;
        const text = input.value.trim();
        if (keep && text !== value) {
          input.disabled = true;
          const problem = await save(text);
          if (problem) {
            over = false;
            input.disabled = false;
            wrong.hidden = false;
            wrong.textContent = problem;
            input.focus();
            return;
          }
          value = text;
        }
        show();
        shown.querySelector("button").focus({ preventScroll: true });
      };
      input.addEventListener("keydown", (event) => {
        if (event.isComposing || event.keyCode === 229) return;
        if (event.key === "Enter") {
          event.preventDefault();
          finish(true);
        } else if (event.key === "Escape") {
          event.stopPropagation();
          finish(false);
        }
      });
      input.addEventListener("blur", () => finish(true));
      fill(shown, input, wrong);
      input.focus();
      if (type === "text") input.select();
    };
    show();
    return node;
  }

  #newAttribute() {
    const { t } = this.app;
    const button = h("button", { type: "button", class: "button quiet small" }, icon("plus", 14), t("attribute_add"));
    button.addEventListener("click", () => {
      const name = h("input", { class: "input", placeholder: t("attribute_name"), "aria-label": t("attribute_name"), maxlength: "100" });
      const value = h("input", { class: "input", placeholder: t("attribute_value"), "aria-label": t("attribute_value"), maxlength: "1000" });
      const form = h("form", { class: "new-attribute" }, name, value, h("button", { class: "button small", type: "submit" }, t("add")));
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (!name.value.trim() || !value.value.trim()) return;
        const problem = await this.#update({ attributes: { [name.value.trim()]: value.value.trim() } });
        if (problem) this.app.toast(problem, { kind: "error" });
      });
      form.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        form.replaceWith(button);
      });
      button.replaceWith(form);
      name.focus();
    });
    return button;
  }

  async #page(session) {
    const { id } = this;
    try {
      const { items } = await this.app.client.ask("History", { session: session.id, limit: 1 });
      const page = items[0]?.body.page;
      this.pageFact = page && this.id === id ? fact(this.app.t("field_page"), safe(page) && /^https?:/.test(page) ? h("a", { href: page, target: "_blank", rel: "noopener noreferrer" }, page) : page) : null;
      if (this.id === id && this.customer) this.#profile();
    } catch (problem) {
      console.warn("cschat: the page could not be asked for", problem);
    }
  }

  async #host(customer) {
    const { id } = this;
    try {
      const items = await this.app.client.get(`/customers/${encodeURIComponent(customer)}/info`, { tries: 1 });
      if (this.id !== id) return;
      fill(this.parts.host, items.map((item) => fact(item.label, item.url && safe(item.url) ? h("a", { href: item.url, target: "_blank", rel: "noopener noreferrer" }, item.value) : item.value)));
      this.hostSection.hidden = !items.length;
    } catch {
      if (this.id !== id) return;
      fill(this.parts.host, h("p", { class: "hint" }, this.app.t("host_failed")));
      this.hostSection.hidden = false;
    }
  }

  async #earlier(customer) {
    const { app, id } = this;
    const { t } = app;
    try {
      const page = await app.client.ask("CustomerSessions", { customer, limit: EARLIER + 1 });
      const sessions = page.items.filter((session) => session.id !== id).slice(0, EARLIER);
      if (this.id !== id) return;
      if (!sessions.length) {
        fill(this.parts.earlier, h("p", { class: "hint" }, t("earlier_none")));
        return;
      }
      const glances = await app.client.ask("Glances", { sessions: sessions.map((session) => session.id) });
      if (this.id !== id) return;
      fill(this.parts.earlier, sessions.map((session, at) => this.#earlierOne(session, glances[at])));
    } catch (problem) {
      if (this.id === id) fill(this.parts.earlier, h("p", { class: "hint" }, app.explain(problem)));
    }
  }

  #earlierOne(session, glance) {
    const { app } = this;
    const { t } = app;
    const category = session.category ? app.desk.category(session.category)?.path.replaceAll("/", " › ") : "";
    const notes = h("div", { class: "earlier-notes" });
    const node = h(
      "details",
      { class: "earlier-one" },
      h(
        "summary",
        {},
        h("span", { class: "earlier-when" }, app.time.brief(session.opened_at)),
        h("span", { class: "earlier-what" }, category || session.subject || glance.last?.text || t("no_message")),
        session.state === "closed" ? null : badge(t(`state_${session.state}`)),
        icon("down", 14),
      ),
      h("div", { class: "earlier-more" }, h("p", { class: "hint" }, [glance.agent_name, glance.last?.text].filter(Boolean).join(" · ")), notes, h("a", { class: "button small", href: app.href(`sessions/${session.id}`) }, t("earlier_open"))),
    );
    node.addEventListener("toggle", async () => {
      if (!node.open || notes.firstChild) return;
      fill(notes, h("i", { class: "skeleton" }));
      try {
        const { items } = await app.client.ask("History", { session: session.id, limit: 1000 });
        const written = items.filter((event) => event.body.note || (event.type === "MessageSent" && event.body.visibility === "internal"));
        fill(notes, written.length ? written.map((event) => paper(app, event.type === "WrappedUp" ? "closing_note" : event.type === "Transferred" ? "transfer_note" : "internal_note", event.body.note ?? event.body.content.text)) : h("p", { class: "hint" }, t("earlier_no_note")));
      } catch (problem) {
        fill(notes, h("p", { class: "hint" }, app.explain(problem)));
      }
    });
    return node;
  }

  #skeleton() {
    this.parts = {};
    this.pageFact = null;
    const line = () => h("i", { class: "skeleton" });
    fill(this.head, h("i", { class: "skeleton face large" }), h("div", { class: "side-who" }, line()));
    fill(this.body, h("div", { class: "side-skeleton", "aria-hidden": "true" }, line(), line(), line(), line()));
  }
}

function section(title, ...parts) {
  return h("section", { class: "side-section" }, h("h3", {}, title), parts);
}

function fact(label, value) {
  return h("div", { class: "fact" }, h("dt", {}, label), h("dd", {}, value));
}

function names(tags) {
  return tags.filter((tag) => !tag.disabled).map((tag) => tag.name);
}

function languageName(app, code) {
  try {
    return new Intl.DisplayNames([app.language], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/** An attribute keeps its type, as far as what was typed fits it. */
function retyped(text, before) {
  if (typeof before === "number" && Number.isFinite(Number(text))) return Number(text);
  if (typeof before === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  return text;
}
