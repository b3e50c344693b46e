// What is in a mail: its HTML in a frame that can do nothing, its text with links, its attachments.

import { button, node, size } from "./dom.js";

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;
const IS_REMOTE = /^(https?:)?\/\//i;
const LOADING = ["src", "srcset", "background", "poster"];  // Attributes from which something is loaded.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:";

// A text whose addresses of pages are links.
export function textView(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(end, found.index), node("a", {
      href: found[0], target: "_blank", rel: "noopener noreferrer",
    }, found[0]));
    end = found.index + found[0].length;
  }
  return node("pre", { dir: "auto", tabIndex: 0, "aria-label": "Text of the mail" }, ...parts, text.slice(end));
}

// The HTML, without what it would load from elsewhere until somebody asks for that.
export function htmlView(html, files = []) {
  const place = node("div", { className: "stack" });
  const draw = (withRemote) => {
    const { page, remote } = prepared(html, files, withRemote);
    const held = remote && !withRemote && node("p", { className: "callout" },
      `Images from other places are not loaded: their senders would learn that the mail was opened. `,
      button("Load them", () => draw(true), { className: "link" }));
    place.replaceChildren(...[held, frame(page)].filter(Boolean));
  };
  draw(false);
  return place;
}

// No scripts, no forms, no origin. A link opens a tab of its own, which is as free as any other.
function frame(page) {
  const made = node("iframe", { title: "HTML of the mail", referrerPolicy: "no-referrer" });
  made.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  made.srcdoc = page;
  return made;
}

function prepared(html, files, withRemote) {
  // Loads nothing, runs nothing. A <base href> would count for nothing, but leave complaints in the console.
  const page = new DOMParser().parseFromString(html.replace(/<base\b[^>]*>/gi, ""), "text/html");
  const images = new Map(files.filter((file) => file.ContentId && file.Url).map((file) => [bare(file.ContentId), file.Url]));
  const remote = withImages(page, images, withRemote);
  page.querySelectorAll("a, area").forEach(freed);
  for (const dropped of page.querySelectorAll("base, meta[http-equiv], link, script, iframe, object, embed")) dropped.remove();
  const origins = [...new Set([...images.values()].filter((url) => IS_REMOTE.test(url)).map((url) => new URL(url).origin))];
  const policy = [POLICY, ...(withRemote ? ["https:", "http:"] : origins)].join(" ");
  const meta = page.createElement("meta");
  meta.setAttribute("http-equiv", "Content-Security-Policy");
  meta.setAttribute("content", policy);
  page.head.prepend(meta);
  return { page: `<!doctype html>${page.documentElement.outerHTML}`, remote };
}

// A link opens a tab of its own; one within the mail stays there; what leads to this page or runs something does nothing.
function freed(link) {
  const href = link.getAttribute("href")?.trim() ?? "";
  link.removeAttribute("target");
  if (href.startsWith("#")) return;
  if (!/^(https?:|mailto:|tel:|\/\/)/i.test(href)) {
    link.removeAttribute("href");
    return;
  }
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer");
}

// Puts the mail's own images where it names them by `cid:` (RFC 2392); returns how many others are not loaded.
function withImages(page, images, withRemote) {
  let remote = 0;
  const own = (text) => text.replace(/cid:([^\s"')]+)/gi, (whole, id) => images.get(bare(id)) ?? whole);
  for (const name of LOADING) {
    for (const found of page.querySelectorAll(`[${name}]`)) {
      const value = found.getAttribute(name);
      const shown = own(value);
      if (shown !== value) found.setAttribute(name, shown);
      else if (IS_REMOTE.test(value.trim()) && !withRemote) {
        remote += 1;
        found.removeAttribute(name);
      }
    }
  }
  for (const found of page.querySelectorAll("[style], style")) {
    const css = found.getAttribute("style") ?? found.textContent;
    const shown = own(css).replace(/url\(\s*["']?\s*(https?:)?\/\/[^)]*\)|@import[^;]*;?/gi, (whole) => {
      if (withRemote) return whole;
      remote += 1;
      return "none";
    });
    if (found.tagName === "STYLE") found.textContent = shown;
    else found.setAttribute("style", shown);
  }
  return remote;
}

function bare(id) {
  try {
    return decodeURIComponent(id).replace(/^<|>$/g, "");
  } catch {
    return id;
  }
}

// `renew` is asked when a link is over, and shows new ones.
export function filesView(files, renew) {
  if (!files.length) return node("p", { className: "quiet" }, "This mail has no attachments.");
  const link = (file) => node("a", {
    className: "button", href: file.Url, rel: "noreferrer", download: file.Name ?? "",
    onclick: (event) => {
      if (!file.UrlUntil || Date.parse(file.UrlUntil) > Date.now()) return;
      event.preventDefault();
      renew();
    },
  }, "Download", node("span", { className: "hidden" }, ` ${file.Name}`));
  return node("ul", { className: "files" }, files.map((file) => node("li", {},
    node("span", { className: "name", dir: "auto" }, file.Name || "(no name)"),
    node("span", { className: "quiet" }, [file.ContentType, size(file.Size ?? 0)].filter(Boolean).join(" · ")),
    /^(https?:\/\/|\/)/.test(file.Url ?? "") ? link(file) : node("span", { className: "quiet" }, "not kept any more"))));
}
