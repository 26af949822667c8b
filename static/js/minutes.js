// Divides the minutes into sheets of A4, line by line (22 lines of 28 characters); without a script the browser does it
// when it prints. On phones the text stays in one piece, for reading.
const LINE = 10.227; // millimetres
const HEIGHT = 225;

const flow = document.querySelector("[data-minutes]");
if (flow && window.matchMedia("(min-width: 768px)").matches) document.fonts.ready.then(() => divide(flow));

function divide(whole) {
  const holder = whole.parentElement;
  const draft = whole.querySelector(".df");
  const foot = whole.querySelector(".bj");
  const waiting = [...whole.querySelector(".core").children];
  const sheets = [];
  let core = sheet();

  function sheet() {
    const made = document.createElement("article");
    made.className = "a4";
    made.setAttribute("aria-label", `第 ${sheets.length + 1} 页`);
    if (draft) made.append(draft.cloneNode(true));
    const area = document.createElement("div");
    area.className = "core";
    const number = document.createElement("div");
    number.className = sheets.length % 2 ? "pg ev" : "pg";
    number.textContent = `— ${sheets.length + 1} —`;
    made.append(area, number);
    holder.append(made);
    sheets.push(made);
    return area;
  }

  while (waiting.length) {
    const block = waiting.shift();
    core.append(block);
    if (fits(core, block, 0)) continue;
    const rest = block.matches("p") ? split(core, block) : null;
    if (rest) {
      waiting.unshift(rest);
    } else if (core.children.length > 1) {
      const before = block.previousElementSibling;
      waiting.unshift(block);
      block.remove();
      if (before.matches("h2") && core.children.length > 1) {
        waiting.unshift(before);
        before.remove();
      }
    }
    if (waiting.length) core = sheet();
  }
  if (foot) {
    if (core.lastElementChild && !fits(core, core.lastElementChild, 2)) {
      const kept = last(core.lastElementChild); // 版记 never stands alone on a sheet
      core = sheet();
      core.append(kept);
    }
    core.parentElement.append(foot);
  }
  whole.remove();
  const pages = document.querySelector("[data-pages]");
  pages.textContent = `共 ${sheets.length} 页`;
  pages.hidden = false;
}

// The last row of a list in a list of its own, or the block itself.
function last(block) {
  if (!block.matches("dl") || block.children.length < 2) return block;
  const rest = block.cloneNode(false);
  rest.append(block.lastElementChild);
  return rest;
}

// Millimetres are measured on the sheet itself, so that the preview may be drawn smaller.
function bottom(core) {
  const area = core.getBoundingClientRect();
  return area.top + area.height;
}

function fits(core, block, reserve) {
  const slack = (core.getBoundingClientRect().height / HEIGHT) * (1 - reserve * LINE);
  return block.getBoundingClientRect().bottom <= bottom(core) + slack;
}

// Cuts a paragraph after the last line that fits; returns what is left, or null when not even one line fits.
function split(core, paragraph) {
  const texts = [];
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode);
  const limit = bottom(core) + core.getBoundingClientRect().height / HEIGHT;
  let fit = 0;
  let over = texts.reduce((sum, text) => sum + text.length, 0);
  const range = document.createRange();
  range.setStart(paragraph, 0);
  while (over - fit > 1) {
    const middle = (fit + over) >> 1;
    range.setEnd(...place(texts, middle));
    const boxes = range.getClientRects();
    if (boxes.length && boxes[boxes.length - 1].bottom <= limit) fit = middle;
    else over = middle;
  }
  if (fit === 0) return null;
  range.setStart(...place(texts, fit));
  range.setEnd(paragraph, paragraph.childNodes.length);
  const rest = paragraph.cloneNode(false);
  rest.classList.add("on");
  rest.append(range.extractContents());
  paragraph.classList.add("cut");
  return rest;
}

// The text and the place in it of the character with that number.
function place(texts, number) {
  let before = 0;
  for (const text of texts) {
    if (number <= before + text.length) return [text, number - before];
    before += text.length;
  }
  const last = texts[texts.length - 1];
  return [last, last.length];
}
