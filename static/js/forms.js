// Forms: focus on the error summary, growing text areas, shown passwords, choosing from long lists, dropped files.
// Every enhancement may run twice over the same part of the page: htmx reports new parts with "htmx:load".
function enhance(part) {
  const summary = part.querySelector?.("[data-focus]");
  if (summary) summary.focus();
  for (const area of all(part, "textarea[data-fit]")) fit(area);
  for (const button of all(part, "[data-reveal]")) button.hidden = false;
  for (const select of all(part, "select[data-search]")) choose(select);
}

function all(part, selector) {
  const found = [...(part.querySelectorAll?.(selector) ?? [])];
  return part.matches?.(selector) ? [part, ...found] : found;
}

function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-fit]")) fit(event.target);
  if (event.target.matches("[data-filter]")) filter(event.target);
});

// <input data-filter="#list">: keeps the li whose text holds the words; a [data-filter-count] inside says how many.
function filter(input) {
  const list = document.querySelector(input.dataset.filter);
  const words = input.value.trim().toLowerCase();
  let hits = 0;
  for (const item of list.querySelectorAll("li")) {
    const hit = !words || item.textContent.toLowerCase().includes(words) || (item.dataset.pinyin ?? "").includes(words);
    item.hidden = !hit;
    hits += hit ? 1 : 0;
  }
  for (const group of list.querySelectorAll("section")) group.hidden = !group.querySelector("li:not([hidden])");
  const count = document.querySelector(`[data-filter-count="${input.dataset.filter}"]`);
  if (count) count.textContent = words ? `找到 ${hits} 项` : "";
}

document.addEventListener("click", (event) => {
  const reveal = event.target.closest("[data-reveal]");
  if (reveal) {
    const input = reveal.parentElement.querySelector("input");
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    reveal.textContent = shown ? "隐藏" : "显示";
    reveal.setAttribute("aria-pressed", String(shown));
  }
});

// <input type="checkbox" data-check-all="name"> ticks every box of that name.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.checkAll;
  if (name === undefined) return;
  for (const box of document.getElementsByName(name)) box.checked = event.target.checked;
});

// Tom Select comes only to pages that need it; options may carry data-pinyin ("xkzx") to be found by.
let arriving;

function arrive() {
  arriving ??= new Promise((resolve, reject) => {
    const { chooserJs, chooserCss } = document.body.dataset;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: chooserCss }));
    const script = Object.assign(document.createElement("script"), { src: chooserJs, onload: resolve, onerror: reject });
    document.head.append(script);
  });
  return arriving;
}

async function choose(select) {
  if (select.dataset.chooser || !document.body.dataset.chooserJs) return;
  select.dataset.chooser = "on";
  try {
    await arrive();
  } catch {
    return; // the plain select still works
  }
  if (select.tomselect) return;
  const empty = [...select.options].find((option) => option.value === "");
  new window.TomSelect(select, {
    maxOptions: 300,
    searchField: ["text", "pinyin"],
    placeholder: empty ? empty.textContent : "",
    render: { no_results: () => '<div class="no-results">没有找到，换几个字试试</div>' },
  });
}

// Files: the whole zone takes a dropped file; the native input keeps showing what was chosen.
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const zone = event.target.closest?.(".fh-drop");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("over", kind === "dragover");
    const input = zone.querySelector("input[type=file]");
    if (kind === "drop" && input && event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
