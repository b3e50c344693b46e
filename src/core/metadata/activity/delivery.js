// One delivery to a webhook: an event, how far it is, and every call that was made with it.

import { attempted } from "./actions.js";
import { busyButton, copying, fullTime, node, say, time } from "./dom.js";
import { chip } from "./list.js";
import { STATES, callOf } from "./words.js";

export const keyOf = (delivery) => `${delivery.At}#${delivery.Id}`;

// `about` is a link to what it is about where that is not said already; `changed` is called when it is sent again.
export function deliveryItem(delivery, { about, api, changed }) {
  const key = `${delivery.WebhookId} ${delivery.Id}`;
  return node("li", {},
    node("div", { className: "step" }, node("strong", {}, delivery.Type), time(delivery.At, fullTime)),
    node("div", { className: "row" }, chip(delivery.State, STATES[delivery.State] ?? "neutral"), node("span", { className: "quiet" }, factsOf(delivery))),
    about && node("div", { className: "about" }, about),
    node("details", { "data-key": key },
      node("summary", { "data-key": `summary ${key}` }, summaryOf(delivery)),
      node("ol", { className: "timeline" }, (delivery.Attempts ?? []).map(attemptItem)),
      node("div", { className: "row" },
        busyButton("Replay", () => attempted(async () => {
          await api.replay(delivery.WebhookId, { DeliveryId: delivery.Id, Since: delivery.At });
          say("It is on its way again.");
          await changed();
        }), { "data-key": `replay ${key}` }),
        node("code", { className: "quiet" }, delivery.Id), copying(delivery.Id, "event id"))));
}

function factsOf({ Recipient, Sequence, Status, NextAt, MessageId }) {
  const facts = [
    MessageId && (Recipient ? `recipient ${Recipient}` : "the whole mail"), Sequence && `sequence ${Sequence}`, Status,
  ].filter(Boolean).join(" · ");
  return [facts, NextAt && [facts ? " · " : "", "next try ", time(NextAt, fullTime)]];
}

// The tries since it was last replayed are fewer than those that are shown.
function summaryOf({ Attempts, State }) {
  const attempts = Attempts ?? [];
  if (!attempts.length) return State === "held" ? "Not tried: the webhook was disabled" : "Not tried yet";
  const count = attempts.length === 1 ? "1 try" : `${attempts.length} tries`;
  return `${count}. ${attempts.length > 1 ? "The last one: " : ""}${callOf(attempts.at(-1))}`;
}

function attemptItem(attempt) {
  return node("li", { className: attempt.Error ? "bad" : "good" },
    node("div", { className: "step" }, node("strong", {}, callOf(attempt)), time(attempt.At, fullTime)),
    node("div", { className: "quiet" }, `after ${attempt.Milliseconds ?? 0} ms`),
    attempt.Answer && node("blockquote", { dir: "auto" }, attempt.Answer));
}
