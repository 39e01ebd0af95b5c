/* The tables that stand in the page are sorted by a click on a head; what a row names is opened by a click on it. */

function sortTable(table, column, head) {
  const body = table.tBodies[0];
  const down = head.getAttribute("aria-sort") === "ascending" || head.classList.contains("n") && !head.hasAttribute("aria-sort");
  const key = row => {
    const cell = row.cells[column];
    return cell.dataset.n === undefined ? cell.textContent : +cell.dataset.n;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
    : String(a).localeCompare(String(b), "en", { numeric: true });
  const rows = [...body.rows].sort((a, b) => compare(key(a), key(b)));
  body.append(...(down ? rows.reverse() : rows));
  for (const other of table.tHead.rows[0].cells)
    other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
}

function makeSortable(table, open) {
  for (const cell of table.querySelectorAll("[data-span]"))
    cell.replaceChildren(element("button", { type: "button", class: "task", onclick: () => open(+cell.dataset.span) },
      cell.textContent));
  if (table.tBodies[0].rows.length < 2)
    return;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = element("button", { type: "button", onclick: () => sortTable(table, column, head) }, head.textContent);
    head.replaceChildren(button);
  });
}
