/**
 * What customers may read: sections, articles in them, and the page on which one is written.
 *
 * May: write articles, publish them and take them back. May not: clean HTML (the desk does).
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { Form, choice, own, select, text, toggle, words } from "./forms.js";
import { badge, carry, confirm, edit, listed, row, tool } from "./rows.js";
import { editor } from "./editor.js";

const TYPES = ["faq", "guide", "notice", "event"];
const STATES = { draft: "", scheduled: "amber", published: "green", withdrawn: "" };

export async function draw(page) {
  const [id] = page.path;
  if (id) return write(page, id === "new" ? null : id);
  return list(page);
}

/** What an article is at this moment. */
export function stateOf(article, now = Date.now()) {
  if (!article.publish_at) return "draft";
  if (article.unpublish_at && Date.parse(article.unpublish_at) <= now) return "withdrawn";
  return Date.parse(article.publish_at) <= now ? "published" : "scheduled";
}

async function everything(app, signal) {
  const items = [];
  for (let after = null; ; ) {
    const found = await app.client.ask("Articles", { after, limit: 500 }, { signal });
    items.push(...found.items);
    after = found.next;
    if (after === null) return items;
  }
}

async function list(page) {
  const { app, t, place, signal } = page;
  const [sections, articles] = await Promise.all([app.client.ask("Sections", {}, { signal }), everything(app, signal)]);
  const found = h("div");
  const search = h("input", { class: "input", type: "search", placeholder: t("articles_search"), "aria-label": t("articles_search"), on: { input: () => show() } });
  const one = (article) =>
    row(page, {
      name: article.title, more: [t(`articles_type_${article.type}`), article.language, article.examples.length ? t("articles_examples_n", { n: article.examples.length }) : null].filter(Boolean).join(" · "),
      badges: [badge(t(`articles_${stateOf(article)}`), STATES[stateOf(article)])], open: () => page.go(`articles/${article.id}`),
      tools: stateOf(article) === "published"
        ? [tool("link", t("articles_see", { name: article.title }), () => window.open(`${app.base}/help/articles/${article.id}`, "_blank", "noopener"))]
        : [],
    });
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    const fits = (article) => !wanted || article.title.toLowerCase().includes(wanted) || article.body.toLowerCase().includes(wanted);
    const shelf = (section, title) => {
      const here = articles.filter((article) => (article.section ?? null) === (section?.id ?? null) && fits(article));
      if (!section && !here.length && sections.length) return null;
      if (wanted && !here.length) return null;
      const box = listed(page, { title, rows: here.map(one), none: t("articles_section_empty") });
      if (section && app.isAdmin) box.querySelector("header").append(h("span", { class: "set-tools" }, section.disabled ? badge(t("labels_off")) : null, tool("edit", t("articles_change_section_named", { name: title }), () => sectionForm(page, section))));
      return box;
    };
    fill(found, sections.map((section) => shelf(section, app.language === "en" ? section.names.en ?? section.name : section.name)), shelf(null, t("articles_no_section")), wanted && !articles.some(fits) ? h("p", { class: "set-none" }, t("articles_not_found")) : null);
  };
  show();
  fill(
    place,
    h(
      "div",
      { class: "set-bar" },
      search,
      h("a", { class: "button", href: `${app.base}/help`, target: "_blank" }, icon("book", 16), t("articles_help_centre")),
      app.isAdmin ? h("button", { type: "button", class: "button", on: { click: () => sectionForm(page, null) } }, t("articles_add_section")) : null,
      app.isAdmin ? h("button", { type: "button", class: "button primary", on: { click: () => page.go("articles/new") } }, icon("plus", 16), t("articles_add")) : null,
    ),
    found,
  );
}

function sectionForm(page, section) {
  const { app, t } = page;
  edit(page, t(section ? "articles_change_section" : "articles_add_section"), () => {
    const fields = [
      text(t, { name: "name", label: t("articles_section_name"), value: section?.name, limit: 100, required: true, example: t("articles_section_example") }),
      text(t, { name: "names.en", label: t("articles_section_en"), value: section?.names.en, limit: 100, optional: true, example: "Delivery" }),
    ];
    if (section) fields.push(toggle(t, { name: "disabled", label: t("articles_section_off"), hint: t("articles_section_off_hint"), value: section.disabled }));
    return {
      fields, layout: fields.map(({ node }) => node),
      save({ name, disabled, ...values }) {
        const names = { ...(section?.names ?? {}) };
        if (values["names.en"]) names.en = values["names.en"];
        else delete names.en;
        return section ? app.client.do("ChangeSection", { section: section.id, name, names, disabled }) : app.client.do("AddSection", { name, names });
      },
    };
  });
}

