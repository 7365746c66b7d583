/**
 * Charts, drawn as SVG to the width that they have. Each has a table behind it, says what it is, and works by keyboard.
 *
 * May: draw numbers that it is given. May not: ask for any, or know what they mean.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { download } from "./csv.js";

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element. */
export function s(name, given = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(given)) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A table of texts: `head`, and `rows` whose first cell names them. */
export function table(head, rows, caption) {
  return h(
    "table",
    {},
    caption ? h("caption", { class: "hidden-text" }, caption) : null,
    h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((text, at) => h(at ? "td" : "th", at ? {} : { scope: "row" }, String(text ?? "–")))))),
  );
}

/**
 * A chart with its heading, its table and its file. `draw(box)` puts the chart into a box and is called again when the width changes;
 * `head` and `rows` are the table that people read, `file` the rows of the CSV (by default the same). `bare`: what is drawn is a table already.
 */
export function panel({ t, title, note = "", whole = false, bare = false, head, rows, file = null, name = title, draw, extra = null }) {
  const box = h("div", { class: "chart" });
  const behind = h("div", { class: "chart-table hidden-text", role: "group", "aria-label": title }, table(head, rows, title));
  const label = h("span", {}, t("st_as_table"));
  const toggle = h(
    "button",
    {
      type: "button", class: "button quiet small", "aria-pressed": "false",
      on: {
        click: () => {
          const shown = behind.classList.toggle("hidden-text");
          box.hidden = !shown;
          toggle.setAttribute("aria-pressed", String(!shown));
          if (shown) behind.removeAttribute("tabindex");
          else behind.tabIndex = 0; // it may scroll
          label.textContent = t(shown ? "st_as_table" : "st_as_chart");
        },
      },
    },
    icon("list", 16),
    label,
  );
  const element = h(
    "section",
    { class: `panel${whole ? " whole" : ""}`, "aria-label": title },
    h(
      "header",
      { class: "panel-head" },
      h("div", {}, h("h3", {}, title), note ? h("p", { class: "hint" }, note) : null),
      extra,
      h(
        "div",
        { class: "panel-tools" },
        bare ? null : toggle,
        h(
          "button",
          {
            type: "button", class: "icon-button small", "aria-label": t("st_export_of", { name: title }), title: t("st_export"),
            on: { click: () => download(name, file ?? [head, ...rows]) },
          },
          icon("download", 18),
        ),
      ),
    ),
    box,
    bare ? null : behind,
  );
  let width = 0;
  const watch = new ResizeObserver(([{ contentRect }]) => {
    if (!element.isConnected) watch.disconnect();
    else if (contentRect.width && Math.abs(contentRect.width - width) > 1) draw(box, (width = contentRect.width));
  });
  watch.observe(box);
  return element;
}

/** Round steps for an axis from 0 to at least `most`; of seconds, steps that clocks have. */
export function ticks(most, { seconds = false, count = 4 } = {}) {
  if (!(most > 0)) return [0, 1];
  const raw = most / count;
  const clock = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = (seconds && clock.find((one) => one >= raw)) || [1, 2, 2.5, 5, 10].map((one) => one * ten).find((one) => one >= raw && (one >= 1 || seconds));
  const found = [];
  for (let at = 0; at < most + step; at += step) found.push(Math.round(at * 1000) / 1000);
  return found;
}

/** What is shown beside the pointer or the keyboard's place. */
function tip(box) {
  const node = h("div", { class: "tip", role: "status", hidden: true });
  box.append(node);
  return {
    show(x, y, ...children) {
      fill(node, ...children);
      node.hidden = false;
      const wide = node.offsetWidth;
      node.style.insetInlineStart = `${Math.round(Math.max(0, Math.min(x - wide / 2, box.clientWidth - wide)))}px`;
      node.style.insetBlockStart = `${Math.round(Math.max(-8, y - node.offsetHeight - 12))}px`;
    },
    hide() {
      node.hidden = true;
    },
  };
}

const LEFT = 52;
const RIGHT = 24;
const BOTTOM = 26;
const TOP = 10;

/**
 * Lines over time. `labels`: `{short, long}` of each place; `series`: `{name, values, write}`, a value of null is a gap; `onPick(place)`.
 * Arrow keys move along, Enter picks.
 */
