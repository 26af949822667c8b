// The record while it is typed: who is in the room, order of speaking, votes, tasks. What a button does here it also does
// without a script, by way of the server. The rules are asked by htmx ("change" and "record-changed" on #record-check).
const OUT = { leave: "请假", absent: "缺席" };
const ADOPTED = ["", "approved", "approved_in_principle"];

function start() {
  const form = document.getElementById("record");
  if (!form || form.dataset.started) return;
  form.dataset.started = "on";
  form.classList.add("live");
  for (const item of form.querySelectorAll("[data-item]")) {
    show(form, item);
    item.dataset.auto = String(votesFollow(item));
    sameVotes(item);
  }
  delegation(form);
  mark(form);
}

// ---- who is in the room ----
function chosen(root, name) {
  return root.querySelector(`input[name="${name}"]:checked`)?.value ?? "";
}

function whyOut(form, item, member) {
  const status = chosen(form, `m-${member}-status`);
  if (status !== "present") return OUT[status] ?? "还没登记到会";
  const row = item.querySelector(`.rc-room [data-member="${member}"]`);
  if (row.querySelector('[data-mark="回避"]').checked) return "回避";
  return row.querySelector('[data-mark="离席"]').checked ? "离席" : "";
}

function show(form, item) {
  const secret = chosen(item, `i-${item.dataset.item}-method`) === "secret_ballot";
  const rows = [...item.querySelectorAll("[data-speakers] > li")];
  let there = 0;
  for (const row of rows) {
    const out = whyOut(form, item, row.dataset.member);
    row.classList.toggle("out", Boolean(out));
    row.querySelector(".why").textContent = out;
    row.querySelector(".o").textContent = out ? "" : String(++there);
    for (const field of row.querySelectorAll("input[type=radio], textarea")) field.disabled = Boolean(out) || secret;
    const together = row.querySelector('input[name$="-together"]');
    together.disabled = Boolean(out) || secret;
    row.classList.toggle("tog", Boolean(together.value));
  }
  for (const hint of item.querySelectorAll("[data-hint]")) {
    hint.hidden = item.querySelector(`.rc-room [data-member="${hint.dataset.hint}"] [data-mark="回避"]`).checked;
  }
  const inRoom = rows.filter((row) => !row.classList.contains("out"));
  const last = lastSpeaker(form, inRoom);
  rows.forEach((row, index) => {
    row.classList.toggle("last", row === last);
    row.querySelector('input[name$="-seq"]').value = String(index + 1);
  });
  base(item, there);
  item.querySelector("[data-open-ballot]").classList.toggle("rc-idle", secret);
  item.querySelector("[data-secret]").classList.toggle("rc-idle", !secret);
  item.querySelector("[data-count]").hidden = secret;
  tasksNeeded(item);
}

// The head of the body speaks last; when the head is not there, who chairs.
function lastSpeaker(form, inRoom) {
  const chair = form.elements.chair.value;
  const number = [...form.querySelectorAll('[data-att] input[type=hidden]')].findIndex((field) => field.value === chair.replaceAll("-", ""));
  const find = (member) => inRoom.find((row) => row.dataset.member === String(member));
  return find(form.dataset.head) ?? find(number + 1);
}

function base(item, there) {
  item.querySelector("[data-there]").textContent = String(there);
  const needed = item.querySelector("[data-needed]");
  if (needed) needed.parentElement.classList.toggle("rc-short", there < Number(needed.textContent));
  const words = [];
  for (const label of ["离席", "应回避", "回避"]) {
    const names = [...item.querySelectorAll(`[data-mark="${label}"]:checked`)].map((box) => box.closest("tr").dataset.name);
    if (names.length) words.push(`${label} ${names.join("、")}`);
  }
  item.querySelector("[data-away]").textContent = words.join("；");
}

// ---- votes: they follow the stances until somebody types other numbers ----
function tally(item) {
  const counts = { agree: 0, disagree: 0, abstain: 0 };
  for (const radio of item.querySelectorAll("[data-speakers] input[type=radio]:checked:not(:disabled)")) counts[radio.value] += 1;
  return counts;
}

function votes(item) {
  return Object.fromEntries([...item.querySelectorAll("[data-vote]")].map((field) => [field.dataset.vote, field.value.trim()]));
}

function isSame(item) {
  const [typed, counted] = [votes(item), tally(item)];
  return Object.keys(counted).every((name) => (typed[name] || "0") === String(counted[name]));
}

function votesFollow(item) {
  return Object.values(votes(item)).every((text) => text === "") || isSame(item);
}

