// Starts the page: asks for the key, follows the URL and the search box, and looks for news while it is seen.

import { Refused, Unreachable, WrongKey, client } from "./api.js";
import { $, button, node, patch, redraw, say } from "./dom.js";
import { endpointView } from "./endpoint.js";
import { REFRESH_SECONDS, connect, simulator } from "./host.js";
import { listen, showHelp } from "./keyboard.js";
import { mailList, mark } from "./list.js";
import { mailView } from "./mail.js";
import { MAILS, OUTSIDE, WEBHOOKS, drawPlaces, emptyText, homeOf, placeOf, titleOf } from "./places.js";
import { read, withStatus } from "./search.js";
import { webhookList } from "./webhooks.js";

const FILTERS = [["All", ""], ["Waiting", "waiting"], ["Delivered", "delivered"], ["Problems", "problems"]];
let api;
let list;
let webhooks;
let opened;
let place = MAILS;
let timer;
let documents;

// ---- the key

async function start() {
  const { root, key, ...more } = await connect();
  documents = more.documents;
  $("key-form").onsubmit = (event) => {
    event.preventDefault();
    enter(root, $("key").value.trim());
  };
  if (key) await enter(root, key);
  else askForKey("");
}

const WRONG_KEY = "This key is not known here. Is it the one that mails are sent with?";

function askForKey(problem) {
  clearTimeout(timer);
  api = undefined;
  for (const hidden of ["panes", "search", "places"]) $(hidden).hidden = true;
  $("login").hidden = false;
  $("key-problem").textContent = problem;
  $("key").value = "";
  $("key").focus();
}

async function enter(root, key) {
  if (!/^[\x21-\x7e]+$/.test(key)) {
    askForKey("A key has no spaces, and none but plain letters, digits and signs.");
    return;
  }
  api = client(root, key);
  list = mailList({ find: (filters) => api.find(filters), notes, isShown: () => place === MAILS });
  webhooks = webhookList({
    find: () => api.webhooks(), form: documents && formOf("SaveWebhook"), isShown: () => place === WEBHOOKS,
  });
  place = MAILS;
  await guarded(() => list.begin({}));
  if (!api) return;
  $("login").hidden = true;
  for (const shown of ["panes", "search"]) $(shown).hidden = false;
  $("places").hidden = !documents;  // A simulator without the API has no webhooks.
  drawFilters();
  drawTools();
  await follow();
  again();
}

const formOf = (operation) => `${documents.replace(/metadata$/, "json/metadata")}?op=${operation}`;
const notes = (id) => simulator?.notes(id) ?? [];

// Does something that may go wrong: says what did, and asks for the key again if that is wrong.
async function guarded(act) {
  try {
    await act();
    $("banner").hidden = !simulator?.banner();
    $("banner").textContent = simulator?.banner() ?? "";
    $("banner").classList.remove("bad");
  } catch (error) {
    if (error instanceof WrongKey) {
      askForKey(WRONG_KEY);
      return;
    }
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    $("banner").hidden = false;
    $("banner").classList.add("bad");
    $("banner").textContent = `${error.message} It is tried again in ${REFRESH_SECONDS} seconds.`;
  }
}

// ---- news

function again(seconds = REFRESH_SECONDS) {
  clearTimeout(timer);
  timer = setTimeout(look, seconds * 1000);
}

async function look() {
  if (!api) return;
  try {
    if (!document.hidden) await guarded(news);
  } finally {
    if (api) again();
  }
}

async function news() {
  await simulator?.refresh();
  if (place === OUTSIDE) drawOutside();
  else await (place === WEBHOOKS ? webhooks : list).refresh();
  await opened?.refresh();
}

// ---- the search box

async function search(text) {
  const asked = read(text);
  $("problem").textContent = asked.problem ?? "";
  if (asked.open) location.hash = `#/${asked.open}`;
  drawFilters();
  if (!asked.filters) return;
  if (place !== MAILS) location.hash = homeOf(MAILS);
  await guarded(() => list.begin(asked.filters));
  $("list-pane").scrollTop = 0;
}

