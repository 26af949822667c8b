// 议题申报单: matters are proposed while the title is typed, a proposed one is taken at once, unsaved work is not left by accident.
// Everything here is an extra: the buttons do the same by a round trip without it.
const form = document.querySelector("form[data-topic]");

form?.addEventListener("input", (event) => {
  if (event.target.name === "title") form.dispatchEvent(new Event("title-typed"));
});

form?.addEventListener("change", (event) => {
  if (event.target.name === "body" && form.elements.title.value.trim()) form.dispatchEvent(new Event("title-typed"));
});

form?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-choose]");
  if (!button) return;
  const select = form.elements.matter;
  if (![...select.options].some((option) => option.value === button.dataset.choose)) return; // the round trip knows it
  event.preventDefault();
  const body = form.querySelector(`input[name="body"][value="${button.dataset.body}"]`);
  if (body) body.checked = true;
  if (select.tomselect) select.tomselect.setValue(button.dataset.choose);
  else select.value = button.dataset.choose;
  document.getElementById("suggest").replaceChildren();
  document.getElementById("id_background")?.focus();
  dirty = true;
});

// ---- unsaved work ----
let dirty = form?.dataset.dirty !== undefined;

form?.addEventListener("change", () => {
  dirty = true;
});
form?.addEventListener("submit", () => {
  dirty = false;
});
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
