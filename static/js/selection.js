// 选点: ticking all schools of the page, and saying how many are ticked. Without it the ticks and buttons still work.
const all = document.querySelector("[data-pick-all]");
const form = document.querySelector("[data-pick]");
const ticks = () => [...document.querySelectorAll('input[name="pick"]')];

function count() {
  const chosen = ticks().filter((tick) => tick.checked).length;
  form.querySelector("[data-picked]").textContent = chosen ? `已勾选 ${chosen} 所` : "勾选学校，一起办理";
  all.checked = chosen > 0 && chosen === ticks().length;
  all.indeterminate = chosen > 0 && !all.checked;
}

if (all && form) {
  all.addEventListener("change", () => {
    for (const tick of ticks()) tick.checked = all.checked;
    count();
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "pick") count();
  });
}
