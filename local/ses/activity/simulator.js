// What only the SES simulator has: causes of events, faults, the composed source, and mails that others have sent.

import { confirmed } from "./actions.js";
import { Refused, answerOf } from "./api.js";
import { filesView, htmlView, textView } from "./content.js";
import { button, copying, fullTime, node, redraw, say, size, time } from "./dom.js";
import { chip, rowLink } from "./list.js";

const SHOWN = 200;
const MOST_SOURCE = 300000;
const OUR_TAG = "mailapi_message_id";
const CAUSES = [
  ["Hard bounce", "Bounce", { bounceType: "Permanent" }],
  ["Soft bounce", "Bounce", { bounceType: "Transient" }],
  ["Complaint", "Complaint", {}],
  ["Delay", "DeliveryDelay", {}],
  ["Delivery", "Delivery", {}],
  ["Open", "Open", {}],
];

async function ask(path, options) {
  const answer = await answerOf(path, options);
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, said.message ?? `The simulator answered with HTTP ${answer.status}.`);
}

const json = async (path) => (await ask(path)).json();
const post = (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) }).then((answer) => answer.json());

export function simulatorOf() {
  let mails = [];
  let account = null;
  let faults = [];
  let kinds = [];

  async function refresh() {
    [mails, account, faults] = await Promise.all([json(`messages?limit=${SHOWN}`), json("account"), json("faults")]);
    if (!kinds.length) kinds = await json("faults/kinds");
  }

  const ourId = (mail) => mail.EmailTags.find(({ Name }) => Name === OUR_TAG)?.Value;
  const notes = (id) => [...new Set(mails.filter((mail) => ourId(mail) === id).flatMap((mail) => mail.Notes))];
  const outside = () => mails.filter((mail) => !ourId(mail));

  return {
    refresh, notes, source,
    banner: () => [troubles(account), waiting(faults)].filter(Boolean).join(" "),
    tools: (page) => tools(page, { kinds: () => kinds, faults: () => faults, refresh }),
    recipientTools,
    outsideRows: () => rows(outside()),
    outsideView: (place, id) => outsideView(place, id, () => mails.find((mail) => mail.MessageId === id)),
  };
}

// ---- the account and the faults

// What keeps SES from sending now; nothing for an account in order. PUT /account changes it.
function troubles(account) {
  const quota = account.SendQuota;
  const limited = quota.Max24HourSend !== -1;
  const found = [
    [account.EnforcementStatus === "SHUTDOWN", "suspended"],
    [account.EnforcementStatus === "PROBATION", "under review"],
    [!account.SendingEnabled, "sending is paused"],
    [!account.ProductionAccessEnabled, "sandbox (verified recipients only)"],
    [limited && quota.SentLast24Hours >= quota.Max24HourSend, "daily quota used up"],
  ].filter(([is]) => is).map(([, text]) => text);
  const sent = `${quota.SentLast24Hours} of ${quota.Max24HourSend} sent in 24 hours`;
  const limits = `${quota.MaxSendRate} a second` + (limited ? `, ${sent}` : "");
  return found.length ? `SES account: ${found.join("; ")}. ${limits}.` : "";
}

const waiting = (faults) => faults.length
  ? `Faults that wait for the next mails: ${faults.map(({ kind, count }) => (count > 1 ? `${kind} × ${count}` : kind)).join(", ")}.` : "";

function tools({ changed, sinceNow }, state) {
  const menu = node("select", { "aria-label": "Let the next mail fail", "data-key": "faults" },
    node("option", { value: "" }, "Faults…"));
  menu.onfocus = () => fill(menu, state);
  menu.onchange = async () => {
    const kind = menu.value;
    menu.value = "";
    try {
      if (kind === "none") await ask("faults", { method: "DELETE" });
      else await post("faults", { kind, count: 1 });
      say(kind === "none" ? "No fault waits any more." : `The next mail meets: ${kind}.`);
    } catch (error) {
      say(error.message);
    }
    changed();
  };
  fill(menu, state);
  return [menu, button("Delete all…", () => confirmed(
    "Delete all mails of the simulator?",
    "Their sources are gone then. What the API knows of them stays, and the list begins anew from now: take “since:” out of the search box to see them.",
    "Delete all", async () => {
      await ask("messages", { method: "DELETE" });
      sinceNow();
      changed();
    }), { "data-key": "delete" })];
}

