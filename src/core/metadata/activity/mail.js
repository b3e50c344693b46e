// One mail: what it is, who gets it, what has happened, what is in it. It keeps itself up to date.

import { cancel, resend } from "./actions.js";
import { Refused, Unreachable } from "./api.js";
import { filesView, htmlView, textView } from "./content.js";
import { button, copying, day, fullTime, node, redraw, time } from "./dom.js";
import { FIRST_TAB, simulator } from "./host.js";
import { chip } from "./list.js";
import { timeline } from "./timeline.js";
import { toldOf } from "./told.js";
import { toneOf } from "./words.js";

let tab = FIRST_TAB;  // Who looks at texts wants to see the next mail's text, too.

// Shows a mail in `place`; returns how to bring it up to date. `learn` hears what is found out; `webhooks` is their list.
export function mailView(place, id, { api, learn, notes, webhooks }) {
  let mail;
  let told = [];  // The webhooks of its domain.
  let state;
  let content;
  let chosen = 0;
  let drawn;
  const head = node("div", { className: "head" });
  const tabs = node("div", { className: "tabs", role: "tablist", "aria-label": "Parts of the mail" });
  const telling = toldOf({ api, changed: () => drawPanel() });
  const panel = node("div", { className: "panel", role: "tabpanel", id: "panel", tabIndex: -1 });

  async function refresh() {
    const found = await api.get(id);
    const newState = JSON.stringify([found, notes(id)]);
    if (newState === state) {
      if (shownTab() === "webhooks" && !telling.isSettled()) await drawPanel();
      return;
    }
    state = newState;
    mail = found;
    learn(found);
    document.title = `${found.Subject || found.MessageId} – Mail activity`;
    if (!head.isConnected) place.replaceChildren(head, tabs, panel);
    redraw(head, headOf(mail, { notes: notes(id), api, refresh }));
    drawTabs();
    lookForWebhooks();
    if (["timeline", "webhooks"].includes(shownTab()) || !drawn) await drawPanel();
  }

  // The mail is shown meanwhile.
  async function lookForWebhooks() {
    const before = told.length;
    told = await webhooks.of(mail.Domain);
    if (Boolean(before) === Boolean(told.length)) return;
    drawTabs();
    if (tab === "webhooks") await drawPanel();
  }

  const VIEWS = {
    timeline: ["Timeline", () => timeline(mail, { chosen, choose, more: moreHistory })],
    html: ["HTML", async () => {
      const { Html, Text, Attachments, IsShortened } = await load();
      if (!Html) return [node("p", { className: "quiet" }, "This mail has no HTML."), Text ? textView(Text) : ""];
      return [IsShortened && shortened(), htmlView(Html, Attachments ?? [])];
    }],
    text: ["Text", async () => {
      const { Text, IsShortened } = await load();
      return [IsShortened && shortened(), Text ? textView(Text) : node("p", { className: "quiet" }, "This mail has no text.")];
    }],
    files: ["Attachments", async () => filesView((await load()).Attachments ?? [], renew)],
    ...(simulator ? { source: ["Source", () => simulator.source(id)] } : {}),
    webhooks: ["Webhooks", () => telling.view(mail, told)],
  };
  const names = () => Object.keys(VIEWS).filter((name) => name !== "webhooks" || told.length);
  const shownTab = () => (names().includes(tab) ? tab : FIRST_TAB);

  // To be asked for the content is noted in the mail's history: so it is loaded only if somebody looks at it, and once.
  async function load() {
    content ??= api.content(id);
    try {
      return await content;
    } catch (error) {
      content = undefined;
      throw error;
    }
  }

  async function renew() {
    content = undefined;
    await drawPanel();
  }

  async function choose(number) {
    chosen = number;
    await drawPanel();
  }

  async function moreHistory() {
    const next = await api.get(id, mail.Cursor);
    mail = { ...mail, History: [...mail.History, ...next.History], Cursor: next.Cursor };
    await drawPanel();
  }

  function drawTabs() {
    const all = names();
    const files = (mail.Attachments ?? []).length;
    redraw(tabs, all.map((name) => button(name === "files" && files ? `Attachments (${files})` : VIEWS[name][0], () => show(name), {
      role: "tab", id: `tab-${name}`, "aria-selected": String(name === shownTab()), "aria-controls": "panel", "data-key": `tab ${name}`,
      tabIndex: name === shownTab() ? 0 : -1,
      onkeydown: ({ key }) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
        if (step) show(all[(all.indexOf(name) + step + all.length) % all.length], true);
      },
    })));
    panel.setAttribute("aria-labelledby", `tab-${shownTab()}`);
  }

  async function show(name, withFocus = false) {
    tab = name;
    drawTabs();
    if (withFocus) tabs.querySelector("[aria-selected=true]").focus();
    await drawPanel();
  }

  async function drawPanel() {
    const mine = shownTab();
    drawn = true;
    let shown;
    try {
      shown = await VIEWS[mine][1]();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      shown = trouble(error);
    }
    if (mine === shownTab()) redraw(panel, ...[shown].flat());
  }

  const trouble = (error) => [
    node("p", { className: "callout" }, error.message),
    error instanceof Unreachable && button("Try again", () => drawPanel(), { "data-key": "again" }),
  ];

  return { refresh };
}

