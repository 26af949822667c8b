// Saved continuously: what changes on the record page is sent a moment later, with what the field said before. While the network is
// gone, the session has ended or the window is closed, it waits in this browser, for this account and meeting only, and is sent when
// the page is open again. What another clerk changed comes in by itself; a field that both changed waits here until one is chosen.
const DAYS = 3;
const PREFIX = "record:";
const TYPED = 1200; // milliseconds after the last letter
const TAPPED = 500; // after a choice
const PATIENCE = 8000; // ms without an answer count as no network
const AGAIN = [3000, 8000, 20000]; // after a failure, the last one for good
const APART = /^[mi]-\d+$|^observer-|^(csrfmiddlewaretoken|version|do)$/; // no fields of the record
const FOLLOWS = /-(seq|together)$|-(agree|disagree|abstain)$/; // changes along with what was tapped

let key = null;
let base = null; // the fields as they were when last in step with the server
let version = "";
let held = {}; // clashes not chosen about, by path
let waiting = 0;
let keeping = 0;
let running = null; // the answer that is being waited for
let failures = 0;
let asked = false; // the running check waits for the answer
let posted = null; // fields of a form that htmx sends as a whole
let passing = false;
let restoring = null;

function form() {
  return document.getElementById("record");
}

function fields() {
  const found = {};
  for (const [name, value] of new FormData(form())) if (name !== "csrfmiddlewaretoken" && name !== "do") found[name] = value;
  return found;
}

function said(value) {
  return (value ?? "").trim();
}

// What the changed fields said before; blank fields and fields that are not there mean the same.
function changes(now = fields()) {
  const before = {};
  for (const name of new Set([...Object.keys(now), ...Object.keys(base)])) {
    if (!APART.test(name) && said(now[name]) !== said(base[name])) before[name] = base[name] ?? "";
  }
  return before;
}

function pending(before = changes()) {
  const chosenLater = new Set(Object.values(held).flatMap((clash) => Object.keys(clash.fields)));
  const rows = new Set(Object.values(held).flatMap((clash) => Object.keys(clash.tasks)));
  return Object.keys(before).filter((name) => !chosenLater.has(name) && !rows.has(/^i-(\d+)-t-/.exec(name)?.[1]));
}

function places(names) {
  return Math.max(names.filter((name) => !FOLLOWS.test(name)).length, names.length ? 1 : 0);
}

// ---- what is said about it ----
function tell(text, kind = "", loud = false) {
  const place = document.getElementById("record-saved");
  if (!place) return;
  place.setAttribute("aria-live", loud ? "polite" : "off");
  place.className = kind ? `note rc-state ${kind}` : "note rc-state";
  place.textContent = text;
}

function tellClashes() {
  const open = Object.keys(held).length;
  if (open) tell(`有 ${open} 处和他人填得不同，在页首选用哪一个；其他内容已保存`, "warn", true);
}

function tellWaiting(reason) {
  tell(`${reason}，${places(pending())} 处改动存在这台电脑`, "warn", true);
}

// ---- kept in this browser ----
function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function keep() {
  clearTimeout(keeping);
  keeping = 0;
  if (!form() || base === null) return;
  const now = fields();
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields: { ...now, version }, before: changes(now), held }));
  } catch {
    return; // full or switched off: the form itself still holds everything
  }
}

function drop() {
  clearTimeout(keeping);
  keeping = 0;
  if (key) localStorage.removeItem(key);
}

function tidy() {
  const limit = Date.now() - DAYS * 24 * 3600 * 1000;
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX) && !(read(name)?.at > limit)) localStorage.removeItem(name);
  }
}

// ---- sending ----
function later(delay) {
  clearTimeout(waiting);
  waiting = setTimeout(send, delay);
}

// Answers "saved", "faulty", "clash", "refused" or "offline".
async function send() {
  clearTimeout(waiting);
  waiting = 0;
  while (running) await running;
  if (!form() || base === null) return "saved";
  running = deliver();
  try {
    return await running;
  } finally {
    running = null;
    if (asked) document.getElementById("record-check")?.dispatchEvent(new CustomEvent("record-changed"));
    asked = false;
  }
}

// One page asks one thing at a time: the server has two cores for all.
async function checked() {
  for (let tries = 0; tries < 40 && document.querySelector("#record-check.htmx-request"); tries += 1) {
    await new Promise((go) => setTimeout(go, 50));
  }
}

