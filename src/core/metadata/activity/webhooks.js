// The webhooks of the caller's domains: their list, and in which state each is.

import { Refused, Unreachable } from "./api.js";
import { $, keeper, node, redraw, shortTime } from "./dom.js";
import { mark, rowLink } from "./list.js";

const FRESH_MILLISECONDS = 60000;

// `find` asks for all of them; `form` is where one can be made; `isShown` says whether the list is seen now.
export function webhookList({ find, form, isShown }) {
  const drawRows = keeper($("list"));
  let webhooks = [];
  let askedAt = 0;

  async function refresh() {
    const found = await find();
    askedAt = Date.now();
    webhooks = found.Webhooks ?? [];
    draw();
  }

  function draw() {
    if (!isShown() || !askedAt) return;
    if (webhooks.length) drawRows(webhooks.map((each) => [each.Id, node("li", {}, webhookRow(each))]));
    else redraw($("list"), node("li", { className: "empty" }, nothing(form)));
    redraw($("after"));
    mark();
  }

  return {
    refresh, draw,
    get: (id) => webhooks.find((each) => each.Id === id),
    // Those of a domain, as they are now or were a minute ago; as far as can be known, for who can do without.
    async of(domain) {
      try {
        if (Date.now() - askedAt > FRESH_MILLISECONDS) await refresh();
      } catch (error) {
        if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      }
      return webhooks.filter((each) => each.Domain === domain);
    },
  };
}

const nothing = (form) => [
  node("strong", {}, "No webhook yet"),
  node("p", {}, "A webhook tells your program what becomes of its mails. Make one with ",
    form ? node("a", { href: form }, "SaveWebhook") : "SaveWebhook", " (POST /Webhook): it appears here."),
];

function webhookRow(webhook) {
  const { text, tone } = stateOf(webhook);
  return rowLink(`#/webhooks/${webhook.Id}`, {
    to: webhook.Name, subject: hostOf(webhook.Url), chipText: text, tone, detail: `${webhook.Domain} · ${eventsOf(webhook)}`,
  });
}

// Returns in words how it is, in few for a list; `more` says all.
export function stateOf({ Enabled, DisabledReason, FailingSince, PausedUntil }, written = shortTime) {
  if (!Enabled) return { text: "disabled", tone: "bad", more: DisabledReason };
  if (PausedUntil && Date.parse(PausedUntil) > Date.now()) {
    return { text: `paused until ${written(PausedUntil)}`, tone: "waiting", more: `It did not keep up, so nothing is sent to it until ${written(PausedUntil)}.` };
  }
  if (FailingSince) {
    return { text: `failing since ${written(FailingSince)}`, tone: "bad", more: `No call has succeeded since ${written(FailingSince)}. After five days it is disabled.` };
  }
  return { text: "working", tone: "good" };
}

export const eventsOf = ({ Events }) => (!Events?.length || Events.includes("*") ? "all events" : Events.join(", "));

function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}
