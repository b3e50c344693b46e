// Starts the page: asks for the key, follows the URL and the search box, and looks for news while it is seen.

import { Refused, Unreachable, WrongKey, client } from "./api.js";
import { $, button, node, patch, redraw, say } from "./dom.js";
import { REFRESH_SECONDS, connect, simulator } from "./host.js";
import { listen, showHelp } from "./keyboard.js";
import { mailList, mark } from "./list.js";
import { mailView } from "./mail.js";
import { read, withStatus } from "./search.js";

const FILTERS = [["All", ""], ["Waiting", "waiting"], ["Delivered", "delivered"], ["Problems", "problems"]];
const OUTSIDE = "#/outside";

let api;
let list;
let opened;
let isOutside = false;
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
  for (const hidden of ["panes", "search"]) $(hidden).hidden = true;
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
  list = mailList({ find: (filters) => api.find(filters), notes });
  await guarded(() => list.begin({}));
  if (!api) return;
  $("login").hidden = true;
  for (const shown of ["panes", "search"]) $(shown).hidden = false;
  drawFilters();
  drawTools();
  await follow();
  again();
}

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
  if (isOutside) drawOutside();
  else await list.refresh();
  await opened?.refresh();
}

// ---- the search box

async function search(text) {
  const asked = read(text);
  $("problem").textContent = asked.problem ?? "";
  if (asked.open) location.hash = `#/${asked.open}`;
  drawFilters();
  if (!asked.filters) return;
  if (isOutside) location.hash = "#/";
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
    "aria-pressed": String(!isOutside && isChosen(value)), "data-key": name,
  }));
  if (simulator) {
    chips.push(button("Outside", () => { location.hash = OUTSIDE; }, {
      "aria-pressed": String(isOutside), "data-key": "Outside", title: "What SES was given by others than the API",
    }));
  }
  redraw($("filters"), chips);
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
  if (old) location.replace(/^[0-9A-Z]{26}$/.test(old[1]) ? `#/${old[1]}` : `${OUTSIDE}/${old[1]}`);
  const [, first, second] = location.hash.split("/");
  const wasOutside = isOutside;
  isOutside = simulator !== null && first === "outside";
  drawFilters();
  if (isOutside !== wasOutside) $("list").replaceChildren();
  if (isOutside) drawOutside();
  else if (wasOutside) list.draw();
  await open(isOutside ? second : first);
  mark();
}

async function open(id) {
  document.body.classList.toggle("reading", Boolean(id));
  if (!id) {
    opened = undefined;
    document.title = "Mail activity";
    redraw($("mail-pane"), node("p", { className: "empty" }, "Choose a mail."));
    return;
  }
  redraw($("mail-pane"), node("p", { className: "empty" }, "…"));
  $("mail-pane").scrollTop = 0;
  const view = isOutside ? simulator.outsideView($("mail-pane"), id)
    : mailView($("mail-pane"), id, { api, notes, learn: list.learn });
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
    redraw($("mail-pane"), node("a", { className: "back", href: "#/" }, "←"), node("p", { className: "empty" }, error.message));
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
  location.hash = isOutside ? OUTSIDE : "#/";
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
