// Review of a plan: what is judged 要改 stands in the reason until somebody writes it himself; the reason is asked for a return.
const form = document.querySelector("[data-review]");
if (form) {
  const reason = form.elements.reason;
  let own = false;
  reason.addEventListener("input", () => { own = true; });
  const show = () => {
    const result = form.elements.result.value;
    form.querySelector("[data-return]").hidden = result === "approve";
  };
  form.addEventListener("change", (event) => {
    const group = event.target.closest("[data-complaint]");
    if (group && !own) {
      const wrong = [...form.querySelectorAll("[data-complaint]")].filter((one) => one.querySelector("input[value=n]").checked);
      reason.value = wrong.map((one) => one.dataset.complaint).join("；");
      if (wrong.length) form.elements.result.value = "return";
    }
    show();
  });
  show();
}
