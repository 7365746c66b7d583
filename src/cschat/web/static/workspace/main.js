/**
 * The workspace: the page on which agents work. This module is its start, and the register of its views.
 *
 * May: find out who works here, draw the frame, show the view that an address names. May not: know what a view shows.
 *
 * ## Views
 *
 * A view is a part of the workspace with addresses of its own, `/{brand}/workspace/{name}/...`. To add one, add a line to `VIEWS` and write
 * the module that it loads. The module exports
 *
 *     export function mount(place, app) -> { show(path, query), unmount() }
 *
 * `place` is the empty element that the view may fill (it is as large as the window less the frame, and does not scroll by itself).
 * `show(path, query)` is called at once and whenever the address changes below the view: `path` are the decoded segments after its name
 * (`/shop/workspace/settings/hours` shows `["hours"]`), `query` is a `URLSearchParams`. `unmount()` is called when another view is shown:
 * give back every listener. The stylesheets that `styles` names are there before it is mounted.
 *
 * ## What a view is given: `app`
 *
 * - `app.client`: asks and does (`shared/client.js`). It throws a `Problem`; `app.failed(problem)` tells people, `app.explain(problem)` is
 *   the sentence alone.
 * - `app.config`: `mount`, `brand` (its short name); `app.brand`: the `Brand` record; `app.me`: the agent's own record; `app.isAdmin`.
 * - `app.t(key, values)`: a text of the workspace; `const t = app.words(TABLE)` has those of a view too: `{ key: ["한국어", "English"] }`.
 * - `app.language`: "ko" or "en"; `app.zone`: the brand's time zone; `app.time`: instants in both (`shared/times.js`).
 * - `app.href(path)`: the address of a path below the workspace (`"customers/cus_1"`); `app.go(path)` shows it. Plain links (`<a href>`) to
 *   such addresses need nothing more: the frame takes them.
 * - `app.listen(hear)`: calls `hear(event)` with every event of the brand as it happens; answers with the function that stops it.
 *   `app.desk.listen(hear)` tells of `"counts"`, `"team"`, `"labels"`, `"me"` instead, when these lists are another.
 * - `app.desk`: what is known of the desk and kept fresh: `agents`, `groups`, `categories`, `tags`, `counts`, and `agent(id)`.
 * - `app.toast(text, {kind, action, then})`: a short notice; `kind` "error" stays until it is closed.
 * - `app.title(text)`: what the page is called. `app.keys.bind({ key: then })`: keys of the view, until the function it answers is called.
 * - `surfaces.js` has menus and dialogs, `marks.js` faces and badges, `labels.js` fields for tags and categories.
 */

import { Frame } from "./frame.js";
import { begin } from "./app.js";

export const VIEWS = [
  { name: "lists", also: ["sessions"], icon: "chat", title: "view_inbox", load: () => import("./inbox.js") },
  { name: "customers", icon: "group", title: "view_customers", styles: ["settings/settings.css", "settings/forms.css", "customers/customers.css"], load: () => import("./customers/main.js") },
  { name: "statistics", icon: "chart", title: "view_statistics", styles: ["statistics/statistics.css", "statistics/charts.css"], load: () => import("./statistics/main.js") },
  { name: "settings", icon: "settings", title: "view_settings", styles: ["settings/settings.css", "settings/forms.css", "settings/subjects.css"], load: () => import("./settings/main.js") },
];

const name = location.pathname.split("/workspace/")[1]?.split("/")[0] ?? "lists";
VIEWS.find((view) => view.name === name || view.also?.includes(name))
  ?.load()
  .catch(() => {}); // it is on its way while the desk is asked; the frame says so if it does not come

const app = await begin(JSON.parse(document.getElementById("cschat").textContent));
if (app !== null) new Frame(app, VIEWS).start();
