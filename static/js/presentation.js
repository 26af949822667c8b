// 投屏: arrow keys change the item, Esc leaves; the page of the next item replaces this one without a flash.
const ALSO = { ArrowUp: "ArrowLeft", PageUp: "ArrowLeft", ArrowDown: "ArrowRight", PageDown: "ArrowRight" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const way = document.querySelector(`a[data-key="${ALSO[event.key] ?? event.key}"]`);
  if (!way) return;
  event.preventDefault();
  way.click();
});

document.addEventListener("click", (event) => {
  const way = event.target.closest("a[rel]");
  if (!way || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const rel = way.rel;
  const url = new URL(way.href);
  history.replaceState(null, "", url.search);
  window.htmx.ajax("GET", url.pathname + url.search, { target: "#presentation", swap: "outerHTML" }).then(() => {
    if (document.activeElement === document.body) document.querySelector(`a[rel="${rel}"], a[data-key]`)?.focus();
  });
});

// A session that has ended answers with the sign-in page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const reached = event.detail.xhr.responseURL;
  if (reached && new URL(reached).pathname.startsWith("/accounts/")) {
    event.detail.shouldSwap = false;
    location.assign(reached);
  }
});
