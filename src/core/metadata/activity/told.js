// What the webhooks of a mail's domain were told of this mail.

import { attempted } from "./actions.js";
import { deliveryItem } from "./delivery.js";
import { busyButton, node } from "./dom.js";

const MARGIN = 3600000;  // An event is told soon after what it tells of: what came later is not looked through.
const SETTLED = 60000;
const MOST_PAGES = 5;

// Returns how to ask for what they were told, and whether there may be news of that.
export function toldOf({ api, changed }) {
  let isSettled = false;

  async function view(mail, webhooks) {
    const newest = Math.max(...(mail.History ?? []).map((step) => Date.parse(step.At)), Date.parse(mail.AcceptedAt));
    const until = new Date(newest + MARGIN).toISOString();
    const found = await Promise.all(webhooks.map((each) => pageOf(api, each.Id, mail.MessageId, until)));
    const isWaiting = found.some(({ deliveries }) => deliveries.some(({ State }) => State === "pending"));
    isSettled = !isWaiting && Date.now() - newest > SETTLED;
    return webhooks.map((webhook, at) => partOf(webhook, found[at], { mail, until }));
  }

  function partOf(webhook, { deliveries, cursor }, { mail, until }) {
    const list = node("ol", { className: "deliveries" }, [...deliveries].sort(byNewest).map((each) => deliveryItem(each, { api, changed })));
    const part = node("section", { className: "stack", "aria-label": webhook.Name },
      node("h3", {}, node("a", { href: `#/webhooks/${webhook.Id}`, dir: "auto" }, webhook.Name)),
      deliveries.length ? list
        : node("p", { className: "quiet" }, cursor ? "Nothing among the newest deliveries." : "It was told nothing of this mail."),
      cursor && busyButton("Look further", () => attempted(async () => {
        const next = await pageOf(api, webhook.Id, mail.MessageId, until, cursor);
        part.replaceWith(partOf(webhook, { deliveries: [...deliveries, ...next.deliveries], cursor: next.cursor }, { mail, until }));
      }), { "data-key": `further ${webhook.Id}` }));
    return part;
  }

  return { view, isSettled: () => isSettled };
}

// Events of the same second have an order, too.
const byNewest = (first, second) => (second.Sequence ?? 0) - (first.Sequence ?? 0) || (first.At < second.At ? 1 : -1);

// A page may be empty and more follow, if the webhook is told of much else.
async function pageOf(api, id, messageId, until, cursor) {
  const deliveries = [];
  for (let asked = 0; asked < MOST_PAGES; asked++) {
    const page = await api.deliveries(id, { MessageId: messageId, Until: until, Limit: 100, Cursor: cursor });
    deliveries.push(...(page.Deliveries ?? []));
    cursor = page.Cursor;
    if (!cursor) break;
  }
  return { deliveries, cursor };
}