function fill(menu, { kinds }) {
  if (menu.options.length > 1) return;
  menu.append(
    ...kinds().map(({ Kind, Description }) => node("option", { value: Kind, title: Description }, `${Kind}: ${Description}`)),
    node("option", { value: "none" }, "none any more"));
}

// ---- a mail of the API

// Buttons that let something happen to one recipient.
function recipientTools(mail, recipient, isOnly, refresh) {
  const cause = async (name, eventType, detail) => {
    try {
      const done = await post("events", { MessageId: mail.MessageId, eventType, recipients: [recipient.Address], ...detail });
      say(done.message ?? `${name} for ${recipient.Address}.`);
      setTimeout(refresh, 700);
    } catch (error) {
      say(error.message);
    }
  };
  if (!recipient.Address || !mail.Tries?.length) return null;
  return node("details", { className: "causes", open: isOnly, "data-key": `causes ${recipient.Number}` },
    node("summary", {}, "Cause an event"),
    node("div", { className: "row" }, CAUSES.map(([name, kind, detail]) => button(
      name, () => cause(name, kind, detail), { "data-key": `${name} ${recipient.Number}` }))));
}

// The message as SES composes it.
async function source(id) {
  const answer = await answerOf(`messages/${encodeURIComponent(id)}`);
  if (answer.status === 404) return node("p", { className: "quiet" }, "SES does not have this mail (any more), so there is no source.");
  const text = await answer.text();
  const shown = text.length > MOST_SOURCE ? `${text.slice(0, MOST_SOURCE)}\n… (${size(text.length)})` : text;
  return [
    node("p", {}, node("a", { className: "button", href: `messages/${encodeURIComponent(id)}`, download: `${id}.eml` }, "Download")),
    node("pre", { tabIndex: 0, "aria-label": "Source of the mail" }, shown),
  ];
}

// ---- mails that did not come from the API

const everybody = ({ Destination: to }) => [...to.ToAddresses, ...to.CcAddresses, ...to.BccAddresses].map(readable).join(", ");

// Names in addresses come as RFC 2047 encoded words.
function readable(address) {
  return address
    .replace(/(\?=)\s+(?==\?)/g, "$1")
    .replace(/=\?([\w-]+)\?([bq])\?([^?]*)\?=/gi, (word, charset, kind, data) => {
      try {
        const raw = kind.toLowerCase() === "b" ? atob(data)
          : data.replace(/_/g, " ").replace(/=([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
        return new TextDecoder(charset).decode(Uint8Array.from(raw, (character) => character.charCodeAt(0)));
      } catch {
        return word;
      }
    });
}

function rows(mails) {
  if (!mails.length) {
    return node("li", { className: "empty" }, node("strong", {}, "Nothing from outside"),
      node("p", {}, "Here are mails that SES was given by other programs than the API."));
  }
  return mails.map((mail) => node("li", {}, rowLink(`#/outside/${mail.MessageId}`, {
    to: everybody(mail), at: mail.Timestamp, subject: mail.Subject, chipText: "outside", tone: "neutral",
    detail: `from ${readable(mail.FromEmailAddress)}`,
  })));
}

function outsideView(place, id, find) {
  let isDrawn = false;
  async function refresh() {
    if (isDrawn) return;
    const mail = find();
    if (!mail) throw new Refused(404, "The simulator does not have this mail (any more).");
    const { text, html } = await json(`messages/${id}/content`);
    const files = mail.Attachments.map((file, at) => ({
      Name: file.FileName, ContentType: file.ContentType, Size: file.Size, Url: `/messages/${id}/attachments/${at}`,
    }));
    const facts = [
      ["Status", chip("outside", "neutral")], ["From", readable(mail.FromEmailAddress)], ["To", everybody(mail)],
      ["Time", time(mail.Timestamp, fullTime)], ["SES's id", [node("code", {}, id), copying(id, "id")]],
      ["Tags", mail.EmailTags.map(({ Name, Value }) => `${Name}: ${Value}`).join(", ")],
    ];
    isDrawn = true;
    redraw(place, node("a", { className: "back", href: "#/outside", "aria-label": "Back to the list" }, "←"),
      node("h2", { dir: "auto", tabIndex: -1 }, mail.Subject || "(no subject)"),
      node("dl", { className: "facts" }, facts.filter(([, value]) => value).flatMap(
        ([name, value]) => [node("dt", {}, name), node("dd", { dir: "auto" }, value)])),
      node("div", { className: "panel" }, html && htmlView(html), text && textView(text),
        files.length ? filesView(files) : null, await source(id)));
  }
  return { refresh };
}
