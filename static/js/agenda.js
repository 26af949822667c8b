// The agenda page: choose whose catalogue is listed, drag items by their number or move them with Alt+↑ and Alt+↓, warn
// before unsaved work is left behind.
// Everything here is an extra: the buttons 上移, 下移, 移出议程 and 保存议程 do the same without it.
const form = document.querySelector("form[data-agenda]");

// ---- catalogue: one meeting at a time ----
const bodies = form?.querySelector("[data-catalogue-bodies]");

function listOnly(body) {
  for (const button of bodies.querySelectorAll("[data-body]")) {
    button.setAttribute("aria-pressed", String(button.dataset.body === body));
  }
  for (const part of form.querySelectorAll("#catalogue-list > [data-of]")) part.hidden = part.dataset.of !== body;
}

if (bodies) {
  bodies.hidden = false;
  listOnly(bodies.querySelector("[data-body]").dataset.body);
  bodies.addEventListener("click", (event) => {
    const button = event.target.closest("[data-body]");
    if (button) listOnly(button.dataset.body);
  });
}

// ---- drag: the number is the grip; the order on the page is the order that is posted ----
let dragged;

function prepare() {
  for (const grip of form.querySelectorAll("[data-grip]")) grip.draggable = true;
}

function rowOf(target) {
  return target.closest?.("[data-item]");
}

function renumber() {
  form.querySelectorAll("[data-number]").forEach((box, place) => {
    box.textContent = String(place + 1);
  });
}

if (form) {
  prepare();
  form.addEventListener("dragstart", (event) => {
    if (!event.target.matches?.("[data-grip]")) return;
    dragged = rowOf(event.target);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    dragged.classList.add("moving");
  });
  form.addEventListener("dragover", (event) => {
    const over = rowOf(event.target);
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    const below = event.clientY > box.top + box.height / 2;
    over.parentElement.insertBefore(dragged, below ? over.nextElementSibling : over);
  });
  form.addEventListener("drop", (event) => {
    if (dragged) event.preventDefault();
  });
  form.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("moving");
    dragged = undefined;
    renumber();
    dirty = true;
    document.getElementById("agenda-order")?.click(); // names and buttons of the lines follow the new order
  });
}

// ---- keyboard: the line that has the focus moves, and keeps it ----
form?.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  const verb = event.key === "ArrowUp" ? "up" : "down";
  const button = rowOf(event.target)?.querySelector(`button[id^="${verb}-"]`);
  if (!button) return;
  event.preventDefault();
  if (button.getAttribute("aria-disabled") !== "true") button.click();
});

// ---- while a title is typed: the form asks which matters it may belong to (hx-trigger waits until the typing pauses) ----
form?.addEventListener("input", (event) => {
  if (event.target.name?.endsWith("-title")) form.dispatchEvent(new Event("title-typed"));
});

// ---- unsaved work ----
let dirty = form?.dataset.dirty !== undefined;

form?.addEventListener("change", (event) => {
  if (event.target.type !== "search") dirty = true;
});
form?.addEventListener("submit", () => {
  dirty = false;
});
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

// ---- after a swap: the new line's title takes the focus ----
document.addEventListener("htmx:afterSettle", (event) => {
  if (!form || event.detail.elt.id !== "agenda-items") return;
  prepare();
  dirty = true;
  focusOnNew();
});

function focusOnNew() {
  const name = document.getElementById("agenda-items")?.dataset.focusOn;
  const field = name && document.getElementById(name);
  field?.focus();
  field?.select();
}

focusOnNew();
