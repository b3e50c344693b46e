// Makes and changes what is on the page. Whatever comes from a mail goes through `node`: as text, never as markup.

export const $ = (id) => document.getElementById(id);

// `properties` are the element's own (className, href, onclick, ...); with a "-" in it, an attribute.
export function node(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const button = (text, onclick, properties = {}) =>
  node("button", { type: "button", onclick, ...properties }, text);

// A button that cannot be pressed again until what it does is done.
export const busyButton = (text, act, properties = {}) => button(text, async ({ target }) => {
  target.disabled = true;
  try {
    await act();
  } finally {
    target.disabled = false;
  }
}, properties);

// Replaces what is in `place`. What has the same data-key keeps the focus, and stays open.
export function redraw(place, ...children) {
  const active = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const opened = new Map([...place.querySelectorAll("details[data-key]")].map((each) => [each.dataset.key, each.open]));
  place.replaceChildren(...children.flat(Infinity).filter(Boolean));
  for (const each of place.querySelectorAll("details[data-key]")) each.open = opened.get(each.dataset.key) ?? each.open;
  if (active) place.querySelector(`[data-key="${CSS.escape(active)}"]`)?.focus({ preventScroll: true });
}

// Makes `old` read as `fresh` does, and keeps its elements: a click that has begun on one still reaches it. What such
// an element does when it is clicked stays as it was. What a reader has opened stays open.
export function patch(old, fresh) {
  for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const children = [...fresh.childNodes];  // Some move over.
  children.forEach((child, at) => {
    const known = old.childNodes[at];
    if (!known) old.append(child);
    else if (known.nodeName !== child.nodeName) known.replaceWith(child);
    else if (child.nodeType === Node.TEXT_NODE) known.data = child.data;
    else patch(known, child);
  });
  while (old.childNodes.length > children.length) old.lastChild.remove();
}

// Returns what draws [key, element] pairs into a list: what was drawn by that key before stays the same element, and
// with as few moves as possible keeps its place on the screen.
export function keeper(list) {
  let known = new Map();
  return (pairs) => {
    known = new Map(pairs.map(([key, fresh]) => {
      const old = known.get(key);
      if (old) patch(old, fresh);
      return [key, old ?? fresh];
    }));
    const wanted = new Set(known.values());
    for (const item of [...list.childNodes]) if (!wanted.has(item)) item.remove();
    [...wanted].forEach((item, at) => {
      if (list.childNodes[at] !== item) list.insertBefore(item, list.childNodes[at] ?? null);
    });
  };
}

let hiding;

// Says something for a moment, also to those who hear the page.
export function say(text) {
  $("toast").textContent = text;
  clearTimeout(hiding);
  hiding = setTimeout(() => { $("toast").textContent = ""; }, 6000);
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_AND_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

// Today a time, else a day: for lists.
export function shortTime(stamp) {
  const at = new Date(stamp);
  return at.toDateString() === new Date().toDateString() ? TIME.format(at) : day(stamp);
}

export function fullTime(stamp) {
  return `${day(stamp)}, ${TIME.format(new Date(stamp))}`;
}

export function day(stamp) {
  const at = new Date(stamp);
  return (at.getFullYear() === new Date().getFullYear() ? DAY : DAY_AND_YEAR).format(at);
}

export const time = (stamp, written) => node("time", { dateTime: stamp, title: stamp }, written(stamp));

// Copies a text; says so.
export const copying = (text, what) => button("Copy", async () => {
  await navigator.clipboard.writeText(text);
  say(`${what} copied.`);
}, { className: "link", "aria-label": `Copy ${what}`, "data-key": `copy ${text}` });
