// Lists of projects and awards: how many rows are ticked, all at once; the score sheet adds up while one types.
const bar = document.querySelector("[data-picked]");
if (bar) {
  const boxes = [...document.querySelectorAll("input[name=pick]")];
  const all = document.querySelector("[data-pick-all]");
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    bar.hidden = ticked === 0;
    for (const box of boxes) box.closest("tr").classList.toggle("is-picked", box.checked);
    bar.querySelector("[data-number]").textContent = String(ticked);
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  };
  const set = (on) => {
    for (const box of boxes) box.checked = on;
    show();
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => set(all.checked));
  }
  const none = bar.querySelector("[data-pick-none]");
  none.hidden = false;
  none.addEventListener("click", () => set(false));
  for (const box of boxes) box.addEventListener("change", show);
  show();
}

const sheet = document.querySelector("[data-score]");
if (sheet) {
  const total = sheet.querySelector("[data-total]");
  const points = [...sheet.querySelectorAll("input[type=number]")];
  const add = () => {
    total.textContent = String(points.reduce((sum, field) => sum + (Number.parseInt(field.value, 10) || 0), 0));
  };
  for (const field of points) field.addEventListener("input", add);
  add();
}
