"use strict";
// What the form holds, and where in it something is wrong.

const form = document.querySelector("form");
const PATH_MEMBER = /\{(\w+)\}/g;
const PRINTABLE = /^[ -~]*$/;

function controls() {
  return [...form.elements].filter(control => control.name);
}

function valueOf(control) {
  switch (control.type) {
    case "checkbox": return control.checked || undefined;
    case "file": return control.files.length ? [...control.files] : undefined;
    default:
      if ("flag" in control.dataset && control.value) return control.value === "true";
      if ("number" in control.dataset && /^\d{1,9}$/.test(control.value)) return Number(control.value);
      return control.value === "" ? undefined : control.value;
  }
}

// The request as the programs and the browser need it; members that are empty are not sent.
function requested() {
  const {root, verb, path, type, namespace} = form.dataset;
  const given = new Map();
  let idempotencyKey;
  for (const control of controls()) {
    const value = valueOf(control);
    if (value === undefined) continue;
    if (control.name === "Idempotency-Key") idempotencyKey = value;
    else given.set(control.name, value);
  }
  const missing = [];
  const filled = path.replace(PATH_MEMBER, (place, name) => {
    if (!given.has(name)) missing.push(name);
    const value = given.get(name) ?? place;
    given.delete(name);
    return encodeURIComponent(value);
  });
  const url = new URL(root + filled, location.href);
  const takesBody = verb === "POST";
  if (!takesBody) for (const [name, value] of given) url.searchParams.set(name, value);
  return {verb, type, namespace, idempotencyKey, missing, url: url.href, body: takesBody ? given : null};
}

// A header can hold no other characters: the browser would send nothing, and say little.
function refusedHere(key, request) {
  const faults = request.missing.map(name => [name, `'${name}' must not be empty: it is a part of the URL.`]);
  if (!key.trim()) faults.push(["api-key", "Put your API key here."]);
  for (const [name, value] of [["api-key", key], ["Idempotency-Key", request.idempotencyKey ?? ""]]) {
    if (!PRINTABLE.test(value)) faults.push([name, "A header can hold only the characters of ASCII."]);
  }
  return faults;
}

function controlOf(field) {
  const name = field.split(/[.[]/, 1)[0].toLowerCase();
  return [...form.elements].find(control => (control.name || control.id).toLowerCase() === name);
}

function errorOf(control) {
  return document.getElementById(`${control.id}-error`);
}

function clear(control) {
  if (!control.getAttribute("aria-invalid")) return;
  control.removeAttribute("aria-invalid");
  errorOf(control).textContent = "";
}

// Mark the fields of `faults`, pairs of a name and a text; return those that have no field here.
function mark(faults) {
  const homeless = [];
  const marked = new Set();
  for (const [field, text] of faults) {
    const control = controlOf(field);
    if (!control) {
      homeless.push(field ? `${field}: ${text}` : text);
      continue;
    }
    const before = marked.has(control) ? `${errorOf(control).textContent}\n` : "";
    errorOf(control).textContent = before + text;
    control.setAttribute("aria-invalid", "true");
    control.closest("details")?.setAttribute("open", "");
    marked.add(control);
  }
  [...form.elements].find(control => marked.has(control))?.focus();
  return homeless;
}
