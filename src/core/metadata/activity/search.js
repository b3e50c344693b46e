// Reads the search box: what is asked for becomes the filters of `FindMails`, a mail to open, or a problem to tell.

import { STATUSES } from "./words.js";

const FILTERS = {
  to: "Recipient", recipient: "Recipient", ref: "Reference", reference: "Reference", is: "Status", status: "Status",
  domain: "Domain", since: "Since", after: "Since", until: "Until", before: "Until",
};
const OUR_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/i;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;
const WORD = /(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/gi;
const AGO = /^(\d{1,4})(m|h|d|w)$/;
const MINUTES = { m: 1, h: 60, d: 1440, w: 10080 };
const DATE = /^\d{4}-\d{2}-\d{2}$/;

export const HELP = [
  ["to:ada@example.com", "to this address, as To, CC or BCC; an address alone does too"],
  ["ref:order-4711", "with this reference"],
  ["is:bounced", `${Object.keys(STATUSES).filter((word) => !["canceled", "problem"].includes(word)).join(", ")}; several with commas`],
  ["domain:example.com", "of this domain"],
  ["since:2d  until:2026-11-20", "accepted from then on, before then: 30m, 2h, 3d, 1w ago, today, yesterday, a day or a time"],
  ["01J…", "a message id opens its mail"],
];

// Returns {filters}, {open: a message id}, or {problem: what to do}.
export function read(text, now = new Date()) {
  const filters = {};
  for (const [, key, quoted, bare] of text.matchAll(WORD)) {
    const value = quoted ?? bare;
    const found = key && !FILTERS[key.toLowerCase()] && key.toLowerCase() !== "id"
      ? { problem: `“${key}:” is not known here. Known are to:, ref:, is:, domain:, since: and until:.` }
      : word(key?.toLowerCase(), value, now);
    if (found.problem || found.open) return found;
    const [name] = Object.keys(found);
    if (filters[name] && name !== "Status") return { problem: `Two words ask for ${name}. Leave one of them out.` };
    filters[name] = filters[name] ? `${filters[name]},${found[name]}` : found[name];
  }
  return { filters };
}

function word(key, value, now) {
  if (key === "id" || (!key && OUR_ID.test(value))) return { open: value.toUpperCase() };
  if (!key && ADDRESS.test(value)) return { Recipient: value };
  if (!key) {
    return { problem: `“${value}” is neither an address nor a message id. Search with to:, ref:, is:, domain:, since: or until:. Subjects cannot be searched.` };
  }
  const name = FILTERS[key];
  if (name === "Status") return statuses(value);
  if (name === "Since" || name === "Until") return moment(key, name, value.toLowerCase(), now);
  return { [name]: value };
}

function statuses(value) {
  const words = value.toLowerCase().split(",").filter(Boolean);
  const unknown = words.find((each) => !STATUSES[each]);
  if (unknown === "complained") return { problem: "A complaint is no status: the mail stays delivered. Its history tells of it." };
  if (unknown || !words.length) return { problem: `“is:${value}” is not known. Known are ${Object.keys(STATUSES).join(", ")}.` };
  return { Status: [...new Set(words.flatMap((each) => STATUSES[each].split(",")))].join(",") };
}

// A day begins where the reader is, as the times on the page do.
function moment(key, name, value, now) {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const [, count, unit] = AGO.exec(value) ?? [];
  let at;
  if (unit) at = new Date(now - count * MINUTES[unit] * 60000);
  else if (value === "today") at = midnight;
  else if (value === "yesterday") at = new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() - 1);
  else at = new Date(DATE.test(value) ? `${value}T00:00` : value.toUpperCase());
  if (Number.isNaN(at.getTime())) {
    return { problem: `“${key}:${value}” is no time. Write 30m, 2h, 3d, 1w, today, yesterday, 2026-11-20 or 2026-11-20T09:15:30Z.` };
  }
  return { [name]: at.toISOString() };
}

// Returns the text of the box with another `is:`, or none.
export function withStatus(text, status) {
  const rest = text.replace(/(^|\s)(is|status):("[^"]*"|\S*)/gi, " ").trim().replace(/\s+/g, " ");
  return status ? `${rest} is:${status}`.trim() : rest;
}
