// Asking the service, and showing what it has answered.

const FINAL = ["delivered", "undelivered", "failed", "read"];
const BAD = ["undelivered", "failed"];
const at = id => document.getElementById(id);
const local = name => document.querySelector(`meta[name="local-${name}"]`)?.content;

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let start = 0; start < bytes.length; start += 32768) {
    text += String.fromCharCode(...bytes.subarray(start, start + 32768));
  }
  return btoa(text);
}

async function jsonOf(body) {
  const members = {};
  for (const [name, value] of body) {
    members[name] = !Array.isArray(value) ? value : await Promise.all(value.map(async file => ({
      Name: file.name, ContentType: file.type || undefined, Bytes: await base64(file),
    })));
  }
  return JSON.stringify(members);
}

async function ask(url, key, options = {}) {
  const headers = {"Accept": "application/json", "x-api-key": key, ...options.headers};
  const reply = await fetch(url, {...options, headers, cache: "no-store"});
  const text = await reply.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch { /* A path that there is not, or AWS's own answer: it is shown as it came. */ }
  return {ok: reply.ok, code: reply.status, headers: reply.headers, body, text};
}

async function send(request, key) {
  const headers = request.body ? {"Content-Type": "application/json"} : {};
  if (request.idempotencyKey) headers["Idempotency-Key"] = request.idempotencyKey;
  const body = request.body ? await jsonOf(request.body) : undefined;
  return ask(request.url, key, {method: request.verb, headers, body});
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

function say(text, kind = "") {
  at("status").textContent = text;
  at("status").className = kind;
}

function complain(...texts) {
  at("problem").replaceChildren(...texts.map(text => element("p", text)));
}

function facts({code, headers}) {
  const found = {
    "HTTP status": code,
    "Request id": headers.get("x-amzn-RequestId"),
    "Replayed": headers.get("Idempotent-Replayed") && "yes: this Idempotency-Key came before",
    "X-Ignored": headers.get("X-Ignored"),
  };
  const told = Object.entries(found).filter(([, value]) => value);
  at("facts").replaceChildren(...told.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

function leads(id) {
  const links = [];
  if (id) links.push(element("a", "Ask for its status",
    {href: `${form.dataset.root}json/metadata?op=GetStatus#MessageId=${encodeURIComponent(id)}`}));
  if (id && local("mails")) links.push(element("a", "See it among the mails of this machine",
    {href: `${local("mails")}/#/${encodeURIComponent(id)}`}));
  at("next").replaceChildren(...links);
}

function showBody(answer) {
  at("answer").hidden = false;
  at("answer").querySelector("code").textContent =
    answer.body === null ? answer.text : JSON.stringify(answer.body, null, 2);
}

function faultsOf({code, body}) {
  const {ErrorCode: kind, Message: message, Errors: errors} = body?.ResponseStatus ?? {};
  if (errors?.length) return errors.map(fault => [fault.FieldName ?? "", fault.Message]);
  if (code === 403 && message?.includes("x-api-key")) return [["api-key", message]];
  if (kind === "IdempotencyKeyReused") return [["Idempotency-Key", message]];
  return [];
}

function refuse(answer) {
  const faults = faultsOf(answer);
  const homeless = mark(faults);
  say(`Refused (${answer.code})`, "bad");
  if (homeless.length) complain(...homeless);
  else if (!faults.length) complain(answer.body?.ResponseStatus?.Message ?? `HTTP ${answer.code}: ${answer.text}`);
}

function tell(answer) {
  const status = answer.body?.Status;
  if (!form.dataset.follow || !status) say("Done", "good");
  else say(`Status: ${status}`, BAD.includes(status) ? "bad" : "good");
  return !form.dataset.follow || !status || FINAL.includes(status);
}

// Ask for the status until it is final, another request is sent, or two minutes are over.
async function follow(id, key, isCurrent) {
  const url = form.dataset.root + form.dataset.follow + encodeURIComponent(id);
  for (let wait = 500; wait < 30000; wait *= 1.3) {
    await new Promise(done => setTimeout(done, wait));
    if (!isCurrent()) return;
    const answer = await ask(url, key).catch(() => null);  // No network for a moment: ask again.
    if (!answer?.ok || !isCurrent()) continue;
    showBody(answer);
    if (tell(answer)) return;
  }
}
