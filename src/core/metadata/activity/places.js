// The places that the page has, each with a list and what is chosen from it: the first part of the URL's hash.

import { $ } from "./dom.js";
import { simulator } from "./host.js";

export const MAILS = "";
export const OUTSIDE = "outside";  // Only the simulator has it.
export const WEBHOOKS = "webhooks";

// What their lists and what is chosen there are called, and what is said as long as nothing is.
const LABELS = {
  [MAILS]: ["Mails", "The chosen mail", "Choose a mail."],
  [OUTSIDE]: ["Mails from outside", "The chosen mail", "Choose a mail."],
  [WEBHOOKS]: ["Webhooks", "The chosen webhook", "Choose a webhook."],
};

export const homeOf = (place) => (place === MAILS ? "#/" : `#/${place}`);
export const emptyText = (place) => LABELS[place][2];
export const titleOf = (place) => (place === WEBHOOKS ? "Webhooks – Mail activity" : "Mail activity");

// Returns which place a URL's hash names, and what of it is open.
export function placeOf(hash) {
  const [, first, second] = hash.split("/");
  const isPlace = first === WEBHOOKS || (simulator && first === OUTSIDE);
  return isPlace ? { place: first, id: second } : { place: MAILS, id: first };
}

// Shows in which place one is, also to those who hear the page.
export function drawPlaces(place) {
  for (const link of $("places").querySelectorAll("a")) {
    if (link.hash === homeOf(place)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const [list, chosen] = LABELS[place];
  $("list-pane").setAttribute("aria-label", list);
  $("mail-pane").setAttribute("aria-label", chosen);
}
