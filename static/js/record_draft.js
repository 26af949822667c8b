// What was typed and not saved yet is kept in this browser, for the same account and meeting only: after the end of a session
// or a closed window it is offered once more. It goes when the record is saved, when it is dropped, and after three days.
const DAYS = 3;
const PREFIX = "record:";
let waiting = 0;

function still() {
  clearTimeout(waiting);
  waiting = 0;
}

function form() {
  return document.getElementById("record");
}

function key() {
  return PREFIX + form().dataset.draft;
}

function fields() {
  const found = {};
  for (const [name, value] of new FormData(form())) if (name !== "csrfmiddlewaretoken") found[name] = value;
  return found;
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function keep() {
  still();
  if (!form()) return;
  try {
    localStorage.setItem(key(), JSON.stringify({ at: Date.now(), fields: fields() }));
  } catch {
    return; // full or switched off: the form itself still holds everything
  }
}

function drop() {
  still();
  if (form()) localStorage.removeItem(key());
  const offer = document.getElementById("draft-offer");
  if (offer) offer.hidden = true;
}

function tidy() {
  const limit = Date.now() - DAYS * 24 * 3600 * 1000;
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX) && !(read(name)?.at > limit)) localStorage.removeItem(name);
  }
}

// Blank fields and fields that are not there mean the same.
function differs(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  names.delete("do");
  for (const name of names) if ((one[name] ?? "").trim() !== (other[name] ?? "").trim()) return true;
  return false;
}

function offer() {
  if (!form() || form().dataset.offered) return;
  form().dataset.offered = "on";
  if (form().dataset.holds === "typed") {
    keep(); // the page came back with what was typed: it is not saved yet
    return;
  }
  const draft = read(key());
  const bar = document.getElementById("draft-offer");
  if (!draft) return;
  const present = fields();
  const older = draft.fields.version !== present.version;
  if (!differs({ ...draft.fields, version: "" }, { ...present, version: "" })) {
    localStorage.removeItem(key());
    return;
  }
  const at = new Date(draft.at);
  const clock = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
  bar.querySelector("[data-draft-at]").textContent = `${at.getMonth() + 1}月${at.getDate()}日 ${clock}`;
  bar.querySelector("[data-draft-old]").hidden = !older;
  bar.hidden = false;
}

// The server puts the draft back into the page, as it does after a refusal: rows of tasks and the order of speaking included.
function restore() {
  const draft = read(key());
  if (!draft) return;
  const values = { ...draft.fields, do: "restore" };
  window.htmx.ajax("POST", form().getAttribute("action") || location.pathname, {
    source: "#draft-offer", target: "#main", select: "#main", swap: "outerHTML", values,
  });
}

function later(event) {
  if (!event.target.closest?.("#record")) return;
  still();
  waiting = setTimeout(keep, event.type === "change" ? 0 : 400);
}

for (const kind of ["input", "change", "record-typed"]) document.addEventListener(kind, later);
window.addEventListener("pagehide", () => waiting && form() && keep());
document.addEventListener("record-saved", drop);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-draft-restore]")) restore();
  if (event.target.closest("[data-draft-drop]")) drop();
});

tidy();
offer();
document.addEventListener("htmx:load", offer);
