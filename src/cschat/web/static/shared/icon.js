// The icons that the widget needs too (icons.js has all): 20 px, drawn with one line of 1.5 px.
// May: draw. May not: mean anything by itself (whoever shows one writes its name beside it).

const SVG = "http://www.w3.org/2000/svg";

/** Their lines, by name. */
export const PATHS = {
  alert: "M10 6.5v4M10 13.4v.1M8.7 3.4 2.3 14.6a1.5 1.5 0 0 0 1.3 2.2h12.8a1.5 1.5 0 0 0 1.3-2.2L11.3 3.4a1.5 1.5 0 0 0-2.6 0Z",
  back: "M12 4.5 6.5 10l5.5 5.5",
  bot: "M5 8h10a1.5 1.5 0 0 1 1.5 1.5V15a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 15V9.5A1.5 1.5 0 0 1 5 8Zm5-3v3M10 5a1 1 0 1 0 0-2 1 1 0 0 0 0 2ZM7.5 11.5v1.2M12.5 11.5v1.2",
  chat: "M4.5 3.5h11A1.5 1.5 0 0 1 17 5v7.5a1.5 1.5 0 0 1-1.5 1.5H9l-4 3v-3h-.5A1.5 1.5 0 0 1 3 12.5V5a1.5 1.5 0 0 1 1.5-1.5Z",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-11v4.2l2.7 1.6",
  close: "m5 5 10 10M15 5 5 15",
  down: "M4.5 7.5 10 13l5.5-5.5",
  download: "M10 3.5v9M6.5 9.5 10 13l3.5-3.5M3.5 16.5h13",
  end: "M12.5 6.5V4.5h-9v11h9v-2M8 10h9m0 0-2.5-2.5M17 10l-2.5 2.5",
  file: "M5 3h6.5L15.5 7v10H5zM11 3v4.5h4.5",
  globe: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM3 10h14M10 3c-5 5-5 9 0 14M10 3c5 5 5 9 0 14",
  image: "M3.5 4h13v12h-13zM3.5 13l3.5-3.5 3 3 2-2 4.5 4M12.7 7.8v.1",
  link: "m8 12 4-4M9 6l1.5-1.5a3.5 3.5 0 0 1 5 5L14 11M11 14l-1.5 1.5a3.5 3.5 0 0 1-5-5L6 9",
  megaphone: "M4 8v3.5h2.5L14 15V4.5L6.5 8zM7 11.5 8 16h2l-1-3.5M16.5 8.5v2.5",
  more: "M10 5v.1M10 10v.1M10 15v.1",
  mute: "M3.5 8v4h3L10.5 15V5L6.5 8zM13.5 8l3.5 4M17 8l-3.5 4",
  next: "M8 4.5 13.5 10 8 15.5",
  refresh: "M16 5v3.5h-3.5M16 8.5a6.5 6.5 0 1 0 .3 3.5",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11Zm4-1.5 4 4",
  send: "M10 16V4.5M5 9.5 10 4.5l5 5",
  sound: "M3.5 8v4h3L10.5 15V5L6.5 8zM13 7.5a3.5 3.5 0 0 1 0 5M15 5.5a6.3 6.3 0 0 1 0 9",
  star: "m10 3.3 2 4.3 4.7.6-3.5 3.2.9 4.6L10 13.7 5.9 16l.9-4.6L3.3 8.2l4.7-.6z",
  user: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 16.5c0-3 2.5-5 6-5s6 2 6 5",
  clip: "m16 9.4-5.9 5.9a3.6 3.6 0 0 1-5.1-5.1l6.3-6.3a2.4 2.4 0 0 1 3.4 3.4l-6.2 6.2a1.2 1.2 0 0 1-1.7-1.7l5.5-5.5",
};

/** An icon, hidden from screen readers. `Error` if there is none of this name. */
export function icon(name, size = 20) {
  const path = PATHS[name];
  if (!path) throw new Error(`there is no icon ${name}`);
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 20 20",
    width: size,
    height: size,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": name === "menu" || name === "more" ? 2.4 : 1.5,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
    focusable: "false",
    class: "icon",
  }))
    svg.setAttribute(key, value);
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  return svg;
}
