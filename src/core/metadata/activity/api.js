// Calls the operations of the contract (docs/contract.md B1, B6, B7), with the key that somebody has typed in.

// The service says no: `message` says why and what to do.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The key is missing or unknown.
export class WrongKey extends Refused {}

// Nobody has answered, or only what stands before the service.
export class Unreachable extends Error {}

export async function answerOf(url, options = {}) {
  try {
    return await fetch(url, { cache: "no-store", credentials: "omit", redirect: "error", ...options });
  } catch {
    throw new Unreachable("The service cannot be reached.");
  }
}

async function refusal(answer) {
  let status = {};
  try {
    status = (await answer.json()).ResponseStatus ?? {};
  } catch {
    // An answer that is no JSON says nothing more than its number does.
  }
  const said = (status.Errors ?? []).map((each) => each.Message).filter(Boolean);
  if (answer.status === 429) return "Too many requests at once. It goes on in a moment.";
  return said.join(" ") || status.Message || `The service answered with HTTP ${answer.status}.`;
}

// `root` leads to the API, and ends with a "/". `key` may contain only what a header can.
export function client(root, key) {
  const headers = { accept: "application/json", "x-api-key": key };

  async function ask(path, options = {}, keyCounts = true) {
    const answer = await answerOf(root + path, { ...options, headers: { ...headers, ...options.headers } });
    if ([502, 503, 504].includes(answer.status)) throw new Unreachable("The service does not answer.");
    if (answer.ok) return answer.json();
    const message = await refusal(answer);
    if (keyCounts && [401, 403].includes(answer.status)) throw new WrongKey(answer.status, message);
    throw new Refused(answer.status, message);
  }

  const path = (id, ...more) => ["Mail", encodeURIComponent(id), ...more].join("/");
  const ofWebhook = (id, part) => ["Webhook", encodeURIComponent(id), part].join("/");
  const withQuery = (base, query) => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
    return given.length ? `${base}?${new URLSearchParams(given)}` : base;
  };
  const post = (where, body, more = {}) => ask(where, {
    method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...more },
  }, false);

  return {
    find: (filters) => ask(withQuery("Mail", filters)),
    get: (id, cursor) => ask(withQuery(path(id), { Cursor: cursor })),
    // 403 says here that the domain does not show contents: the key is good.
    content: (id) => ask(path(id, "Content"), {}, false),
    // With the same `token` a repeated request sends nothing again.
    resend: (id, how, token) => post(path(id, "Resend"), how, { "idempotency-key": token }),
    cancel: (id) => post(path(id, "Cancel"), {}),
    webhooks: () => ask("Webhook"),
    saveWebhook: (changes) => post("Webhook", changes),
    testWebhook: (id) => post(ofWebhook(id, "Test"), {}),
    deliveries: (id, filters) => ask(withQuery(ofWebhook(id, "Deliveries"), filters), {}, false),
    replay: (id, which) => post(ofWebhook(id, "Replay"), which),
  };
}
