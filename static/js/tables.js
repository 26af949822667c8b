// Wide tables and boards: when they scroll sideways they become regions that the keyboard can reach (WCAG 2.1.1).
function enhance(part) {
  for (const box of part.querySelectorAll?.(".fh-tw, .fh-bdw, .fh-vnav, .fh-tabs, .fh-wu") ?? []) mark(box);
}

function mark(box) {
  if (box.scrollWidth <= box.clientWidth + 1) {
    if (box.dataset.scrolls) box.removeAttribute("tabindex");
    return;
  }
  box.dataset.scrolls = "on";
  box.tabIndex = 0;
  if (box.tagName !== "DIV" || box.getAttribute("aria-label")) return;
  const heading = box.closest("section")?.querySelector("h2, h3") ?? box.querySelector("caption");
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `${heading ? heading.textContent.trim() : "表格"}，可左右滚动`);
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
let waiting;
window.addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => enhance(document), 200);
});
