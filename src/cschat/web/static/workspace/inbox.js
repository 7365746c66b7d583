/**
 * The inbox: the lists, the conversation that is open, and its customer.
 *
 * May: lay them out side by side, and say which is open. May not: draw them.
 */

import { h } from "../shared/dom.js";

export function mount(place, app) {
  return {
    show(path) {
      place.replaceChildren(h("p", { class: "blank" }, path.join("/")));
      app.title(app.t("view_inbox"));
    },
    unmount() {},
  };
}