function sameVotes(item) {
  const counted = tally(item);
  const nobody = Object.values(counted).every((number) => number === 0);
  item.querySelector(".rc-count").classList.toggle("same", nobody || (isSame(item) && votes(item).agree !== ""));
}

function count(item) {
  const counted = tally(item);
  const nobody = Object.values(counted).every((number) => number === 0);
  for (const field of item.querySelectorAll("[data-vote]")) field.value = nobody ? "" : String(counted[field.dataset.vote]);
}

function bar(item) {
  const typed = votes(item);
  const numbers = Object.values(typed).some(Boolean) ? typed : tally(item);
  const boxes = [];
  for (const [name, css] of [["agree", "y"], ["disagree", "no"], ["abstain", "a"]]) {
    boxes.push(...Array(Math.min(Number.parseInt(numbers[name], 10) || 0, 99)).fill(css));
  }
  const drawn = item.querySelector("[data-bar]");
  [...drawn.querySelectorAll("i")].forEach((box, place) => { box.className = boxes[place] ?? ""; });
  const agree = boxes.filter((css) => css === "y").length;
  const said = ["agree", "disagree", "abstain"].map((name, place) => `${["赞成", "反对", "弃权"][place]} ${Number(numbers[name]) || 0}`);
  drawn.setAttribute("aria-label", `${said.join("，")}，${drawn.getAttribute("aria-label").replace(/^.*?(应到)/, "$1")}`);
  const reached = item.querySelector("[data-reached]");
  if (!reached) return;
  const enough = agree >= Number(reached.dataset.reached);
  reached.textContent = enough ? "赞成过半数" : "赞成未过半数";
  reached.className = enough ? "t-ok" : "muted";
}

function recount(item) {
  const secret = chosen(item, `i-${item.dataset.item}-method`) === "secret_ballot";
  if (item.dataset.auto === "true" && !secret) count(item);
  sameVotes(item);
  bar(item);
}

// ---- parts that matter only sometimes ----
function delegation(form) {
  const heads = form.querySelector(`[data-att="${form.dataset.head}"] input[type=hidden]`);
  const chair = form.elements.chair.value.replaceAll("-", "");
  form.querySelector("[data-delegation]").classList.toggle("rc-idle", !chair || chair === heads?.value);
}

function tasksNeeded(item) {
  const outcome = chosen(item, `i-${item.dataset.item}-outcome`);
  const typed = [...item.querySelectorAll("[data-task] .form-control, [data-task] .form-select")].some((field) => field.value);
  item.querySelector("[data-tasks]").classList.toggle("rc-idle", !ADOPTED.includes(outcome) && !typed);
}

