// What statuses and steps are called, and what colour they have.

const TONES = {
  delivered: "good", read: "good", sent: "busy", sending: "busy", queued: "waiting", accepted: "waiting",
  unknown: "waiting", undelivered: "bad", failed: "bad",
};

export const toneOf = (status) => TONES[status] ?? "neutral";

// What people ask for, and the statuses that it means (docs/status.md).
export const STATUSES = {
  queued: "queued", sending: "sending", sent: "sent", delivered: "delivered", read: "read",
  undelivered: "undelivered", failed: "failed", unknown: "unknown",
  opened: "read", bounced: "undelivered", suppressed: "undelivered", cancelled: "failed", canceled: "failed",
  waiting: "queued,sending,unknown", problem: "failed,undelivered,unknown", problems: "failed,undelivered,unknown",
};

const STEPS = {
  accepted: ["Accepted", "neutral"],
  refused: ["Refused", "bad"],
  tried: ["SES was asked to send it", "busy"],
  waits: ["Waits for its next try", "waiting"],
  resent: ["Sent again as another mail", "neutral"],
  failed: ["Given up", "bad"],
  cancelled: ["Cancelled", "bad"],
  suppressed: ["Not sent: the address is suppressed", "bad"],
  sent: ["SES has the mail", "busy"],
  delivered: ["Delivered", "good"],
  delayed: ["Delayed: SES tries again", "waiting"],
  bounced: ["Bounced", "bad"],
  replied: ["An automatic reply has come", "neutral"],
  complained: ["Marked as spam", "bad"],
  "complaint cleared": ["Said to be no spam after all", "good"],
  rejected: ["SES has not sent it", "bad"],
  read: ["Opened", "good"],
  "content shown": ["Its content was shown", "neutral"],
};

// Returns the name of a step and its tone; a kind that is new here is called what it is.
export const stepOf = (kind) => STEPS[kind] ?? [kind, "neutral"];

// What has become of a delivery to a webhook, and its tone.
export const STATES = { pending: "waiting", delivered: "good", failed: "bad", held: "neutral" };

// What has gone wrong with a call of a webhook, behind the number of an answer if there was one (src/core/webhooks/client.py).
const CALL_ERRORS = {
  Timeout: "No answer within 15 seconds",
  NoAddress: "The name of the host has no address",
  NotPublic: "The name of the host leads to an address that is not public",
  Certificate: "The certificate is not for this host, or nobody vouches for it",
  NoConnection: "Nobody listens there",
  Broken: "The connection broke before there was an answer, or the answer was no HTTP",
  Redirect: "redirects are not followed, so save the new URL",
  Status: "",
};

// Returns in words how a call has ended; what is new here is called what it is.
export function callOf({ Status: status, Error: error }) {
  const said = error ? CALL_ERRORS[error] ?? error : "";
  return [status && `Answered with HTTP ${status}`, said].filter(Boolean).join(": ");
}

// Who gives the reason of a step: the receiving host, or we.
export const OF_HOSTS = new Set(["delivered", "delayed", "bounced", "rejected", "complained", "replied"]);