function drawFilters() {
  const text = $("query").value;
  const choose = (value) => {
    $("query").value = withStatus(text, value);
    search($("query").value);
  };
  const isChosen = (value) => (value ? withStatus(text, value) === text.trim() : withStatus(text, "") === text.trim());
  const chips = FILTERS.map(([name, value]) => button(name, () => choose(value), {
    "aria-pressed": String(place === MAILS && isChosen(value)), "data-key": name,
  }));
  if (simulator) {
    chips.push(button("Outside", () => { location.hash = homeOf(OUTSIDE); }, {
      "aria-pressed": String(place === OUTSIDE), "data-key": "Outside", title: "What SES was given by others than the API",
    }));
  }
  redraw($("filters"), chips);
  $("filters").hidden = place === WEBHOOKS;  // Those of deliveries stand beside them.
}

function drawTools() {
  const forget = button("Change key", () => askForKey(""), { "data-key": "key" });
  redraw($("tools"), ...(simulator?.tools({ changed: () => look(), sinceNow }) ?? [forget]),
    documents && node("a", { className: "button", href: documents }, "API"),
    button("?", showHelp, { "aria-label": "Search and keys", "data-key": "help" }));
}

// Leaves out what is there already; the box says so.
function sinceNow() {
  $("query").value = `since:${new Date().toISOString()}`;
  search($("query").value);
}

// ---- the URL

async function follow() {
  const old = /^#([^/]+)$/.exec(location.hash);  // Links of the former inbox: #ID.
  if (old) location.replace(/^[0-9A-Z]{26}$/.test(old[1]) ? `#/${old[1]}` : `${homeOf(OUTSIDE)}/${old[1]}`);
  const before = place;
  const { id, ...there } = placeOf(location.hash);
  place = there.place;
  drawFilters();
  drawPlaces(place);
  if (place !== before) {
    $("list").replaceChildren();
    $("list-pane").scrollTop = 0;
  }
  if (place === OUTSIDE) drawOutside();
  else if (place !== before) (place === WEBHOOKS ? webhooks : list).draw();
  await open(id);
  if (place === WEBHOOKS && !id && api) await guarded(() => webhooks.refresh());
  mark();
}

function viewOf(holder, id) {
  if (place === OUTSIDE) return simulator.outsideView(holder, id);
  if (place === WEBHOOKS) return endpointView(holder, id, { api, webhooks });
  return mailView(holder, id, { api, notes, webhooks, learn: list.learn });
}

async function open(id) {
  document.body.classList.toggle("reading", Boolean(id));
  if (!id) {
    opened = undefined;
    document.title = titleOf(place);
    redraw($("mail-pane"), node("p", { className: "empty" }, emptyText(place)));
    return;
  }
  // Each has its own: one that is late draws where nobody looks any more.
  const holder = node("div", {}, node("p", { className: "empty" }, "…"));
  redraw($("mail-pane"), holder);
  $("mail-pane").scrollTop = 0;
  const view = viewOf(holder, id);
  opened = view;
  try {
    await view.refresh();
    if (opened === view) $("mail-pane").querySelector("h2")?.focus({ preventScroll: true });
  } catch (error) {
    if (opened !== view) return;
    if (error instanceof WrongKey) {
      askForKey(WRONG_KEY);
      return;
    }
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    redraw(holder, node("a", { className: "back", href: homeOf(place), "aria-label": "Back to the list" }, "←"), node("p", { className: "empty" }, error.message));
  }
}

function drawOutside() {
  patch($("list"), node("ol", { id: "list", className: "list" }, simulator.outsideRows()));
  redraw($("after"));
  mark();
}

// ---- the keyboard

// With a mail open the next one opens; else the focus goes to its row.
function move(step) {
  const links = [...$("list").querySelectorAll("a")];
  const isReading = document.body.classList.contains("reading");
  const at = links.findIndex((link) => (isReading ? link.hasAttribute("aria-current") : link === document.activeElement));
  const next = links[at < 0 ? 0 : at + step];
  if (!next) {
    say(step > 0 ? "This is the last one." : "This is the first one.");
    return;
  }
  next.scrollIntoView({ block: "nearest" });
  if (isReading) location.hash = next.hash;
  else next.focus();
}

function back() {
  const last = location.hash;
  location.hash = homeOf(place);
  $("list").querySelector(`a[href="${CSS.escape(last)}"]`)?.focus();
}

$("search").onsubmit = (event) => {
  event.preventDefault();
  search($("query").value);
};
$("query").addEventListener("search", () => { if (!$("query").value) search(""); });
addEventListener("hashchange", () => { if (api) follow(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
listen({ move, back });
start();