// ---- buttons ----
const ACTS = {
  "all-present": (form) => {
    const rows = [...form.querySelectorAll("[data-att]")];
    const open = rows.filter((row) => !row.querySelector("input[type=radio]:checked"));
    for (const row of open.length ? open : rows) row.querySelector("input[value=present]").checked = true;
    form.querySelector("[data-att] input[value=present]").dispatchEvent(new Event("change", { bubbles: true }));
  },
  agree: (form, item) => {
    propose(item);
    const list = item.querySelector("[data-speakers]");
    const last = lastSpeaker(form, [...list.querySelectorAll("li:not(.out)")]);
    if (last) list.append(last);
    for (const row of list.querySelectorAll("li:not(.out)")) {
      row.querySelector("input[value=agree]").checked = true;
      row.querySelector('input[name$="-together"]').value = "1";
    }
    item.dataset.auto = "true";
    const next = item.nextElementSibling;
    if (next?.matches("[data-item]")) next.open = true; // the next one is discussed now
  },
  propose: (form, item) => propose(item),
  recuse: (form, item, row, button) => {
    const away = item.querySelector(`.rc-room [data-member="${button.value.split("-")[2]}"]`);
    for (const mark of ["应回避", "回避"]) away.querySelector(`[data-mark="${mark}"]`).checked = true;
    item.querySelector("[id$='-room'] summary").focus();
  },
  clear: (form, item) => {
    for (const field of item.querySelectorAll("[data-speakers] input[type=radio]")) field.checked = false;
    for (const field of item.querySelectorAll('[data-speakers] textarea, [data-speakers] input[name$="-together"]')) {
      field.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  },
  count: (form, item) => {
    item.dataset.auto = "true";
  },
  up: (form, item, row) => {
    let before = row.previousElementSibling;
    while (before?.classList.contains("out")) before = before.previousElementSibling;
    before?.before(row);
  },
  down: (form, item, row) => {
    let after = row.nextElementSibling;
    while (after?.classList.contains("out")) after = after.nextElementSibling;
    after?.after(row);
  },
  task: (form, item, row, button) => {
    const rows = [...item.querySelectorAll("[data-task]")];
    const made = blankTask(rows[rows.length - 1]);
    const next = Math.max(...rows.map((each) => Number(each.dataset.task))) + 1;
    rename(made, made.dataset.task, String(next));
    button.before(made);
    renumber(item);
    made.querySelector("input").focus();
  },
  drop: (form, item, row, button) => {
    const rows = item.querySelectorAll("[data-task]");
    const gone = button.closest("[data-task]");
    const neighbour = gone.previousElementSibling?.matches("[data-task]") ? gone.previousElementSibling : gone.nextElementSibling;
    if (rows.length === 1) {
      for (const field of gone.querySelectorAll("input, textarea, select")) field.value = "";
      gone.querySelector("input").focus();
    } else {
      gone.remove();
      renumber(item);
      (neighbour.matches("[data-task]") ? neighbour.querySelector(".rc-drop button") : neighbour).focus();
    }
  },
};

// Method, outcome, decision and task as the agenda proposes them, where nothing stands yet.
function propose(item) {
  const proposal = JSON.parse(item.dataset.proposal);
  const at = `i-${item.dataset.item}`;
  for (const name of ["method", "outcome"]) {
    if (!chosen(item, `${at}-${name}`)) item.querySelector(`[name="${at}-${name}"][value="${proposal[name]}"]`).checked = true;
  }
  const text = item.querySelector(`[name="${at}-decision_text"]`);
  if (!text.value.trim()) write(text, proposal.decision_text);
  const fields = [...item.querySelectorAll("[data-task] .form-control, [data-task] .form-select")];
  if (!ADOPTED.includes(chosen(item, `${at}-outcome`)) || fields.some((field) => field.value)) return;
  for (const [name, value] of Object.entries(proposal.task)) {
    write(item.querySelector(`[data-task] [name$="-${name}"]`), value);
  }
}

function write(field, value) {
  field.value = value;
  if (field.matches("[data-fit]")) field.dispatchEvent(new Event("input", { bubbles: true })); // grows with its text
}

function blankTask(model) {
  const made = model.cloneNode(true);
  for (const field of made.querySelectorAll("input, textarea, select")) field.value = "";
  for (const error of made.querySelectorAll(".fh-err")) error.remove();
  return made;
}

function rename(task, before, after) {
  task.dataset.task = after;
  for (const name of ["id", "name", "for"]) {
    for (const field of task.querySelectorAll(`[${name}*="-t-${before}-"]`)) {
      field.setAttribute(name, field.getAttribute(name).replace(`-t-${before}-`, `-t-${after}-`));
    }
  }
  const drop = task.querySelector(".rc-drop button");
  drop.value = drop.value.replace(/-\w+$/, `-${after}`);
}

function renumber(item) {
  item.querySelectorAll("[data-task]").forEach((task, place) => {
    task.querySelector("[data-number]").textContent = String(place + 1);
    task.querySelector(".rc-drop button").setAttribute("aria-label", `删去任务 ${place + 1}`);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("#record button[name=do]");
  const act = button && ACTS[button.value.replace(/(-\d+)+$/, "")];
  if (!act) return;
  event.preventDefault();
  const form = button.form;
  const item = button.closest("[data-item]");
  act(form, item, button.closest("li"), button);
  if (item) {
    show(form, item);
    recount(item);
    if (button.isConnected && !["task", "drop", "recuse"].includes(button.value.split("-")[0])) button.focus();
  }
  form.dispatchEvent(new CustomEvent("record-typed", { bubbles: true }));
  document.getElementById("record-check").dispatchEvent(new CustomEvent("record-changed"));
}, true);

// ---- changes ----
document.addEventListener("change", (event) => {
  const form = event.target.closest("#record");
  if (!form) return;
  const item = event.target.closest("[data-item]");
  if (event.target.matches("[data-speakers] input[type=radio]")) {
    const together = event.target.closest("li").querySelector('input[name$="-together"]');
    if (event.target.value !== "agree") together.value = "";
  }
  for (const each of item ? [item] : form.querySelectorAll("[data-item]")) {
    show(form, each);
    recount(each);
  }
  delegation(form);
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("#record [data-vote]")) return;
  const item = event.target.closest("[data-item]");
  item.dataset.auto = String(Object.values(votes(item)).every((text) => text === ""));
  sameVotes(item);
  bar(item);
});

// Enter in a line of text does not send the whole record; the buttons and Ctrl+Enter do.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("#record");
  if (!form || event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey) {
    event.preventDefault();
    document.querySelector("[data-save]").click();
  } else if (event.target.matches("input:not([type=checkbox])")) {
    event.preventDefault();
  }
});

