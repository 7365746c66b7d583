// How was it? Five stars that are radio buttons, each with its word.
// May: ask. May not: insist.

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icon.js";

const STARS = [1, 2, 3, 4, 5];

/** `rate(score, comment)` is async, and may throw a problem. */
export function rating(t, rate) {
  const word = h("p", { class: "star-word", "aria-hidden": "true" });
  const more = h("div", { class: "star-more", hidden: true });
  const comment = h("textarea", { class: "input", rows: 2, maxlength: 2000, "aria-label": t("rate_comment"), placeholder: t("rate_comment") });
  const button = h("button", { type: "submit", class: "button primary" }, t("rate_send"));
  const error = h("p", { class: "field-error", role: "alert", hidden: true }, `${t("error")}. ${t("error_later")}`);
  const stars = STARS.map((score) => {
    const input = h("input", { type: "radio", name: "score", value: String(score), class: "for-readers", "aria-label": t(`star_${score}`) });
    return { input, element: h("label", { class: "star", title: t(`star_${score}`) }, input, icon("star", 30)) };
  });
  const chosen = () => stars.findIndex(({ input }) => input.checked) + 1;
  const look = () => {
    stars.forEach(({ element }, at) => element.classList.toggle("lit", at < chosen()));
    fill(word, chosen() ? t(`star_${chosen()}`) : "");
    more.hidden = chosen() === 0;
  };
  more.append(comment, error, button);
  const element = h("form", { class: "rating" }, h("fieldset", {}, h("legend", {}, t("rate")), h("div", { class: "stars" }, stars.map((star) => star.element))), word, more);
  element.addEventListener("change", look);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!chosen() || button.disabled) return;
    button.disabled = true;
    error.hidden = true;
    try {
      await rate(chosen(), comment.value.trim());
    } catch {
      error.hidden = false;
      button.disabled = false;
    }
  });
  return element;
}
