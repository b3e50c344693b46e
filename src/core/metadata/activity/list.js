// The list of mails: what `FindMails` answers, always up to date without jumping.

import { $, busyButton, keeper, node, redraw, shortTime, time } from "./dom.js";
import { pages } from "./pages.js";
import { toneOf } from "./words.js";

const PAGE = 40;

// `find` asks for a page; `notes` returns what is to be said beside a mail; `isShown` says whether the list is seen now.
export function mailList({ find, notes, isShown }) {
  const drawRows = keeper($("list"));
  const mails = pages({
    find: async (query) => {
      const page = await find(query);
      return { items: page.Mails ?? [], cursor: page.Cursor };
    },
    keyOf: (mail) => mail.MessageId,
    size: PAGE,
    changed: () => draw(),
  });

  function draw() {
    if (!isShown()) return;
    const shown = mails.items();
    if (shown.length) drawRows(shown.map((mail) => [mail.MessageId, node("li", {}, mailRow(mail, notes(mail.MessageId)))]));
    else redraw($("list"), node("li", { className: "empty" }, nothing()));
    redraw($("after"), mails.hasMore() ? busyButton("Show older mails", mails.more, { "data-key": "more" }) : null);
    mark();
  }

  function nothing() {
    if (mails.hasMore()) return [node("strong", {}, "Nothing among the newest mails"), node("p", {}, "Older ones have not been looked at yet.")];
    if (mails.isFiltered()) return [node("strong", {}, "No mail is like this"), node("p", {}, "Ask for less, or for a longer time: press ? for what can be searched.")];
    return [node("strong", {}, "No mail yet"), node("p", {}, "Send one with POST /Mail/Send: it appears here at once.")];
  }

  return {
    begin: mails.begin, refresh: mails.refresh, draw,
    // What is known anew of one mail, from elsewhere.
    learn(mail) {
      const known = mails.get(mail.MessageId);
      if (!known) return;
      mails.learn(Object.fromEntries(Object.keys({ ...known, Status: 0, ErrorMessage: 0 }).map((name) => [name, mail[name]])));
    },
  };
}

export const rowLink = (href, { to, at, subject, chipText, tone, detail, extra = [] }) => node(
  "a", { href, className: "mail-row", "data-key": href },
  node("span", { className: "to", dir: "auto" }, to || "(no recipient)"),
  at && time(at, shortTime),
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

// Shows which of the list is open.
export function mark() {
  for (const link of $("list").querySelectorAll("a")) {
    if (link.hash === location.hash) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
