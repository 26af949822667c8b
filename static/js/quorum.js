// 到会计: recounts the seats when somebody's attendance changes, before anything is saved. Counts only "present".
function recount(meter) {
  const seats = [...meter.querySelectorAll(".seat")];
  for (const seat of seats) {
    const row = document.querySelector(`[data-att="${seat.dataset.seat}"]`);
    if (row) seat.classList.toggle("in", row.querySelector("input:checked")?.value === "present");
  }
  const present = seats.filter((seat) => seat.classList.contains("in")).length;
  arrange(meter, seats);
  for (const figure of meter.querySelectorAll("[data-in]")) figure.textContent = String(present);
  for (const line of meter.querySelectorAll("[data-met]")) line.hidden = present < Number(line.dataset.met);
  for (const line of meter.querySelectorAll("[data-need]")) line.hidden = present >= Number(line.dataset.need);
  const row = meter.querySelector(".seats");
  row.setAttribute("aria-label", row.getAttribute("aria-label").replace(/到会 \d+ 人/, `到会 ${present} 人`));
}

function arrange(meter, seats) {
  const box = meter.querySelector(".seats");
  const lines = [...box.querySelectorAll(".th")];
  const inOrder = [...seats].sort((a, b) => b.classList.contains("in") - a.classList.contains("in"));
  inOrder.forEach((seat, index) => {
    box.append(seat);
    for (const line of lines) if (Number(line.dataset.after) === index + 1) box.append(line);
  });
}

document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-att]")) return;
  for (const meter of document.querySelectorAll("[data-quorum]")) recount(meter);
});