async function deliver() {
  await checked();
  if (!form()) return "saved";
  const sent = fields();
  const before = changes(sent);
  const body = new URLSearchParams({
    ...sent,
    version,
    before: JSON.stringify(before),
    held: JSON.stringify(Object.fromEntries(Object.keys(held).map((path) => [path, ""]))),
    csrfmiddlewaretoken: form().elements.csrfmiddlewaretoken.value,
  });
  tell("正在保存…");
  let answer;
  let words = null;
  try {
    const given = new AbortController(); // AbortSignal.timeout is younger than the oldest browser we serve
    const late = setTimeout(() => given.abort(), PATIENCE);
    const asks = { method: "POST", body, headers: { "X-Requested-With": "fetch" }, signal: given.signal };
    answer = await fetch(form().dataset.autosave, asks).finally(() => clearTimeout(late));
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/accounts/")) {
      keep();
      location.assign(answer.url); // the session has ended; what was typed waits here
      return "refused";
    }
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) words = await answer.json();
  } catch {
    return failed("断网");
  }
  if (!form()) return "saved"; // the page was left meanwhile
  if (answer.ok && words) return accept(words, sent);
  if (answer.status === 422 && words) return faulty(words.faults);
  keep();
  if (words) return refused(`${words.title}：${words.text}`);
  if (answer.status === 403 || answer.status === 404) return refused("页面打开太久或会议有变动，刷新页面后接着填");
  return failed("服务器没有回应");
}

function failed(reason) {
  keep();
  tellWaiting(reason);
  later(AGAIN[Math.min(failures, AGAIN.length - 1)]);
  failures += 1;
  return "offline";
}

function faulty(faults) {
  keep();
  tell(`有 ${faults.length} 处要改，改好就保存：${faults[0].text}`, "warn", true);
  return "faulty";
}

function refused(text) {
  keep();
  tell(text, "warn", true);
  return "refused";
}

function accept(words, sent) {
  const was = version;
  failures = 0;
  version = String(words.version);
  base = sent;
  if (words.stored) take(words, sent, was);
  form().elements.version.value = version;
  clear();
  const open = pending();
  if (open.length) later(TAPPED);
  if (open.length || Object.keys(held).length) keep();
  else drop();
  if (Object.keys(held).length) tellClashes();
  else if (open.length) tell("正在保存…");
  else tell(`已保存 ${words.at}`);
  return Object.keys(held).length ? "clash" : "saved";
}

// Another clerk's words came in: put them into the page, except where somebody typed since; those are put together once more.
function take(words, sent, was) {
  const now = fields();
  base = { ...words.stored };
  for (const [item, rows] of Object.entries(words.rows)) {
    rows.forEach((row, place) => {
      for (const [name, value] of Object.entries(row)) base[`i-${item}-t-${place}-${name}`] = value;
    });
  }
  const fresh = {};
  for (const [name, value] of Object.entries(words.fields)) {
    if (said(now[name]) === said(sent[name])) fresh[name] = value;
    else {
      base[name] = sent[name] ?? "";
      version = was;
    }
  }
  put(fresh, words.tasks);
  for (const clash of words.clashes) held[clash.path] = clash;
  draw();
}

function put(values, tasks) {
  form().dispatchEvent(new CustomEvent("record-put", { detail: { values, tasks } }));
  document.getElementById("record-check").dispatchEvent(new CustomEvent("record-changed"));
}

// The marks of an earlier refusal go once everything is stored.
function clear() {
  for (const old of document.querySelectorAll("#main > .fh-sum, #main > [aria-labelledby=differ]")) old.remove();
  for (const error of form().querySelectorAll(".fh-err")) error.remove();
  for (const field of form().querySelectorAll(".bad.form-control, .bad.form-select")) field.classList.remove("bad");
}

// ---- fields both changed ----
function draw() {
  const panel = document.getElementById("record-clashes");
  if (!panel) return;
  const body = panel.querySelector("tbody");
  body.textContent = "";
  for (const clash of Object.values(held)) {
    const row = document.getElementById("record-clash").content.firstElementChild.cloneNode(true);
    for (const name of ["label", "theirs", "yours"]) row.querySelector(`[data-${name}]`).textContent = clash[name];
    for (const button of row.querySelectorAll("[data-choose]")) {
      button.setAttribute("aria-label", `${button.textContent}：${clash.label}`);
      button.addEventListener("click", () => choose(clash, button.dataset.choose));
    }
    body.append(row);
  }
  panel.hidden = !Object.keys(held).length;
}

