// What can be done: to send a mail again, to cancel one, to send a webhook again what it has missed: each with a question
// before it, and what became of it after.

import { Refused, Unreachable } from "./api.js";
import { $, button, node, say } from "./dom.js";

const NOT_REACHED = new Set(["undelivered", "failed"]);

// Asks; `act` returns what to show when it is done, and raises what went wrong.
function ask({ title, body, verb, act }) {
  const dialog = $("dialog");
  const problem = node("p", { className: "problem", role: "alert" });
  const go = node("button", { className: "primary" }, verb);
  const form = node("form", {}, node("h2", { id: "dialog-title" }, title), ...body, problem,
    node("div", { className: "row end" }, button("Not now", () => dialog.close()), go));
  form.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    problem.textContent = "";
    try {
      const done = await act(form);
      if (!form.isConnected) return;  // Meanwhile another question was asked.
      if (done) dialog.replaceChildren(...done);
      else dialog.close();
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      go.disabled = false;
    }
  };
  dialog.replaceChildren(form);
  dialog.showModal();
}

// Does something for which there is no question; says why if it cannot be done.
export async function attempted(act) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    say(error.message);
  }
}

export const confirmed = (title, text, verb, act) => ask({ title, body: [node("p", {}, text)], verb, act });

export function cancel(mail, api, changed) {
  confirmed("Cancel this mail?", "It has not left yet. Once cancelled it is failed, and is not sent.", "Cancel the mail", async () => {
    await api.cancel(mail.MessageId);
    changed();
  });
}

export function resend(mail, api, changed) {
  const recipients = mail.Recipients ?? [];
  const missed = recipients.filter((each) => NOT_REACHED.has(each.Status)).length;
  const tokens = new Map();
  const to = node("input", { type: "text", name: "to", placeholder: "Name <somebody@example.com>", "aria-label": "Other recipients", autocomplete: "off" });
  const choice = (value, text, more = {}) => node("label", { className: "choice" }, node("input", { type: "radio", name: "how", value, ...more }), text);
  to.onfocus = () => { to.form.elements.how.value = "to"; };
  ask({
    title: "Send this mail again?",
    body: [node("p", {}, "It becomes a new mail with the same content."), node("fieldset", {}, node("legend", { className: "hidden" }, "To whom"),
      choice("same", recipients.length > 1 ? `to all ${recipients.length} recipients` : "to the same recipient", { checked: true }),
      choice("missed", missed ? `only to those whom it has not reached (${missed})` : "only to those whom it has not reached: there are none", { disabled: !missed }),
      choice("to", "to somebody else:"), to)],
    verb: "Send again",
    act: async ({ elements }) => {
      const how = { same: {}, missed: { OnlyUndelivered: true }, to: { To: to.value.trim() } }[elements.how.value];
      if (how.To === "") throw new Error("Write to whom it is to be sent.");
      const asked = JSON.stringify(how);  // Who tries the same again sends nothing twice.
      if (!tokens.has(asked)) tokens.set(asked, token());
      const sent = await api.resend(mail.MessageId, how, tokens.get(asked));
      changed();
      return result(sent);
    },
  });
}

const token = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function result(sent) {
  const dialog = $("dialog");
  const isBad = ["failed", "undelivered"].includes(sent.Status);
  return [
    node("h2", { id: "dialog-title" }, isBad ? "It was not sent" : "Sent again"),
    node("p", {}, sent.ErrorMessage || `The new mail is ${sent.Status}.`),
    node("div", { className: "row end" }, button("Close", () => dialog.close()),
      node("a", { className: "button primary", href: `#/${sent.MessageId}`, onclick: () => dialog.close() }, "Open the new mail")),
  ];
}

// All that was not delivered, as many at once as the service takes. If it cannot go on, it goes on there when asked again.
export function replayAll(webhook, api, changed) {
  const dialog = $("dialog");
  const counted = node("p", { role: "status" });
  let count = 0;
  let cursor;
  ask({
    title: "Replay all undelivered?",
    body: [node("p", {}, "All that has failed, or was held while the webhook was disabled, is sent to it again, each event with the id that it had."), counted],
    verb: "Replay all",
    act: async (form) => {
      do {
        const sent = await api.replay(webhook.Id, { Cursor: cursor });
        count += sent.Count ?? 0;
        cursor = sent.Cursor;
        counted.textContent = `${howMany(count)} on the way so far.`;
      } while (cursor && dialog.open && form.isConnected);
      changed();
      if (!dialog.open) say(`${howMany(count)} on the way again.`);
      return [
        node("h2", { id: "dialog-title" }, count ? "Replayed" : "Nothing to replay"),
        node("p", {}, count ? `${howMany(count)} on the way again.` : "Nothing has failed, and nothing is held."),
        node("div", { className: "row end" }, button("Close", () => dialog.close(), { className: "primary" })),
      ];
    },
  });
}

const howMany = (count) => (count === 1 ? "1 delivery is" : `${count} deliveries are`);
