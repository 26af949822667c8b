// Frame of every page: large text, search by "/", menus, the navigation sheet on phones, printing, lost connections.
const root = document.documentElement;

// 大字: saved with the user by POST; the attribute changes at once. Without scripts the form simply posts.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-text-size]");
  if (!form) return;
  event.preventDefault();
  const large = root.dataset.size !== "large";
  show(large);
  const body = new FormData(form);
  body.set("large", large ? "1" : "0");
  try {
    const headers = { "X-Requested-With": "fetch" };
    const answer = await fetch(form.action, { method: "POST", body, headers, redirect: "manual" });
    if (answer.status >= 400) show(!large);
  } catch {
    show(!large);
  }
});

function show(large) {
  if (large) root.dataset.size = "large";
  else delete root.dataset.size;
  for (const form of document.querySelectorAll("[data-text-size]")) {
    form.querySelector("button").setAttribute("aria-pressed", String(large));
    form.elements.large.value = large ? "0" : "1";
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.altKey && !event.metaKey && !typing(event.target)) {
    const search = document.querySelector(".fh-search input");
    if (!search) return;
    event.preventDefault();
    search.focus();
  }
  if (event.key === "Escape") {
    const open = document.querySelector("details.fh-menu[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (location.hash === "#nav") {
      location.hash = "#main";
    }
  }
});

function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.fh-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target.closest("[data-print]")) window.print();
});

// A refusal that carries no page of its own (lost connection, server fault, end of the session) is said at the top.
const REASONS = {
  0: "网络断了，刚才填的还在本页。恢复后再保存一次。",
  401: "登录已到期。刚才填的还在本页：在新窗口登录后，回来再保存一次。",
  403: "这一步你没有权限，或页面打开太久。刷新页面后再试一次。",
  404: "这条记录已经不在了。返回列表重新打开。",
  413: "文件太大。换一个小一些的文件再上传。",
  429: "操作太快了。过一分钟再试。",
};

function complain(status) {
  const main = document.getElementById("main");
  if (!main) return;
  main.querySelector("[data-complaint]")?.remove();
  const note = document.createElement("div");
  note.className = "fh-note bad mb16";
  note.dataset.complaint = "";
  note.setAttribute("role", "alert");
  note.tabIndex = -1;
  note.textContent = REASONS[status] ?? "这一步没有办成，服务器没有回应。刚才填的还在本页，稍后再试一次。";
  main.prepend(note);
  note.focus();
}

document.addEventListener("htmx:responseError", (event) => complain(event.detail.xhr.status));
document.addEventListener("htmx:sendError", () => complain(0));