function choose(clash, whose) {
  delete held[clash.path];
  if (whose === "theirs") put(clash.fields, clash.tasks);
  draw();
  const next = document.querySelector("#record-clashes:not([hidden]) button") ?? document.querySelector("[data-save]");
  next.focus();
  tell("正在保存…");
  send();
}

// ---- start, and start again after each answer of the server that drew the page anew ----
function start() {
  if (!form() || form().dataset.queued) return;
  form().dataset.queued = "on";
  key = PREFIX + form().dataset.draft;
  if (restoring) {
    base = { ...restoring.fields, ...restoring.before };
    held = restoring.held ?? {};
    version = restoring.fields.version;
    restoring = null;
    later(0);
  } else if (base === null) {
    base = fields();
    version = form().elements.version.value;
    if (restore()) return;
  } else if (form().dataset.holds === "typed") {
    keep();
  }
  form().elements.version.value = version;
  draw();
}

// The server puts the draft back into the page, as it does after a refusal: rows of tasks and the order of speaking included.
function restore() {
  const draft = read(key);
  if (!draft?.before) return false;
  const still = { ...draft.fields };
  const open = Object.keys(still).some((name) => !APART.test(name) && said(still[name]) !== said(base[name])) ||
    Object.keys(base).some((name) => !APART.test(name) && said(still[name]) !== said(base[name]));
  if (!open) {
    drop();
    return false;
  }
  restoring = draft;
  const values = { ...draft.fields, do: "restore" };
  window.htmx.ajax("POST", form().getAttribute("action") || location.pathname, {
    source: "#draft-offer", target: "#main", select: "#main", swap: "outerHTML", values,
  }).then(() => sayRestored(draft));
  return true;
}

function sayRestored(draft) {
  const bar = document.getElementById("draft-offer");
  if (!bar) return;
  const at = new Date(draft.at);
  const clock = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
  bar.querySelector("[data-draft-at]").textContent = `${at.getMonth() + 1}月${at.getDate()}日 ${clock}`;
  bar.hidden = false;
}

// ---- events ----
function typed(event) {
  if (!form() || base === null || event.target.form !== form()) return;
  if (!waiting && !running && !pending().length) return; // nothing differs: a text only grew to its size
  tell("正在保存…");
  clearTimeout(keeping);
  keeping = setTimeout(keep, 400);
  later(event.type === "change" ? TAPPED : TYPED);
}

document.addEventListener("input", typed);
document.addEventListener("change", typed);
document.addEventListener("record-typed", () => {
  tell("正在保存…");
  keep();
  later(TAPPED);
});
window.addEventListener("online", () => form() && base !== null && (pending().length || waiting) && send());
window.addEventListener("offline", () => form() && tellWaiting("断网"));
window.addEventListener("pagehide", () => form() && base !== null && pending().length && keep());

// 保存, 送签 and whatever else asks the server for a whole page: first comes what is still waiting here.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[name=do]");
  if (passing || event.defaultPrevented || !form() || button?.form !== form()) return;
  event.preventDefault();
  const result = await send();
  if (result === "offline" || result === "refused") return;
  if (result === "clash" && button.value === "minute") {
    document.querySelector("#record-clashes button")?.focus();
    return;
  }
  if (button.matches("[data-save]") && result !== "faulty") return;
  passing = true;
  form().requestSubmit(button);
  passing = false;
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (form() && event.detail.elt === form()) posted = fields();
  if (running && event.detail.elt.id === "record-check") {
    event.preventDefault();
    asked = true;
  }
});
document.addEventListener("record-saved", (event) => {
  if (!form() || !posted) return;
  version = String(event.detail.version);
  form().elements.version.value = version;
  base = posted;
  drop();
  clear();
  tell(`已保存 ${event.detail.at}`);
});

// The running check is silent when the network is gone: what was typed is kept here, and the line below says so.
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  window.addEventListener(name, (event) => {
    if (event.detail.elt?.id !== "record-check") return;
    event.stopPropagation();
    if (form() && base !== null && !waiting && !running) later(0);
  }, true);
}

tidy();
start();
document.addEventListener("htmx:load", start);
