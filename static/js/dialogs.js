// Questions before irreversible acts, and toasts. Without scripts the question unfolds in place and toasts just stand.
document.addEventListener("click", (event) => {
  const summary = event.target.closest("details[data-confirm] > summary");
  if (summary) {
    event.preventDefault();
    ask(summary.parentElement);
  }
  const close = event.target.closest("[data-close]");
  if (close) close.closest("dialog")?.close();
  event.target.closest("[data-dismiss]")?.closest(".fh-toast")?.parentElement.remove();
});

// The question moves into a <dialog> of its own beside the button, where it stays for the next time.
function ask(details) {
  let dialog = details.nextElementSibling;
  if (!dialog?.matches("dialog.fh-dialog")) {
    const panel = details.querySelector(".fh-dlg");
    dialog = document.createElement("dialog");
    dialog.className = "fh-dialog";
    dialog.setAttribute("aria-label", panel.getAttribute("aria-label"));
    panel.removeAttribute("role");
    panel.removeAttribute("aria-label");
    for (const cancel of panel.querySelectorAll("[data-close]")) cancel.hidden = false;
    dialog.append(panel);
    details.after(dialog);
    dialog.addEventListener("close", () => details.querySelector("summary").focus());
  }
  details.open = false;
  dialog.showModal();
}

function enhance(part) {
  for (const details of part.querySelectorAll?.("details[data-confirm][open]") ?? []) ask(details);
}

// Header HX-Trigger: {"toast": {"text": "已保存", "url": "/…/", "action": "撤回"}}
document.addEventListener("toast", (event) => {
  const { text, value, url, action } = event.detail;
  const template = document.getElementById("toast");
  const place = document.querySelector(".fh-toasts");
  if (!template || !place) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("span").textContent = text ?? value;
  const link = toast.querySelector("a");
  if (url) {
    link.href = url;
    link.textContent = action ?? "查看";
  } else {
    link.remove();
  }
  place.append(toast);
});

document.addEventListener("animationend", (event) => {
  if (event.animationName === "fh-leave") event.target.remove();
});

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
