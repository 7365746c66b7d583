// The icons: 20 px, drawn with one line of 1.5 px.
// May: draw. May not: mean anything by itself (whoever shows one writes its name beside it).

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  alert: "M10 6.5v4M10 13.4v.1M8.7 3.4 2.3 14.6a1.5 1.5 0 0 0 1.3 2.2h12.8a1.5 1.5 0 0 0 1.3-2.2L11.3 3.4a1.5 1.5 0 0 0-2.6 0Z",
  archive: "M3 4h14v3.5H3zM4.5 7.5V16h11V7.5M8 10.5h4",
  at: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0Zm0 0v1.2a2 2 0 0 0 4 0V10a7 7 0 1 0-2.8 5.6",
  back: "M12 4.5 6.5 10l5.5 5.5",
  bell: "M10 3a4.5 4.5 0 0 0-4.5 4.5c0 4-1.5 5-1.5 6h12c0-1-1.5-2-1.5-6A4.5 4.5 0 0 0 10 3ZM8.3 16.2a1.8 1.8 0 0 0 3.4 0",
  book: "M4 4.5A1.5 1.5 0 0 1 5.5 3H16v11.5H5.5A1.5 1.5 0 0 0 4 16v-11.5ZM4 16a1.5 1.5 0 0 0 1.5 1.5H16v-3M7.5 6.5h5",
  bot: "M5 8h10a1.5 1.5 0 0 1 1.5 1.5V15a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 15V9.5A1.5 1.5 0 0 1 5 8Zm5-3v3M10 5a1 1 0 1 0 0-2 1 1 0 0 0 0 2ZM7.5 11.5v1.2M12.5 11.5v1.2",
  calendar: "M3.5 5h13v11.5h-13zM3.5 8.5h13M7 3v3.5M13 3v3.5",
  chart: "M3.5 16.5h13M5.5 13.5v-4M9 13.5v-8M12.5 13.5v-5M16 13.5V4",
  chat: "M4.5 3.5h11A1.5 1.5 0 0 1 17 5v7.5a1.5 1.5 0 0 1-1.5 1.5H9l-4 3v-3h-.5A1.5 1.5 0 0 1 3 12.5V5a1.5 1.5 0 0 1 1.5-1.5Z",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-11v4.2l2.7 1.6",
  close: "m5 5 10 10M15 5 5 15",
  copy: "M7 7h9.5v9.5H7zM4 13H3.5V3.5H13V4",
  down: "M4.5 7.5 10 13l5.5-5.5",
  download: "M10 3.5v9M6.5 9.5 10 13l3.5-3.5M3.5 16.5h13",
  edit: "m4 13 8.5-8.5 3 3L7 16H4zM11 6l3 3",
  end: "M12.5 6.5V4.5h-9v11h9v-2M8 10h9m0 0-2.5-2.5M17 10l-2.5 2.5",
  eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5Zm7.5 2.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z",
  file: "M5 3h6.5L15.5 7v10H5zM11 3v4.5h4.5",
  filter: "M3 5h14M5.5 10h9M8.5 15h3",
  flag: "M5 17V3.5h9.5l-2 3.5 2 3.5H5",
  globe: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM3 10h14M10 3c-5 5-5 9 0 14M10 3c5 5 5 9 0 14",
  group: "M7.5 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 16c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M12.5 5a2.3 2.3 0 0 1 0 4.3M13.5 12c2 .4 3.5 1.8 3.5 4",
  hash: "M7.5 3.5 6 16.5M14 3.5l-1.5 13M3.5 7.5h13.5M3 12.5h13.5",
  heart: "M10 16.5S3.5 12.8 3.5 8A3.5 3.5 0 0 1 10 6a3.5 3.5 0 0 1 6.5 2c0 4.8-6.5 8.5-6.5 8.5Z",
  help: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM8 8.2a2 2 0 1 1 2.8 1.9c-.5.2-.8.6-.8 1.2M10 13.5v.1",
  home: "m3.5 9 6.5-5.5L16.5 9v7.5h-13zM8 16.5v-4.5h4v4.5",
  image: "M3.5 4h13v12h-13zM3.5 13l3.5-3.5 3 3 2-2 4.5 4M12.7 7.8v.1",
  info: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-7.5V13M10 6.8v.1",
  link: "m8 12 4-4M9 6l1.5-1.5a3.5 3.5 0 0 1 5 5L14 11M11 14l-1.5 1.5a3.5 3.5 0 0 1-5-5L6 9",
  list: "M7 5.5h10M7 10h10M7 14.5h10M3.5 5.5v.1M3.5 10v.1M3.5 14.5v.1",
  lock: "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  mail: "M3 5h14v10.5H3zM3 6l7 5.5L17 6",
  megaphone: "M4 8v3.5h2.5L14 15V4.5L6.5 8zM7 11.5 8 16h2l-1-3.5M16.5 8.5v2.5",
  menu: "M5 10v.1M10 10v.1M15 10v.1",
  minus: "M4.5 10h11",
  more: "M10 5v.1M10 10v.1M10 15v.1",
  mute: "M3.5 8v4h3L10.5 15V5L6.5 8zM13.5 8l3.5 4M17 8l-3.5 4",
  next: "M8 4.5 13.5 10 8 15.5",
  note: "M4 3.5h12V12l-4.5 4.5H4zM11.5 16.5V12H16",
  pause: "M7 5v10M13 5v10",
  phone: "M5 3.5h2.5L9 7 7 8.5a9 9 0 0 0 4.5 4.5L13 11l3.5 1.5V15a1.5 1.5 0 0 1-1.7 1.5C9 16 4 11 3.5 5.2A1.5 1.5 0 0 1 5 3.5Z",
  pin: "M10 17s5-4.8 5-9A5 5 0 0 0 5 8c0 4.2 5 9 5 9Zm0-7a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  plus: "M10 4.5v11M4.5 10h11",
  refresh: "M16 5v3.5h-3.5M16 8.5a6.5 6.5 0 1 0 .3 3.5",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11Zm4-1.5 4 4",
  send: "M10 16V4.5M5 9.5 10 4.5l5 5",
  settings: "M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM10 3v2M10 15v2M3 10h2M15 10h2M5 5l1.5 1.5M13.5 13.5 15 15M15 5l-1.5 1.5M6.5 13.5 5 15",
  smile: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM7 11.5c.7 1.3 1.7 2 3 2s2.3-.7 3-2M7.5 8v.1M12.5 8v.1",
  sound: "M3.5 8v4h3L10.5 15V5L6.5 8zM13 7.5a3.5 3.5 0 0 1 0 5M15 5.5a6.3 6.3 0 0 1 0 9",
  star: "m10 3.3 2 4.3 4.7.6-3.5 3.2.9 4.6L10 13.7 5.9 16l.9-4.6L3.3 8.2l4.7-.6z",
  tag: "M3.5 4v6l7 7 6-6-7-7zM7 7.5v.1",
  transfer: "M3.5 7h13m0 0L13 3.5M16.5 7 13 10.5M16.5 13h-13m0 0L7 9.5M3.5 13 7 16.5",
  trash: "M3.5 5.5h13M8 5.5V3.5h4v2M5 5.5l.7 11h8.6l.7-11M8.5 8.5v5M11.5 8.5v5",
  up: "M4.5 12.5 10 7l5.5 5.5",
  user: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 16.5c0-3 2.5-5 6-5s6 2 6 5",
  clip: "m15.5 9.5-5.3 5.3a3.2 3.2 0 0 1-4.5-4.5l5.8-5.8a2.1 2.1 0 0 1 3 3L8.9 13a1 1 0 0 1-1.5-1.4L12.5 6.5",
};

const THICK = new Set(["info", "help", "alert", "image", "tag", "list"]);

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
    "stroke-width": name === "menu" || name === "more" ? 2.4 : THICK.has(name) ? 1.7 : 1.5,
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

/** The names of the icons. */
export const ICONS = Object.keys(PATHS);
