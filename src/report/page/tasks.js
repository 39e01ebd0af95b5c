/* All tasks as a table: those that a word is in, in the order that is asked for, some at a time. */

const PAGE = 25;

class Tasks {
  constructor(data, open) {
    this.data = data;
    this.open = open;
    this.filter = data.failures.length ? "failed" : "all";
    this.sort = "took";
    this.down = true;
    this.shown = PAGE;
    this.search = "";
    this.make();
  }

  make() {
    this.field = element("input", {
      type: "search", id: "search", placeholder: "Search items, commands, output", "aria-label": "Search tasks",
      oninput: () => this.typed(), spellcheck: "false", autocomplete: "off",
    });
    this.buttons = [["all", "All"], ["failed", "Failed"], ["retried", "Tried again"]].map(([filter, name]) =>
      element("button", { type: "button", class: "plain", "data-filter": filter, onclick: () => this.choose(filter) }, name));
    this.said = element("p", { class: "note", role: "status" });
    this.body = element("tbody");
    this.more = element("button", { type: "button", class: "plain", onclick: () => this.showMore() }, "Show more");
    const columns = [["", "Task"], ["", "Item"], ["state", "Outcome"], ["took", "Took"], ["began", "Began at"],
      ["attempt", "Try"], ["lane", "Worker"]];
    this.heads = columns.map(([key, name]) => {
      const number = key && key !== "state";
      const head = element("th", { scope: "col", class: number ? "n" : null });
      head.append(key ? element("button", { type: "button", onclick: () => this.order(key) }, name) : name);
      head.dataset.key = key;
      return head;
    });
    this.section = element("section", { id: "tasks", "aria-labelledby": "tasks-title" },
      element("h2", { id: "tasks-title" }, "Everything that ran"),
      element("div", { class: "bar" }, this.field, ...this.buttons),
      element("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "tasks-title" },
        element("table", { "aria-labelledby": "tasks-title" }, element("thead", {}, element("tr", {}, ...this.heads)),
          this.body)),
      this.said, this.more);
  }

  choose(filter) {
    this.filter = filter;
    this.refresh();
  }

  order(key) {
    this.down = this.sort === key ? !this.down : key === "took" || key === "attempt" || key === "state";
    this.sort = key;
    this.refresh();
  }

  showMore() {
    const before = this.body.children.length;
    this.shown += 4 * PAGE;
    this.fill().then(() => {
      const row = this.body.children[before];
      if (row)
        row.querySelector("button").focus();
    });
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.search = this.field.value.trim();
      this.refresh();
    }, 150);
  }

  matches(span) {
    const { data } = this;
    return this.filter === "failed" ? isFailure(data.state[span])
      : this.filter === "retried" ? data.state[span] === RETRIED || data.attempt[span] > 1
        : true;
  }

  /* The spans that are asked for, in the order of their ends; null: something else was asked for meanwhile. */
  async collect(turn) {
    const { data } = this;
    const found = new Uint32Array(data.count);
    let count = 0;
    const word = this.search.toLowerCase();
    const number = /^#?\d+$/.test(word) ? +word.replace("#", "") : -1;
    if (!word) {
      for (let i = 0; i < data.count; i++)
        if (this.matches(i))
          found[count++] = i;
      return found.subarray(0, count);
    }
    for (let block = 0; block < data.firsts.length; block++) {
      const first = data.firsts[block], records = await data.block(block);
      if (turn !== this.turn)
        return null;
      for (let i = 0; i < records.length - 1; i++) {
        const span = first + i;
        if (this.matches(span) && (data.number[span] === number || records[i].toLowerCase().includes(word) ||
          data.nameOf(span).toLowerCase().includes(word)))
          found[count++] = span;
      }
      if (block % 16 === 15)
        this.said.textContent = `Searching, ${formatCount(count)} so far`;
    }
    return found.subarray(0, count);
  }

  async refresh() {
    const turn = this.turn = (this.turn || 0) + 1;
    this.shown = PAGE;
    for (const button of this.buttons)
      button.setAttribute("aria-pressed", String(button.dataset.filter === this.filter));
    for (const head of this.heads)
      if (head.dataset.key)
        head.setAttribute("aria-sort", head.dataset.key !== this.sort ? "none" : this.down ? "descending" : "ascending");
    const found = await this.collect(turn);
    if (!found)
      return;
    this.found = sortSpans(found, this.data[this.sort], this.down);
    await this.fill();
  }

  async fill() {
    const turn = this.turn;
    const spans = Array.from(this.found.slice(0, this.shown));
    const rows = await Promise.all(spans.map(span => this.row(span)));
    if (turn !== this.turn)
      return;
    this.body.replaceChildren(...rows);
    const all = this.found.length;
    this.said.textContent = !all ? "No task is like that."
      : `${formatCount(rows.length)} of ${formatCount(all)} shown.`;
    this.more.hidden = rows.length >= all;
    this.done = turn;
  }

  async row(span) {
    const { data } = this;
    const words = await data.words(span);
    const cells = [
      element("td", {}, element("button", { type: "button", class: "task", onclick: () => this.open(span) }, data.nameOf(span))),
      element("td", {}, element("code", { dir: "auto" }, words.item.slice(0, 300))),
      element("td", {}, stateElement(data.state[span])),
      element("td", { class: "n" }, formatTime(data.took[span])),
      element("td", { class: "n" }, formatTime(data.began[span])),
      element("td", { class: "n" }, String(data.attempt[span])),
      element("td", { class: "n" }, data.workerOf(span) ? String(data.workerOf(span)) : "\u2013"),
    ];
    return element("tr", {}, ...cells);
  }
}

/* By KEYS, the numbers of a column. */
function sortSpans(found, keys, down) {
  const wanted = new Float64Array(found.length);
  for (let i = 0; i < wanted.length; i++)
    wanted[i] = keys[found[i]];
  const sorted = sortNumbers(wanted, found);
  return down ? sorted.reverse() : sorted;
}
