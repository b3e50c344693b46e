// Puts the parts of the form together.

const key = at("api-key");
const languages = [...document.querySelectorAll('[name="language"]')];
const code = document.querySelector(".program code");
const KEY_NAME = `api-key ${new URL(form.dataset.root, location.href).pathname}`;

// A browser may forbid a page to keep anything; then nothing is kept.
function kept(name) {
  try { return sessionStorage.getItem(name); } catch { return null; }
}

function keep(name, value) {
  try { sessionStorage.setItem(name, value); } catch { /* As above. */ }
}

function showProgram() {
  const chosen = languages.find(language => language.checked).value;
  code.textContent = PROGRAMS[chosen](requested());
  const [before, after] = NEEDS[chosen].split("{types}");
  at("needs").replaceChildren(before);
  if (after === undefined) return;
  at("needs").append(element("a", "/types/csharp.plain", {href: at("needs").dataset.types}), after);
}

async function copy() {
  const selection = getSelection();
  try {
    await navigator.clipboard.writeText(code.textContent);
    at("copied").textContent = "Copied.";
  } catch {  // Only a page that came by https, or from this machine, may write there.
    selection.selectAllChildren(code);
    at("copied").textContent = "Selected: copy it with the keyboard.";
  }
}

function prefill() {
  const isLocal = Boolean(local("key"));
  key.value = kept(KEY_NAME) || local("key") || "";
  if (isLocal) at("where").textContent = "Every mail stays on this machine.";
  // A link leads to a mail, and to nothing else: whoever wrote it has no say in what is sent.
  const id = new URLSearchParams(location.hash.slice(1)).get("MessageId");
  if (id && form.elements.MessageId) form.elements.MessageId.value = id;
  const before = kept("language");
  (languages.find(language => language.value === before) ?? languages[0]).checked = true;
}

let turn = 0;
async function submit() {
  const mine = ++turn;
  [key, ...controls()].forEach(clear);
  complain();
  at("answer").hidden = true;
  const request = requested();
  const faults = refusedHere(key.value, request);
  if (faults.length) {
    say("Not sent", "bad");
    mark(faults);
    return;
  }
  say("Asking ...");
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  let answer;
  try {
    answer = await send(request, key.value);
  } catch (error) {
    say("No answer", "bad");
    complain(`The request was not answered: ${error.message}`);
    return;
  } finally {
    button.disabled = false;
  }
  facts(answer);
  showBody(answer);
  leads(answer.ok && form.dataset.follow ? answer.body?.MessageId : null);
  if (!answer.ok) refuse(answer);
  else if (!tell(answer)) await follow(answer.body.MessageId, key.value, () => mine === turn);
}

form.addEventListener("submit", event => {
  event.preventDefault();
  submit();
});
form.addEventListener("input", event => {
  clear(event.target);
  if (event.target === key) keep(KEY_NAME, key.value);
  showProgram();
});
for (const language of languages) {
  language.addEventListener("change", () => {
    keep("language", language.value);
    showProgram();
  });
}
at("make-key")?.addEventListener("click", () => {
  const field = form.elements["Idempotency-Key"];
  field.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => hex(byte, 2)).join("");
  clear(field);
  showProgram();
});
at("copy").addEventListener("click", copy);
prefill();
showProgram();
