// One webhook: where it leads, how it does, and its deliveries, the newest first.

import { attempted, replayAll } from "./actions.js";
import { Refused } from "./api.js";
import { deliveryItem, keyOf } from "./delivery.js";
import { busyButton, button, copying, fullTime, keeper, node, redraw, say, time } from "./dom.js";
import { chip } from "./list.js";
import { pages } from "./pages.js";
import { eventsOf, stateOf } from "./webhooks.js";
import { STATES } from "./words.js";

const PAGE = 25;
const MOST = 100;
const MOST_OF_URL = 120;

// Shows a webhook in `place`; returns how to bring it up to date. `webhooks` is the list that knows it.
export function endpointView(place, id, { api, webhooks }) {
  let chosen = "";
  let state;
  const head = node("div", { className: "head" });
  const filters = node("div", { className: "filters", role: "group", "aria-label": "State of the deliveries" });
  const list = node("ol", { className: "deliveries" });
  const after = node("div", { className: "after" });
  const drawRows = keeper(list);
  const deliveries = pages({
    find: async (query) => {
      const page = await api.deliveries(id, query);
      return { items: page.Deliveries ?? [], cursor: page.Cursor };
    },
    keyOf, size: PAGE, most: MOST, changed: drawDeliveries,
  });

  async function refresh() {
    if (!webhooks.get(id)) await webhooks.refresh();
    const webhook = webhooks.get(id);
    if (!webhook) throw new Refused(404, "There is no such webhook of this key's domains.");
    drawHead(webhook);
    if (head.isConnected) await deliveries.refresh();
    else {
      await deliveries.begin({});
      place.replaceChildren(head, filters, list, after);
    }
  }

  async function renew() {
    await webhooks.refresh();
    await refresh();
  }

  function drawHead(webhook) {
    const newState = JSON.stringify([webhook, stateOf(webhook)]);
    if (newState === state) return;
    state = newState;
    document.title = `${webhook.Name} – Webhooks – Mail activity`;
    redraw(head, headOf(webhook, { api, renew }));
    drawFilters();
  }

  function drawFilters() {
    const choose = (value) => {
      chosen = value;
      drawFilters();
      return attempted(() => deliveries.begin(value ? { State: value } : {}));
    };
    redraw(filters, ["", ...Object.keys(STATES)].map((value) => button(value || "all", () => choose(value), {
      "aria-pressed": String(value === chosen), "data-key": `state ${value}`,
    })));
  }

  function drawDeliveries() {
    const shown = deliveries.items();
    if (shown.length) drawRows(shown.map((each) => [keyOf(each), deliveryItem(each, { about: mailOf(each), api, changed: renew })]));
    else redraw(list, node("li", { className: "empty" }, nothing()));
    redraw(after, deliveries.hasMore()
      ? busyButton("Show older deliveries", () => attempted(deliveries.more), { "data-key": "older" }) : null);
  }

  function nothing() {
    if (deliveries.hasMore()) return [node("strong", {}, "Nothing among the newest deliveries"), node("p", {}, "Older ones have not been looked at yet.")];
    if (chosen) return [node("strong", {}, `No delivery is ${chosen}`), node("p", {}, "Deliveries are kept for 30 days.")];
    return [node("strong", {}, "Nothing was sent to it yet"), node("p", {}, "Whatever becomes of the domain's mails appears here. “Test” sends an event at once.")];
  }

  return { refresh };
}

const shortened = (url) => (url.length > MOST_OF_URL ? `${url.slice(0, MOST_OF_URL)}…` : url);
const mailOf = ({ MessageId: id }) => (id ? node("a", { href: `#/${id}` }, id) : node("span", { className: "quiet" }, "a test, of no mail"));

function headOf(webhook, { api, renew }) {
  const { text, tone, more } = stateOf(webhook, fullTime);
  return [
    node("a", { className: "back", href: "#/webhooks", "aria-label": "Back to the list" }, "←"),
    node("div", { className: "title" },
      node("h2", { dir: "auto", tabIndex: -1, "data-key": "title" }, webhook.Name),
      node("div", { className: "row" }, webhook.Enabled ? actionsOf(webhook, { api, renew }) : enabling(webhook, { api, renew }))),
    more && node("p", { className: `callout ${tone}` }, more),
    facts(webhook, chip(text, tone)),
    node("h3", {}, "Deliveries"),
  ];
}

const actionsOf = (webhook, { api, renew }) => [
  busyButton("Test", () => attempted(async () => {
    await api.testWebhook(webhook.Id);
    say("A test event is on its way.");
    await renew();
  }), { "data-key": "test" }),
  button("Replay all undelivered…", () => replayAll(webhook, api, renew), { "data-key": "replay all" }),
];

const enabling = (webhook, { api, renew }) => busyButton("Enable", () => attempted(async () => {
  await api.saveWebhook({ Id: webhook.Id, Enabled: true });
  say("It is enabled. What was held is not sent by itself: replay it.");
  await renew();
}), { className: "primary", "data-key": "enable" });

function facts(webhook, state) {
  const rows = [
    ["State", state],
    ["Webhook id", [node("code", {}, webhook.Id), copying(webhook.Id, "webhook id")]],
    ["URL", [node("code", { title: webhook.Url }, shortened(webhook.Url)), copying(webhook.Url, "URL")]],
    ["Domain", webhook.Domain],
    ["Events", eventsOf(webhook)],
    ["Recipients", webhook.IncludeRecipients ? "It is told addresses, and what hosts say." : "It is told no addresses."],
    ["Made", webhook.CreatedAt && time(webhook.CreatedAt, fullTime)],
  ];
  return node("dl", { className: "facts" }, rows.filter(([, value]) => value).flatMap(
    ([name, value]) => [node("dt", {}, name), node("dd", { dir: "auto" }, value)]));
}
