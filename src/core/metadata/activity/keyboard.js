// The keys: j and k go down and up, / searches, Enter opens, Escape goes back, ? tells all this.

import { $, button, node } from "./dom.js";
import { HELP } from "./search.js";

const KEYS = [
  ["j  k", "the next mail, the one before"], ["Enter", "open the mail"], ["/", "search"],
  ["Esc", "back to the list"], ["?", "show this"],
];

const isTyping = (target) => target.matches?.("input, textarea, select, [contenteditable]");

export function listen({ move, back }) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog").open || $("panes").hidden) return;
    if (event.key === "Escape") {
      if (isTyping(event.target)) event.target.blur();
      else back();
      return;
    }
    if (isTyping(event.target)) return;
    const action = { j: () => move(1), k: () => move(-1), "/": focusSearch, "?": showHelp }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function focusSearch() {
  $("query").focus();
  $("query").select();
}

export function showHelp() {
  const rows = (pairs) => node("dl", { className: "help" }, pairs.flatMap(
    ([term, means]) => [node("dt", {}, node("kbd", {}, term)), node("dd", {}, means)]));
  const dialog = $("dialog");
  dialog.replaceChildren(
    node("h2", { id: "dialog-title" }, "Search and keys"), rows(HELP), node("h3", {}, "Keys"), rows(KEYS),
    node("div", { className: "row end" }, button("Close", () => dialog.close(), { className: "primary", autofocus: true })));
  dialog.showModal();
}