export function lines(box, width, { title, labels, series, seconds = false, write, onPick = null, height = 220 }) {
  const most = Math.max(0, ...series.flatMap((one) => one.values.filter((value) => value !== null)));
  const marks = ticks(most, { seconds });
  const top = marks.at(-1);
  const inner = width - LEFT - RIGHT;
  const x = (place) => LEFT + (labels.length > 1 ? (inner * place) / (labels.length - 1) : inner / 2);
  const y = (value) => TOP + (height - TOP - BOTTOM) * (1 - value / top);
  const every = Math.max(1, Math.ceil(labels.length / Math.max(2, Math.floor(inner / 64))));
  const svg = s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" },
    marks.map((mark) => [
      s("line", { class: "rule", x1: LEFT, x2: width - RIGHT, y1: y(mark), y2: y(mark) }),
      s("text", { class: "axis", x: LEFT - 8, y: y(mark) + 4, "text-anchor": "end" }, write(mark)),
    ]),
    labels.map((label, place) => (place % every ? null : s("text", { class: "axis", x: x(place), y: height - 6, "text-anchor": "middle" }, label.short))),
    series.map((one, at) => path(one.values, x, y, at, height - BOTTOM)),
  );
  const cross = s("g", { class: "cross", visibility: "hidden" }, s("line", { y1: TOP, y2: height - BOTTOM }), series.map((_, at) => mark(at, 4.5)));
  svg.append(cross);
  const stage = h(
    "div",
    { class: "stage", tabindex: "0", role: "group", "aria-roledescription": "chart", "aria-label": title },
    svg,
  );
  fill(box, legend(series), stage);
  const note = tip(stage);
  let here = null;
  const move = (place) => {
    here = Math.max(0, Math.min(labels.length - 1, place));
    cross.setAttribute("visibility", "visible");
    cross.firstChild.setAttribute("x1", x(here));
    cross.firstChild.setAttribute("x2", x(here));
    let high = height;
    series.forEach((one, at) => {
      const value = one.values[here];
      const dot = cross.children[at + 1];
      dot.setAttribute("visibility", value === null ? "hidden" : "inherit");
      if (value === null) return;
      dot.setAttribute("transform", `translate(${x(here)} ${y(value)})`);
      high = Math.min(high, y(value));
    });
    note.show(
      x(here), high,
      h("strong", {}, labels[here].long),
      series.map((one, at) => h("span", {}, key(at), `${one.name} `, h("b", {}, one.values[here] === null ? "–" : write(one.values[here], true)))),
    );
  };
  const leave = () => {
    here = null;
    cross.setAttribute("visibility", "hidden");
    note.hide();
  };
  const at = (event) => Math.round(((event.clientX - stage.getBoundingClientRect().left - LEFT) / inner) * (labels.length - 1));
  stage.addEventListener("pointermove", (event) => move(labels.length > 1 ? at(event) : 0));
  stage.addEventListener("pointerleave", leave);
  stage.addEventListener("blur", leave);
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -labels.length, End: labels.length }[event.key];
    if (step) {
      event.preventDefault();
      move(here === null ? (step > 0 ? 0 : labels.length - 1) : here + step);
    } else if (event.key === "Enter" && here !== null) onPick?.(here);
    else if (event.key === "Escape") leave();
  });
  if (onPick) {
    stage.classList.add("picks");
    stage.addEventListener("click", (event) => onPick(Math.max(0, Math.min(labels.length - 1, labels.length > 1 ? at(event) : 0))));
  }
}

/** A line through what is there, with a filled ground for the first. */
function path(values, x, y, at, ground) {
  const pieces = [];
  let piece = null;
  values.forEach((value, place) => {
    if (value === null) piece = null;
    else (piece ??= (pieces.push([]), pieces.at(-1))).push([x(place), y(value)]);
  });
  const drawn = (points) => `M${points.map(([left, top]) => `${left.toFixed(1)} ${top.toFixed(1)}`).join("L")}`;
  return pieces.map((points) => [
    at === 0 && points.length > 1 ? s("path", { class: "ground", d: `${drawn(points)}L${points.at(-1)[0]} ${ground}L${points[0][0]} ${ground}Z` }) : null,
    s("path", { class: `line line-${at}`, d: drawn(points) }),
    points.length === 1 || values.length <= 31 ? points.map(([left, top]) => mark(at, points.length === 1 ? 4 : 2.5, left, top)) : null,
  ]);
}

/** The mark of a series: circle, square, diamond: not told apart by colour alone. */
function mark(at, size, x = 0, y = 0) {
  const place = { transform: `translate(${x} ${y})`, class: `mark mark-${at}` };
  if (at === 1) return s("rect", { ...place, x: -size, y: -size, width: size * 2, height: size * 2 });
  if (at === 2) return s("path", { ...place, d: `M0 ${-size * 1.3}L${size * 1.3} 0L0 ${size * 1.3}L${-size * 1.3} 0Z` });
  return s("circle", { ...place, r: size });
}

const key = (at) => s("svg", { class: "key", width: 20, height: 12, viewBox: "0 0 20 12", "aria-hidden": "true" }, s("path", { class: `line line-${at}`, d: "M1 6H19" }), mark(at, 3, 10, 6));

export const legend = (series) => h("ul", { class: "legend" }, series.map((one, at) => h("li", {}, key(at), one.name)));

