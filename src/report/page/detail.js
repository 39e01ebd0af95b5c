/* What is known of one span, beside the timeline. */

class Detail {
  constructor(data) {
    this.data = data;
    this.title = element("h3", { tabindex: -1 });
    this.body = element("div");
    this.close = element("button", { class: "plain", type: "button", onclick: () => this.hide() }, "Close");
    this.panel = element("aside", { id: "detail", "aria-label": "Chosen task", hidden: true, tabindex: 0 },
      element("div", { class: "bar" }, this.title, this.close), this.body);
    this.panel.addEventListener("keydown", event => event.key === "Escape" && this.hide());
    this.onhide = () => {};
  }

  /* FOCUS: the keyboard goes there too, and back at the end. */
  async show(span, focus) {
    const { data } = this;
    this.span = span;
    if (focus)
      this.back = document.activeElement;
    const words = await data.words(span);
    if (this.span !== span)
      return; /* another one was chosen meanwhile */
    this.title.textContent = data.isTask(span) ? `Task ${data.number[span]} of ${data.objectOf(span).name}`
      : `${data.objectOf(span).kind} ${data.objectOf(span).name}`;
    this.body.replaceChildren(this.times(span), ...this.texts(words), ...await this.tries(span));
    this.panel.hidden = false;
    this.panel.scrollTop = 0;
    this.onshow();
    if (focus)
      this.title.focus();
  }

  hide() {
    this.panel.hidden = true;
    this.span = -1;
    this.onhide();
    if (this.back)
      this.back.focus();
    this.back = null;
  }

  times(span) {
    const { data } = this;
    const wall = new Date(data.head.wall / 1000 + data.began[span] / 1000);
    const list = element("dl", { class: "times" });
    const add = (name, value) => list.append(element("dt", {}, name), element("dd", {}, value));
    add("Outcome", stateElement(data.state[span]));
    add("Took", formatTime(data.took[span]));
    add("Began at", `${formatTime(data.began[span])}, ${wall.toISOString().slice(11, 23)} UTC`);
    if (data.workerOf(span))
      add("Worker", String(data.workerOf(span)));
    if (data.memory[span])
      add("Memory", formatBytes(data.memory[span] * 1024));
    return list;
  }

  texts(words) {
    const list = element("dl");
    const names = { item: "Item", command: "Command", reason: "Why", output: "Last output" };
    for (const [key, name] of Object.entries(names))
      if (words[key])
        list.append(element("dt", {}, name), element("dd", {}, element("pre", { dir: "auto" }, words[key])));
    return list.children.length ? [list] : [];
  }

  /* The tries of a task that had more than one; the lives of a process. */
  async tries(span) {
    const { data } = this;
    const task = data.isTask(span);
    const all = task ? data.attempts(span) : [];
    if (all.length < 2)
      return [];
    const rows = await Promise.all(all.map(async (one, i) => {
      const { reason } = await data.words(one);
      return element("tr", {}, element("td", {}, String(data.attempt[one])), element("td", {}, stateElement(data.state[one])),
        element("td", { class: "n" }, formatTime(data.took[one])), element("td", {}, reason.split("\n")[0]));
    }));
    const head = ["Try", "Outcome", "Took", "Why"].map(name => element("th", { scope: "col" }, name));
    return [element("table", { "aria-label": "All tries" }, element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...rows))];
  }
}
