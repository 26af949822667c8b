// 推进清单: the keyboard of the table (Ctrl+Enter saves, Esc cancels), going on to another cell, and rows pasted from Excel.
// Without it every cell is a link and every row a form.
const table = () => document.getElementById("plan-rows");
const form = () => document.querySelector("[data-row-form]");
let typed = false;
let back = "";

function enter() {
  const row = document.querySelector("[data-edit]");
  typed = false;
  if (row) {
    const control = document.getElementById(`${row.id}-${row.dataset.cell}`);
    control?.focus();
    if (control?.matches("input:not([type=date]), textarea")) control.select();
  } else if (back) {
    document.querySelector(`#${CSS.escape(back)} .pr-c`)?.focus();
  }
  back = "";
  const button = table()?.querySelector("[data-who-button]");
  if (button) button.hidden = true;
}

function save(then) {
  form().elements.then.value = then;
  form().requestSubmit();
}

// Another cell while this row has been written in: the row is saved first, and a refused one stays open.
document.addEventListener(
  "click",
  (event) => {
    const again = event.target.closest("[data-again]");
    if (again) form().elements.then.value = again.dataset.again;
    const cell = event.target.closest("#plan-rows a[hx-get]");
    if (!cell || !form() || cell.matches("[data-cancel-link]")) return;
    const wanted = new URLSearchParams(cell.getAttribute("hx-get").split("?")[1]);
    const then = wanted.has("add") ? `add:${wanted.get("add")}` : `${wanted.get("edit")}:${wanted.get("cell")}`;
    if (!typed || then.startsWith("null")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    save(then);
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (!event.target.closest("#plan-rows .edit")) return;
  const row = document.querySelector("[data-edit]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    back = row.id;
    save("");
  } else if (event.key === "Escape") {
    event.preventDefault();
    back = row.id;
    typed = false;
    document.querySelector("[data-cancel-link]").click();
  }
});

document.addEventListener("input", (event) => {
  if (event.target.form === form() && form()) typed = true;
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-who] select")) event.target.form.requestSubmit();
});
window.addEventListener("beforeunload", (event) => {
  if (typed) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  if (event.target === form() || event.target.closest("#plan-rows .edit")) typed = false;
});

// Cells copied in Excel: several rows go to the page that checks them; one row fills the cells from here on.
document.addEventListener("paste", (event) => {
  const place = table();
  const text = event.clipboardData?.getData("text/plain").replace(/(\r?\n)+$/, "") ?? "";
  const inTable = event.target.closest?.("#plan-rows");
  if (!place?.dataset.paste || !text.includes("\t")) return;
  if (!inTable && event.target.matches?.("input, textarea, select, [contenteditable]")) return;
  const editing = event.target.closest?.("[data-edit]");
  event.preventDefault();
  if (editing && !text.includes("\n")) fill(event.target, text.split("\t"));
  else send(place, text, event.target);
});

function fill(control, cells) {
  const fields = [...document.querySelectorAll("[data-edit] textarea, [data-edit] input:not([type=hidden]), [data-edit] select")];
  for (const [place, text] of cells.entries()) {
    const field = fields[fields.indexOf(control) + place];
    if (!field) return;
    const option = [...(field.options ?? [])].find((one) => one.text.split("（")[0] === text.trim());
    field.value = field.options ? (option?.value ?? "") : text.trim().replaceAll(/[年月/.]/g, field.type === "date" ? "-" : "$&");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function send(place, text, from) {
  const sheet = document.createElement("form");
  sheet.method = "post";
  sheet.action = place.dataset.paste;
  const kind = from.closest?.("tbody[id^=kind-]")?.id.slice(5) ?? "";
  const cell = new URLSearchParams(from.closest?.(".pr-c")?.getAttribute("hx-get")?.split("?")[1] ?? "").get("cell") ?? "";
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const values = { csrfmiddlewaretoken: token, text, kind: kind === "other" ? "" : kind, start: cell };
  for (const [name, value] of Object.entries(values)) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    sheet.append(field);
  }
  sheet.hidden = true;
  document.body.append(sheet);
  typed = false;
  sheet.submit();
}

document.addEventListener("row-saved", (event) => {
  if (!back && event.detail.row) back = `row-${event.detail.row}`;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.id === "plan-rows" || event.target.id === "plan-rows") enter();
});
enter();