const shortened = () => node("p", { className: "callout" }, "This is only the beginning: the mail is too long to be shown.");

function headOf(mail, { notes, api, refresh }) {
  const actions = [
    button("Resend…", () => resend(mail, api, refresh), { "data-key": "resend" }),
    mail.Status === "queued" && button("Cancel…", () => cancel(mail, api, refresh), { "data-key": "cancel" }),
  ];
  return [
    node("a", { className: "back", href: "#/", "aria-label": "Back to the list" }, "←"),
    node("div", { className: "title" },
      node("h2", { dir: "auto", tabIndex: -1, "data-key": "title" }, mail.Subject ?? (mail.ContentUntil ? "(no subject)" : "(the content is not kept any more)")),
      node("div", { className: "row" }, actions.filter(Boolean))),
    mail.ErrorMessage && node("p", { className: `callout ${toneOf(mail.Status)}` }, mail.ErrorMessage),
    ...notes.map((text) => node("p", { className: "callout waiting" }, text)),
    facts(mail), recipientsOf(mail, refresh),
  ];
}

function facts(mail) {
  const link = (id) => node("a", { href: `#/${id}` }, id);
  const rows = [
    ["Status", chip(mail.Status, toneOf(mail.Status))],
    ["Message id", [node("code", {}, mail.MessageId), copying(mail.MessageId, "message id")]],
    ["From", mail.Sender],
    ["Reference", mail.Reference],
    ["Domain", mail.Domain],
    ["Accepted", time(mail.AcceptedAt, fullTime)],
    ["Tries", mail.Tries?.length > 1 ? String(mail.Tries.length) : ""],
    ["Resent from", mail.ResentFrom && link(mail.ResentFrom)],
    ["Content", mail.ContentUntil ? ["kept until ", time(mail.ContentUntil, day)] : "not kept any more"],
  ];
  return node("dl", { className: "facts" }, rows.filter(([, value]) => value).flatMap(
    ([name, value]) => [node("dt", {}, name), node("dd", { dir: "auto" }, value)]));
}

function recipientsOf(mail, refresh) {
  const recipients = mail.Recipients ?? [];
  return [
    node("h3", {}, recipients.length === 1 ? "Recipient" : `${recipients.length} recipients`),
    node("ul", { className: "recipients" }, recipients.map((each) => node("li", {},
      node("span", { className: "address", dir: "auto" }, each.Address ?? "(erased)"),
      chip(each.Status === "accepted" ? "no news yet" : each.Status, toneOf(each.Status)),
      each.ComplainedAt && chip("complained", "bad"), each.RepliedAt && chip("replied", "neutral"),
      node("span", { className: "quiet" }, each.StatusAt && time(each.StatusAt, fullTime)),
      simulator?.recipientTools(mail, each, recipients.length === 1, refresh),
      each.Detail && node("p", { className: "quiet" }, each.Detail)))),
  ];
}
