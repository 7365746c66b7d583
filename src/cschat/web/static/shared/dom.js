// Elements, made in one line. Text is only ever text.
// May: make and change elements. May not: parse HTML (`article` is for what the server has cleaned).

/**
 * An element. `given`: `on` ({event: listener}), `data` ({name: value}), attributes (true: an empty one). Children are nodes, texts, lists of these.
 * null, undefined and false are left out.
 */
export function h(name, given = {}, ...children) {
  const element = document.createElement(name);
  set(element, given);
  element.append(...flat(children));
  return element;
}

/** Change attributes and listeners of an element, as `h` sets them. */
export function set(element, given) {
  for (const [key, value] of Object.entries(given ?? {})) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key === "value" || key === "checked" || key === "disabled" || key === "hidden" || key === "selected")
      element[key] = value ?? "";
    else if (value === null || value === undefined || value === false) element.removeAttribute(key);
    else element.setAttribute(key, value === true ? "" : value);
  }
  return element;
}

const flat = (children) =>
  children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));

/** Put these children in place of all that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Keep an element's children in step with `items`: `key(item)` names each, `draw(item, old)` gives its node (the old one, or another). */
export function keep(element, items, key, draw) {
  const old = (element.kept ??= new Map());
  const now = new Map();
  let place = element.firstChild;
  for (const item of items) {
    const name = key(item);
    const before = old.get(name);
    const node = draw(item, before);
    now.set(name, node);
    if (before && before !== node && before.parentNode === element) {
      if (place === before) place = node;
      before.replaceWith(node);
    }
    if (place === node) place = node.nextSibling;
    else element.insertBefore(node, place);
  }
  for (const [name, node] of old) if (!now.has(name)) node.remove();
  element.kept = now;
}

/** Style sheets for a shadow tree (or the document), from their addresses. The page's policy need only let us fetch. */
export async function adopt(root, addresses) {
  const sheets = await Promise.all(
    addresses.map(async (address) => {
      const answer = await fetch(address, { credentials: "omit" });
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return new CSSStyleSheet().replace(await answer.text());
    }),
  );
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...sheets];
}

const KEPT = new Set(["href", "title", "src", "alt", "width", "height", "colspan", "rowspan"]);
const DROPPED = "script, style, iframe, object, embed, form, input, button, link, meta, base, svg, math, foreignobject, template";

/** The HTML of an article as nodes. The server has cleaned it; what could run or carry style is left out here once more. */
export function article(html, base = document.baseURI) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  body.querySelectorAll(DROPPED).forEach((element) => element.remove());
  for (const element of body.querySelectorAll("*")) {
    for (const { name } of [...element.attributes]) if (!KEPT.has(name)) element.removeAttribute(name);
    if (!safe(element.getAttribute("src"), base, true)) element.removeAttribute("src");
    if (!safe(element.getAttribute("href"), base)) element.removeAttribute("href");
    else if (element.localName === "a") set(element, { target: "_blank", rel: "noopener noreferrer" });
  }
  const fragment = document.createDocumentFragment();
  fragment.append(...body.childNodes);
  return fragment;
}

/** Whether an address may be opened (http, https, mailto, tel) or, as a picture, be loaded. */
export function safe(address, base = document.baseURI, picture = false) {
  try {
    const { protocol } = new URL(address ?? "", base);
    return (picture ? ["http:", "https:", "blob:"] : ["http:", "https:", "mailto:", "tel:"]).includes(protocol);
  } catch {
    return false;
  }
}
