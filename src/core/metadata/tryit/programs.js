// The request as a program in four languages. Whatever somebody has typed stays inside its text.

// Characters that end a text, begin an escape, or are not seen: line separators, directions, joiners.
const UNSAFE = /["\\\p{C}\p{Zl}\p{Zp}]/gu;
const SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"};
const hex = (number, digits) => number.toString(16).padStart(digits, "0");

// JSON and TypeScript have units of UTF-16; Python and C# have code points above U+FFFF.
function units(character) {
  return character.split("").map(unit => `\\u${hex(unit.charCodeAt(0), 4)}`).join("");
}

function points(character) {
  return character.length > 1 ? `\\U${hex(character.codePointAt(0), 8)}` : units(character);
}

function quoted(text, escaped) {
  return `"${text.replace(UNSAFE, character => SHORT[character] ?? escaped(character))}"`;
}

function inShell(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// In a here-document that runs commands, these begin one, or a variable.
function inHereDocument(text) {
  return text.replace(/[\\$`]/g, "\\$&");
}

// Members as lines: `write.member(name, value)` for one of them, `write.files(list, indent)` for files.
function lines(body, indent, write) {
  const pad = " ".repeat(indent);
  return [...body].map(([name, value]) => `${pad}${write.member(name, Array.isArray(value)
    ? write.files(value, indent) : write.value(value))}`).join(",\n");
}

function inBrackets(items, indent, [open, close]) {
  const pad = " ".repeat(indent);
  return `${open}\n${items.map(item => `${pad}    ${item},\n`).join("")}${pad}${close}`;
}

// One item in its line, more below each other.
function inBraces(items, indent, [open, close]) {
  return items.length > 1 ? inBrackets(items, indent, [open.trim(), close.trim()]) : `${open}${items[0]}${close}`;
}

function fileMembers(file, write, bytes) {
  const named = [write.member("Name", write.value(file.name))];
  if (file.type) named.push(write.member("ContentType", write.value(file.type)));
  return [...named, write.member("Bytes", bytes)].join(", ");
}

function curl({verb, url, idempotencyKey, body}) {
  const options = [`curl --fail-with-body -sS ${inShell(url)}`, '-H "x-api-key: $MAIL_KEY"'];
  if (idempotencyKey) options.push(`-H ${inShell(`Idempotency-Key: ${idempotencyKey}`)}`);
  if (!body) return options.join(" \\\n  ");
  options.push("-H 'Content-Type: application/json'");
  const runs = [...body.values()].some(Array.isArray);
  const safe = runs ? inHereDocument : text => text;
  const write = {
    member: (name, value) => `"${name}": ${value}`,
    value: value => typeof value === "string" ? safe(quoted(value, units)) : String(value),
    files: (list, indent) => `[\n${list.map(file => `${" ".repeat(indent)}  {${fileMembers(file, write,
      `"$(base64 < ${inShell(file.name)} | tr -d '\\n')"`)}}`).join(",\n")}\n${" ".repeat(indent)}]`,
  };
  options.push(`--data-binary @- <<${runs ? "JSON" : "'JSON'"}`);
  return `${options.join(" \\\n  ")}\n{\n${lines(body, 2, write)}\n}\nJSON`;
}

function python({verb, url, idempotencyKey, body}) {
  const text = value => quoted(value, points);
  const write = {
    member: (name, value) => `"${name}": ${value}`,
    value: value => typeof value === "string" ? text(value)
      : {true: "True", false: "False"}[value] ?? String(value),
    files: (list, indent) => inBrackets(list.map(file => `{${fileMembers(file, write,
      `base64.b64encode(Path(${text(file.name)}).read_bytes()).decode()`)}}`), indent, "[]"),
  };
  const headers = ['"x-api-key": os.environ["MAIL_KEY"]'];
  if (idempotencyKey) headers.push(`"Idempotency-Key": ${text(idempotencyKey)}`);
  const given = [text(url), `headers=${inBraces(headers, 4, "{}")}`];
  if (body) given.push(body.size ? `json={\n${lines(body, 8, write)},\n    }` : "json={}");
  const hasFiles = body && [...body.values()].some(Array.isArray);
  const imports = hasFiles ? ["import base64", "import os", "from pathlib import Path"] : ["import os"];
  return `${imports.join("\n")}

import requests

reply = requests.${verb.toLowerCase()}(
${[...given, "timeout=40"].map(line => `    ${line},\n`).join("")})
print(reply.status_code, reply.text)`;
}

function typescript({verb, url, idempotencyKey, body}) {
  const text = value => quoted(value, units);
  const write = {
    member: (name, value) => `${name}: ${value}`,
    value: value => typeof value === "string" ? text(value) : String(value),
    files: (list, indent) => inBrackets(list.map(file => `{ ${fileMembers(file, write,
      `(await readFile(${text(file.name)})).toString("base64")`)} }`), indent, "[]"),
  };
  const headers = ['"x-api-key": process.env.MAIL_KEY ?? ""'];
  if (body) headers.push('"Content-Type": "application/json"');
  if (idempotencyKey) headers.push(`"Idempotency-Key": ${text(idempotencyKey)}`);
  const options = [`method: "${verb}"`, `headers: ${inBraces(headers, 4, ["{ ", " }"])}`];
  if (body) options.push(`body: JSON.stringify({${body.size ? `\n${lines(body, 8, write)},\n    ` : ""}})`);
  const hasFiles = body && [...body.values()].some(Array.isArray);
  return `${hasFiles ? 'import { readFile } from "node:fs/promises";\n\n' : ""}const reply = await fetch(${text(url)}, {
${options.map(line => `    ${line},\n`).join("")}});
console.log(reply.status, await reply.text());`;
}

function csharpBody({type, body}) {
  const text = value => quoted(value, points);
  const write = {
    member: (name, value) => `${name} = ${value}`,
    value: value => typeof value === "string" ? text(value) : String(value),
    files: (list, indent) => `new List<Attachment>\n${" ".repeat(indent)}${inBrackets(list.map(file =>
      `new Attachment { ${fileMembers(file, write, `File.ReadAllBytes(${text(file.name)})`)} }`), indent, "{}")}`,
  };
  return `
        var asked = new ${type}
        {
${body.size ? `${lines(body, 12, write)},\n` : ""}        };
        var written = new MemoryStream();
        new DataContractSerializer(typeof(${type})).WriteObject(written, asked);
        var content = new ByteArrayContent(written.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/xml");
`;
}

function csharp(request) {
  const {url, idempotencyKey, namespace, body} = request;
  const text = value => quoted(value, points);
  const hasFiles = body && [...body.values()].some(Array.isArray);
  const used = ["System", ...hasFiles ? ["System.Collections.Generic"] : [], ...body ? ["System.IO"] : [],
    "System.Net.Http", ...body ? ["System.Net.Http.Headers", "System.Runtime.Serialization", namespace] : [],
    ...hasFiles ? [`${namespace}.Helper`] : []];
  const key = idempotencyKey
    ? `\n        client.DefaultRequestHeaders.Add("Idempotency-Key", ${text(idempotencyKey)});` : "";
  const call = body ? `PostAsync(${text(url)}, content)` : `GetAsync(${text(url)})`;
  return `${used.map(name => `using ${name};`).join("\n")}

static class Program
{
    static void Main()
    {${body ? csharpBody(request) : ""}
        var client = new HttpClient();
        client.DefaultRequestHeaders.Add("x-api-key", Environment.GetEnvironmentVariable("MAIL_KEY"));
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json");${key}
        var reply = client.${call}.GetAwaiter().GetResult();
        var answer = reply.Content.ReadAsStringAsync().GetAwaiter().GetResult();
        Console.WriteLine((int)reply.StatusCode + " " + answer);
    }
}`;
}

const PROGRAMS = {curl, csharp, python, typescript};
const NEEDS = {
  curl: "MAIL_KEY is an environment variable that holds your key.",
  csharp: "With the types of {types} beside it, and your key in the environment variable MAIL_KEY.",
  python: "Needs requests, and your key in the environment variable MAIL_KEY.",
  typescript: "Needs Node 18 or later, and your key in the environment variable MAIL_KEY.",
};
