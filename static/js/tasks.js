// Evidence (佐证): names what was chosen and says early what is too large or too many. The server decides all the same.
const MB = 1024 * 1024;

function megabytes(size) {
  return size < MB ? `${Math.max(1, Math.round(size / 1024))} KB` : `${(size / MB).toFixed(1)} MB`;
}

function tell(form) {
  const { most, limit } = form.dataset;
  const inputs = [...form.querySelectorAll("input[type=file]")];
  const files = inputs.flatMap((input) => [...input.files]);
  let list = form.querySelector("[data-chosen]");
  if (!list) {
    list = Object.assign(document.createElement("ul"), { className: "fh-files" });
    list.dataset.chosen = "";
    list.setAttribute("aria-live", "polite");
    inputs.at(-1).closest(".fh-f").after(list);
  }
  const rows = files.map((file) => [`${file.name}（${megabytes(file.size)}）`, file.size > limit * MB ? `太大，压缩到 ${limit} MB 以内` : ""]);
  if (files.length > most) rows.push([`已选 ${files.length} 份`, `一次最多 ${most} 份，分两次登记`]);
  list.replaceChildren(
    ...rows.map(([words, fault]) => {
      const row = document.createElement("li");
      row.textContent = words;
      if (fault) {
        const why = Object.assign(document.createElement("span"), { className: "t-bad b", textContent: ` ${fault}` });
        row.append(why);
      }
      return row;
    }),
  );
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("#f input[type=file]")) tell(event.target.form);
});
