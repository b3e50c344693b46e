// The list of mails: what `FindMails` answers, page by page, the newest first, always up to date without jumping.

import { $, button, node, patch, redraw, shortTime, time } from "./dom.js";
import { toneOf } from "./words.js";

const PAGE = 40;
const MOST_EMPTY_PAGES = 5;  // A page may be empty and more follow: so many are asked for before somebody says "more".

const byNewest = (first, second) => (first.MessageId < second.MessageId ? 1 : -1);

// `find` asks for a page; `notes` returns what is to be said beside a mail.
export function mailList({ find, notes }) {
  let filters = {};
  let mails = new Map();
  let cursor;
  let search = 0;
  const rows = new Map();

  async function begin(newFilters) {
    const mine = ++search;
    filters = newFilters;
    const found = await pages();
    if (mine !== search) return;
    mails = new Map(found.mails.map((mail) => [mail.MessageId, mail]));
    cursor = found.cursor;
    draw();
  }

  async function pages(from) {
    const found = { mails: [], cursor: from };
    for (let asked = 0; asked < MOST_EMPTY_PAGES; asked++) {
      const page = await find({ ...filters, Limit: PAGE, Cursor: found.cursor });
      found.mails.push(...(page.Mails ?? []));
      found.cursor = page.Cursor;
      if (found.mails.length || !found.cursor) break;
    }
    return found;
  }

  async function more() {
    const mine = search;
    const found = await pages(cursor);
    if (mine !== search) return;
    for (const mail of found.mails) mails.set(mail.MessageId, mail);
    cursor = found.cursor;
    draw();
  }

  // Asks for the first page again. What it should hold and does not is not found by this search any more.
  async function refresh() {
    const mine = search;
    const page = await find({ ...filters, Limit: PAGE });
    if (mine !== search) return;
    const fresh = page.Mails ?? [];
    if (!fresh.length && page.Cursor) return;
    const oldest = page.Cursor ? fresh.at(-1).MessageId : "";
    for (const id of mails.keys()) if (id >= oldest) mails.delete(id);
    for (const mail of fresh) mails.set(mail.MessageId, mail);
    if (!page.Cursor) cursor = undefined;
    else if (mails.size === fresh.length) cursor = page.Cursor;
    draw();
  }

  function draw() {
    const shown = [...mails.values()].sort(byNewest);
    for (const id of rows.keys()) if (!mails.has(id)) rows.delete(id);
    const items = shown.map((mail) => row(mail));
    if (items.length) keepOrder($("list"), items);
    else redraw($("list"), node("li", { className: "empty" }, nothing()));
    redraw($("after"), cursor ? moreButton() : null);
    mark();
  }

  function moreButton() {
    return button("Show older mails", async ({ target }) => {
      target.disabled = true;
      try {
        await more();
      } finally {
        target.disabled = false;
      }
    }, { "data-key": "more" });
  }

  function nothing() {
    if (cursor) return [node("strong", {}, "Nothing among the newest mails"), node("p", {}, "Older ones have not been looked at yet.")];
    if (Object.keys(filters).length) return [node("strong", {}, "No mail is like this"), node("p", {}, "Ask for less, or for a longer time: press ? for what can be searched.")];
    return [node("strong", {}, "No mail yet"), node("p", {}, "Send one with POST /Mail/Send: it appears here at once.")];
  }

  function row(mail) {
    const known = rows.get(mail.MessageId);
    const fresh = node("li", {}, mailRow(mail, notes(mail.MessageId)));
    if (known) patch(known, fresh);
    else rows.set(mail.MessageId, fresh);
    return known ?? fresh;
  }

  return {
    begin, refresh, draw,
    // What is known anew of one mail, from elsewhere.
    learn(mail) {
      if (!mails.has(mail.MessageId)) return;
      mails.set(mail.MessageId, Object.fromEntries(
        Object.keys({ ...mails.get(mail.MessageId), Status: 0, ErrorMessage: 0 }).map((name) => [name, mail[name]])));
      draw();
    },
  };
}

export const rowLink = (href, { to, at, subject, chipText, tone, detail, extra = [] }) => node(
  "a", { href, className: "mail-row", "data-key": href },
  node("span", { className: "to", dir: "auto" }, to || "(no recipient)"),
  time(at, shortTime),
  node("span", { className: "subject", dir: "auto" }, subject || "(no subject)"),
  node("span", { className: "foot" }, chip(chipText, tone), detail && node("span", { className: "detail", title: detail }, detail)),
  ...extra);

export const chip = (text, tone) => node("span", { className: `chip ${tone}` }, text);

function mailRow(mail, notes) {
  return rowLink(`#/${mail.MessageId}`, {
    to: mail.Receiver, at: mail.AcceptedAt, subject: mail.Subject ?? "(the content is not kept any more)",
    chipText: mail.Status, tone: toneOf(mail.Status), detail: mail.ErrorMessage || mail.Reference,
    extra: notes.map((text) => node("span", { className: "note", title: text }, text)),
  });
}

// Puts the items into the list with as few moves as possible: what does not move keeps its place on the screen.
function keepOrder(list, items) {
  const wanted = new Set(items);
  for (const item of [...list.children]) if (!wanted.has(item)) item.remove();
  items.forEach((item, at) => {
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
}

// Shows which mail is open.
export function mark() {
  for (const link of $("list").querySelectorAll("a")) {
    if (link.hash === location.hash) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