// ------------------------------------------------------------------------------------------------------------ one article

async function write(page, id) {
  const { app, t, place, signal } = page;
  const [sections, article] = await Promise.all([app.client.ask("Sections", {}, { signal }), id ? app.client.ask("GetArticle", { article: id }, { signal }) : null]);
  const state = article ? stateOf(article) : "draft";
  const title = text(t, { name: "title", label: t("articles_title"), value: article?.title, required: true, example: t("articles_title_example") });
  const area = editor(t, article?.body ?? "", app.isAdmin);
  const body = own("body", h("div", { class: "set-field" }, h("span", { class: "set-label", id: "article-body" }, t("articles_body")), area.node, h("p", { class: "set-wrong", hidden: true })), area.get, area.set);
  area.area.setAttribute("aria-labelledby", "article-body");
  const fields = [
    title, body,
    choice(t, { name: "type", label: t("articles_type"), value: article?.type ?? "faq", choices: TYPES.map((type) => [type, t(`articles_type_${type}`), t(`articles_type_${type}_note`)]) }),
    select(t, { name: "section", label: t("articles_section"), hint: t("articles_section_hint"), value: article?.section ?? sections[0]?.id ?? "", choices: [["", t("articles_no_section")], ...sections.map((section) => [section.id, section.name])] }),
    select(t, { name: "language", label: t("articles_language"), hint: t("articles_language_hint"), value: article?.language ?? "", choices: [["", t("articles_any_language")], ["ko", "한국어"], ["en", "English"], ...(article?.language && !["ko", "en"].includes(article.language) ? [[article.language, article.language]] : [])] }),
    words(t, { name: "examples", label: t("articles_examples"), hint: t("articles_examples_hint"), value: article?.examples ?? [], limit: 500, optional: true, placeholder: t("articles_examples_placeholder") }),
  ];
  let then = null;
  const form = page.guard(
    new Form(page, {
      fields,
      layout: h("div", { class: "article-form" }, h("div", { class: "set-part-body" }, title.node, body.node), h("div", { class: "set-part-body article-side" }, fields.slice(2).map(({ node }) => node))),
      async save(values) {
        const saved = article ? await app.client.do("ChangeArticle", { article: article.id, ...values }) : await app.client.do("AddArticle", { ...values, section: values.section || null, language: values.language || null });
        if (then) await app.client.do("PublishArticle", { article: saved.id });
        form.made = saved;
      },
      saved() {
        app.toast(t(then ? "articles_published_now" : "set_saved"));
        if (article) page.again();
        else app.go(`settings/articles/${form.made.id}`, { replace: true });
      },
    }),
  );
  const publish = async () => {
    then = true;
    if (form.dirty || !article) await form.submit();
    else await carry(page, "PublishArticle", { article: article.id }, "articles_published_now");
    then = null;
  };
  const tools = app.isAdmin
    ? [
        state === "published"
          ? h("button", { type: "button", class: "button", on: { click: () => carry(page, "UnpublishArticle", { article: article.id }, "articles_taken_back") } }, t("articles_unpublish"))
          : h("button", { type: "button", class: "button", on: { click: publish } }, icon("check", 16), t("articles_publish")),
        article
          ? h("button", { type: "button", class: "button quiet danger", on: { click: () => confirm(page, { title: t("articles_remove"), text: t("articles_remove_text", { name: article.title }), action: t("set_remove"), then: async () => {
              await app.client.do("RemoveArticle", { article: article.id });
              form.keep();
              app.toast(t("set_removed"));
              page.go("articles");
            } }) } }, icon("trash", 16), t("set_remove"))
          : null,
      ]
    : [];
  fill(
    place,
    h("div", { class: "set-bar" }, h("a", { class: "button quiet", href: app.href("settings/articles") }, icon("back", 16), t("articles_all")), badge(t(`articles_${state}`), STATES[state]), h("span", { class: "set-bar-gap" }), tools),
    form.node,
  );
}