/** A line as small as a word. */
export function spark(values, width = 120, height = 32) {
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const x = (place) => 2 + ((width - 4) * place) / Math.max(1, values.length - 1);
  const y = (value) => (most === least ? height / 2 : 3 + (height - 6) * (1 - (value - least) / (most - least)));
  const svg = s("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  if (known.length > 1) svg.append(...path(values, x, y, 0, height).flat(Infinity).filter((node) => node && !node.classList.contains("mark")));
  return svg;
}

/** Bars that lie: `rows` are `{name, value, text, hint, pick}`; the longest fills the width. Each that can be picked is a button. */
export function bars(box, rows, { title, most = null }) {
  const top = most ?? Math.max(1e-9, ...rows.map((row) => Math.abs(row.value ?? 0)));
  fill(
    box,
    h(
      "ul",
      { class: "bars", "aria-label": title },
      rows.map((row) => {
        const share = (Math.max(0, row.value ?? 0) / top) * 100;
        const inside = [
          h("span", { class: "bar-name" }, row.name),
          s("svg", { class: "bar", "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 100 10" }, s("rect", { class: row.kind ?? "", width: Math.max(share, row.value ? 0.8 : 0).toFixed(2), height: 10 })),
          h("span", { class: "bar-value" }, row.text, row.hint ? h("small", {}, row.hint) : null),
        ];
        return h("li", {}, row.pick ? h("button", { type: "button", class: "bar-row", on: { click: row.pick } }, inside) : h("div", { class: "bar-row" }, inside));
      }),
    ),
  );
}

/** Squares in rows and columns, darker for more. `values[row][column]`; `pick(row, column)`. One of them takes the focus; arrows move it. */
export function heat(box, width, { title, rows, columns, values, write, pick, low, high }) {
  const left = 30;
  const gap = 2;
  const size = Math.max(9, Math.min(52, (width - left) / columns.length - gap));
  const tall = Math.max(22, Math.min(32, size));
  const most = Math.max(1, ...values.flat());
  const level = (value) => (value === 0 ? 0 : 1 + Math.min(4, Math.floor((value / most) * 4.999)));
  const every = size < 16 ? 6 : size < 24 ? 3 : 2;
  const height = rows.length * (tall + gap) + 20;
  const cells = rows.map((row, down) =>
    columns.map((column, across) =>
      s("rect", {
        class: `heat heat-${level(values[down][across])}`, x: left + across * (size + gap), y: down * (tall + gap), width: size, height: tall, rx: 3,
        role: "gridcell", tabindex: "-1", "aria-label": `${row} ${column}: ${write(values[down][across])}`,
      }),
    ),
  );
  const svg = s(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "grid", "aria-label": title },
    rows.map((row, down) => s("g", { role: "row" }, s("text", { class: "axis", x: left - 8, y: down * (tall + gap) + tall / 2 + 4, "text-anchor": "end", role: "rowheader" }, row), cells[down])),
    columns.map((column, across) => (across % every ? null : s("text", { class: "axis", x: left + across * (size + gap) + size / 2, y: height - 4, "text-anchor": "middle", "aria-hidden": "true" }, column))),
  );
  const stage = h("div", { class: "stage" }, svg);
  const scale = h("div", { class: "scale", "aria-hidden": "true" }, low, [0, 1, 2, 3, 4, 5].map((step) => s("svg", { width: 14, height: 14 }, s("rect", { class: `heat heat-${step}`, width: 14, height: 14, rx: 3 }))), high);
  fill(box, stage, scale);
  const note = tip(stage);
  let [down, across] = values.reduce((best, row, at) => row.reduce((found, value, place) => (value > values[found[0]][found[1]] ? [at, place] : found), best), [0, 0]);
  cells[down][across].setAttribute("tabindex", "0");
  const tell = (row, column) => {
    const rect = cells[row][column];
    note.show(Number(rect.getAttribute("x")) + size / 2, Number(rect.getAttribute("y")), h("strong", {}, `${rows[row]} ${columns[column]}`), h("span", {}, write(values[row][column])));
  };
  const placeOf = (target) => {
    for (let row = 0; row < rows.length; row += 1) {
      const column = cells[row].indexOf(target);
      if (column >= 0) return [row, column];
    }
    return null;
  };
  svg.addEventListener("pointerover", (event) => {
    const place = placeOf(event.target);
    if (place) tell(...place);
    else note.hide();
  });
  svg.addEventListener("pointerleave", () => note.hide());
  svg.addEventListener("focusout", () => note.hide());
  svg.addEventListener("click", (event) => {
    const place = placeOf(event.target);
    if (place) pick(...place);
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (step) {
      event.preventDefault();
      cells[down][across].setAttribute("tabindex", "-1");
      down = Math.max(0, Math.min(rows.length - 1, down + step[0]));
      across = Math.max(0, Math.min(columns.length - 1, across + step[1]));
      cells[down][across].setAttribute("tabindex", "0");
      cells[down][across].focus();
      tell(down, across);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pick(down, across);
    }
  });
}
