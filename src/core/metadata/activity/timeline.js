// What has happened to a mail, step by step; for everybody, or for one of its recipients.

import { button, fullTime, node, time } from "./dom.js";
import { OF_HOSTS, stepOf } from "./words.js";

// `chosen` is the number of a recipient, 0 for all; `choose` is called with another one; `more` shows older steps.
export function timeline(mail, { chosen, choose, more }) {
  const recipients = mail.Recipients ?? [];
  const steps = (mail.History ?? []).filter((step) => !chosen || !step.Recipient || step.Recipient === chosen);
  return [
    recipients.length > 1 && choice(recipients, chosen, choose),
    node("ol", { className: "timeline" }, steps.map((step) => item(step, recipients))),
    mail.Cursor && button("Show more of the history", more, { "data-key": "more history" }),
  ];
}

function choice(recipients, chosen, choose) {
  const option = (number, text) => node("option", { value: number, selected: number === chosen }, text);
  return node("p", {}, node("label", { className: "inline" }, "History of ", node(
    "select", { onchange: ({ target }) => choose(Number(target.value)), "data-key": "history of" },
    option(0, "all recipients"), recipients.map((each) => option(each.Number, each.Address)))));
}

function item(step, recipients) {
  const [name, tone] = stepOf(step.Kind);
  const address = recipients.find((each) => each.Number === step.Recipient)?.Address;
  const facts = [
    step.Try && `try ${step.Try}`, step.Kind === "accepted" ? step.Code && `${step.Code} lane` : step.Code, step.Host,
    step.Milliseconds && `after ${(step.Milliseconds / 1000).toFixed(1)} s`,
  ].filter(Boolean);
  return node("li", { className: tone },
    node("div", { className: "step" }, node("strong", {}, name), time(step.At, fullTime)),
    address && node("div", { className: "quiet", dir: "auto" }, address),
    step.Detail && (OF_HOSTS.has(step.Kind) ? node("blockquote", {}, step.Detail) : node("p", {}, step.Detail)),
    facts.length ? node("div", { className: "quiet" }, facts.join(" · ")) : null);
}
