/**
 * How the brand looks to its customers: name, logo, colour, greeting, launcher; with a picture of it beside.
 *
 * May: change `Brand.name`, `language` and `look`. May not: draw the widget itself (it shows a likeness).
 */

import { brandColours } from "../../shared/colour.js";
import { fill, h, safe } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { Form, choice, own, part, select, text } from "./forms.js";

const SWATCHES = ["#2f6fed", "#0f766e", "#15803d", "#b45309", "#c2262e", "#be185d", "#6d28d9", "#17191c"];

export async function draw(page) {
  const { app, t, place } = page;
  const brand = app.brand;
  const { look } = brand;
  const fields = [
    text(t, { name: "name", label: t("look_name"), hint: t("look_name_hint"), value: brand.name, limit: 100, example: t("look_name_example") }),
    text(t, { name: "look.logo", label: t("look_logo"), hint: t("look_logo_hint"), value: look.logo, limit: 2000, mode: "url", optional: true, example: "https://shop.example/logo.png" }),
    colour(t, look.colour),
    text(t, { name: "look.greeting.ko", label: t("look_greeting_ko"), value: look.greeting.ko, limit: 500, lines: 2, optional: true, example: "안녕하세요, 무엇을 도와드릴까요?" }),
    text(t, { name: "look.greeting.en", label: t("look_greeting_en"), value: look.greeting.en, limit: 500, lines: 2, optional: true, example: "Hello! How can we help?" }),
    text(t, { name: "look.launcher.ko", label: t("look_launcher_ko"), hint: t("look_launcher_hint"), value: look.launcher.ko, limit: 40, optional: true, example: "문의하기" }),
    text(t, { name: "look.launcher.en", label: t("look_launcher_en"), value: look.launcher.en, limit: 40, optional: true, example: "Help" }),
    choice(t, { name: "look.position", label: t("look_position"), value: look.position, choices: [["right", t("look_right"), ""], ["left", t("look_left"), ""]] }),
    select(t, { name: "language", label: t("look_language"), hint: t("look_language_hint"), value: brand.language.startsWith("ko") ? "ko" : brand.language, choices: [["ko", "한국어"], ["en", "English"]] }),
  ];
  const [name, logo, hue, greetingKo, greetingEn, launcherKo, launcherEn, position, language] = fields;
  const likeness = h("div", { class: "likeness", "aria-hidden": "true" });
  const form = page.guard(
    new Form(page, {
      fields,
      layout: [
        part(t("look_brand"), t("look_brand_note"), name.node, logo.node, hue.node, language.node),
        part(t("look_widget"), t("look_widget_note"), greetingKo.node, greetingEn.node, launcherKo.node, launcherEn.node, position.node),
      ],
      save: (values) => app.client.do("ChangeBrand", { name: values.name, language: values.language, look: lookOf(values) }),
    }),
  );
  form.onTouch = (values) => show(likeness, values, app, t);
  form.touch();
  fill(place, h("div", { class: "set-beside" }, form.node, h("aside", { class: "set-aside" }, h("p", { class: "set-label" }, t("look_preview")), likeness, h("a", { class: "button", href: app.href("try"), target: "_blank" }, icon("chat", 16), t("look_try")))));
}

function lookOf(values) {
  const texts = (kind) => Object.fromEntries(["ko", "en"].map((language) => [language, values[`look.${kind}.${language}`]]).filter(([, said]) => said));
  return { colour: values["look.colour"], logo: values["look.logo"], greeting: texts("greeting"), launcher: texts("launcher"), position: values["look.position"] };
}

function colour(t, value) {
  const input = h("input", { type: "color", class: "swatch-own", "aria-label": t("look_colour_own") });
  const hex = h("input", { class: "input", maxlength: 7, "aria-label": t("look_colour_hex"), autocomplete: "off", spellcheck: "false" });
  const swatches = SWATCHES.map((one) => {
    const button = h("button", { type: "button", class: "swatch", "aria-label": one, title: one, on: { click: () => (set(one), button.dispatchEvent(new Event("input", { bubbles: true }))) } });
    button.style.setProperty("background", one);
    return button;
  });
  const contrast = h("p", { class: "hint" });
  const set = (to) => {
    hex.value = to;
    if (/^#[0-9a-f]{6}$/i.test(to)) {
      input.value = to.toLowerCase();
      swatches.forEach((one, at) => one.setAttribute("aria-pressed", String(SWATCHES[at] === to.toLowerCase())));
      contrast.textContent = t(brandColours(to).onBrand === "#ffffff" ? "look_on_white" : "look_on_black");
    }
  };
  input.addEventListener("input", () => set(input.value));
  hex.addEventListener("input", () => set(hex.value.trim()));
  const node = h("div", { class: "set-field" }, h("span", { class: "set-label" }, t("look_colour")), h("p", { class: "hint" }, t("look_colour_hint")), h("div", { class: "swatches" }, swatches, input, hex), contrast, h("p", { class: "set-wrong", hidden: true }));
  set(value);
  return own("look.colour", node, () => hex.value.trim().toLowerCase(), set);
}

/** A likeness of the widget, in the colours and words that are typed now. */
function show(box, values, app, t) {
  const { brand, onBrand } = brandColours(values["look.colour"]);
  box.style.setProperty("--like", brand);
  box.style.setProperty("--on-like", onBrand);
  const language = values.language === "ko" ? "ko" : "en";
  const name = values.name || app.config.brand;
  const logo = values["look.logo"];
  const label = values[`look.launcher.${language}`];
  fill(
    box,
    h(
      "div",
      { class: "like-panel" },
      h("div", { class: "like-head" }, logo && safe(logo, document.baseURI, true) ? h("img", { src: logo, alt: "" }) : h("span", {}, [...name][0]), h("strong", {}, name)),
      h("p", {}, values[`look.greeting.${language}`] || t("look_greeting_default")),
      h("div", { class: "like-line" }),
      h("div", { class: "like-line short" }),
      h("div", { class: "like-button" }, t("look_start")),
    ),
    h("div", { class: `like-launcher ${values["look.position"]}` }, icon("chat"), label ? h("span", {}, label) : null),
  );
}