// ---- links to places inside folded items; the step that is being worked on ----
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  const place = link && document.getElementById("record") && document.getElementById(link.hash.slice(1));
  if (!place) return;
  for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const inner = place.matches("[id$='-room']") ? place.querySelector("details") : null;
  if (inner) inner.open = true;
  const field = place.matches("input, select, textarea, [tabindex]") ? place : place.querySelector("summary, input, button");
  if (field && !link.closest(".fh-nav")) {
    event.preventDefault();
    place.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  }
});

document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("[data-item]")) return;
  for (const area of event.target.querySelectorAll("textarea[data-fit]")) area.dispatchEvent(new Event("input", { bubbles: true }));
  mark(event.target.closest("form"));
}, true);

document.addEventListener("focusin", (event) => {
  const part = event.target.closest?.("[data-item], #attendance");
  if (part && part.closest("#record")) mark(part.closest("form"), part.id);
});

function mark(form, id) {
  const open = [...form.querySelectorAll("[data-item][open]")];
  const current = id ?? form.dataset.current ?? open[0]?.id ?? "attendance";
  form.dataset.current = current;
  for (const link of form.querySelectorAll("#record-navigation a")) {
    if (link.hash === `#${current}`) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
}

// ---- answers of the server ----
// Parts that say the same as before stay, so that what was unfolded in them stays unfolded.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const fresh = fragment.querySelector?.(`#${target.id}`) ?? fragment;
  if (target.dataset.last === fresh.innerHTML) event.detail.shouldSwap = false;
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  const placed = document.getElementById(event.detail.target.id);
  if (placed) placed.dataset.last = placed.innerHTML;
  const form = document.getElementById("record");
  if (form && event.detail.target.id === "record-navigation") mark(form);
});

// A session that has ended answers with the sign-in page: go there, the draft waits.
document.addEventListener("htmx:beforeSwap", (event) => {
  const reached = event.detail.xhr.responseURL;
  if (reached && new URL(reached).pathname.startsWith("/accounts/")) {
    event.detail.shouldSwap = false;
    location.assign(reached);
  }
});

// ---- words of another clerk, or of a choice between two: put into the fields as if typed ----
document.addEventListener("record-put", (event) => {
  const form = event.target;
  const { values, tasks } = event.detail;
  for (const [item, rows] of Object.entries(tasks)) refill(form.querySelector(`[data-item="${item}"]`), rows);
  for (const [name, value] of Object.entries(values)) putIn(form, name, value);
  for (const item of form.querySelectorAll("[data-item]")) {
    reorder(item);
    show(form, item);
    item.dataset.auto = String(votesFollow(item));
    sameVotes(item);
    bar(item);
  }
  delegation(form);
  form.querySelector("[data-att] input[value=present]").dispatchEvent(new Event("change", { bubbles: true })); // the 到会计
}, true);

function putIn(form, name, value) {
  for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (field.type === "radio") field.checked = field.value === value;
    else if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = value;
    if (field.matches("[data-fit]")) field.dispatchEvent(new Event("input", { bubbles: true })); // grows with its text
  }
}

// The speakers as they are numbered now; `show` numbers them anew.
function reorder(item) {
  const list = item.querySelector("[data-speakers]");
  const place = (row) => Number(row.querySelector('input[name$="-seq"]').value) || Infinity;
  const rows = [...list.children];
  const sorted = [...rows].sort((one, other) => place(one) - place(other));
  if (sorted.some((row, index) => row !== rows[index])) list.append(...sorted);
}

// As many rows of tasks as there are, in their order.
function refill(item, rows) {
  const old = [...item.querySelectorAll("[data-task]")];
  const wanted = rows.length || 1;
  while (old.length > wanted) old.pop().remove();
  while (old.length < wanted) {
    const made = blankTask(old[old.length - 1]);
    old[old.length - 1].after(made);
    old.push(made);
  }
  const number = item.dataset.item;
  old.forEach((task, place) => rename(task, task.dataset.task, `new${place}`));
  old.forEach((task, place) => {
    rename(task, task.dataset.task, String(place));
    for (const name of ["goal", "measures", "due_on", "responsible", "units"]) {
      putIn(task, `i-${number}-t-${place}-${name}`, rows[place]?.[name] ?? "");
    }
  });
  renumber(item);
}

start();
document.addEventListener("htmx:load", start);
