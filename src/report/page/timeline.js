/*
 * The timeline: above it what changes with time, below a lane for each worker, process and thread. Lanes in which spans
 * are too narrow to be drawn one by one show how busy they were.
 */

const AXIS = 26, CHART = 52, STRIP = 20, LANE_MOST = 24, LANE_LEAST = 5, LANES_HEIGHT = 440;

class Timeline {
  constructor(data, open) {
    this.data = data;
    this.open = open;
    this.from = 0;
    this.end = Math.max(data.head.lasted, 1);
    this.to = this.end;
    this.top = 0;
    this.selected = -1;
    this.hovered = -1;
    this.canvas = element("canvas", {
      tabindex: 0, role: "application", "aria-label": this.label(), "aria-describedby": "timeline-keys",
    });
    this.tip = element("div", { class: "tip", hidden: true });
    this.chart = element("div", { class: "chart" }, this.canvas, this.tip);
    this.charts = this.makeCharts();
    this.dense = document.createElement("canvas");
    this.listen();
  }

  label() {
    const { head, totals, count } = this.data;
    return `Timeline of ${formatTime(head.lasted)} with ${head.lanes.length} lanes and ${formatCount(count)} bars: ` +
      `${formatCount(totals[DONE])} done, ${formatCount(totals[FAILED] + totals[TIMEOUT])} failed. ` +
      "The tables of this page have the same as text.";
  }

  /* ---- places ---- */

  measure() {
    const width = this.chart.clientWidth;
    this.gutter = width < 600 ? 92 : 132;
    this.width = Math.max(width - this.gutter, 1);
    const lanes = this.data.head.lanes.length;
    const lane = Math.floor(LANES_HEIGHT / Math.max(lanes, 1));
    this.laneHeight = Math.max(LANE_LEAST, Math.min(LANE_MOST, lane));
    this.strip = this.data.failures.length ? STRIP : 0;
    this.lanesTop = AXIS + this.charts.length * CHART + this.strip;
    this.lanesHeight = Math.min(lanes * this.laneHeight, LANES_HEIGHT);
    this.height = this.lanesTop + this.lanesHeight + 4;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.style.height = this.height + "px";
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.ratio = ratio;
    this.readColors();
    this.scrollTo(this.top);
  }

  readColors() {
    const style = getComputedStyle(document.documentElement);
    const color = name => style.getPropertyValue("--" + name).trim();
    this.ink = color("ink");
    this.paper = color("paper");
    this.quiet = color("quiet");
    this.rule = color("rule");
    this.panel = color("panel");
    this.font = getComputedStyle(document.body).fontFamily;
    this.colors = ["done", "failed", "timeout", "retried", "stopped", "open"].map(color);
    this.pixels = this.colors.map(text => [1, 3, 5].map(at => parseInt(text.slice(at, at + 2), 16)));
    this.panelPixel = [1, 3, 5].map(at => parseInt(this.panel.slice(at, at + 2), 16));
    this.patterns = this.colors.map((text, state) => this.makePattern(text, state));
  }

  /* Failed and retried bars are hatched, each its own way, for who does not see colours. */
  makePattern(color, state) {
    if (state !== FAILED && state !== RETRIED)
      return color;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const context = tile.getContext("2d");
    context.fillStyle = color;
    context.fillRect(0, 0, 8, 8);
    context.strokeStyle = this.paper;
    context.lineWidth = state === FAILED ? 1.2 : 2;
    const slope = state === FAILED ? 1 : -1;
    for (let at = -8; at <= 16; at += 8) {
      context.beginPath();
      context.moveTo(at, slope > 0 ? 8 : 0);
      context.lineTo(at + 8, slope > 0 ? 0 : 8);
      context.stroke();
    }
    return this.canvas.getContext("2d").createPattern(tile, "repeat");
  }

  x(time) {
    return this.gutter + (time - this.from) * this.width / (this.to - this.from);
  }

  time(x) {
    return this.from + (x - this.gutter) * (this.to - this.from) / this.width;
  }

  laneAt(y) {
    if (y < this.lanesTop || y >= this.lanesTop + this.lanesHeight)
      return -1;
    return Math.min(Math.floor((y - this.lanesTop + this.top) / this.laneHeight), this.data.head.lanes.length - 1);
  }

  laneY(lane) {
    return this.lanesTop + lane * this.laneHeight - this.top;
  }

  /* The first place in lane's order whose span begins after TIME. */
  after(lane, time) {
    const { start, ordered: { began } } = this.data;
    let low = start[lane], high = start[lane + 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (began[middle] > time)
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }

  /* The span at that place, or the nearest within a few pixels; -1: none. */
  find(x, y) {
    const lane = this.laneAt(y);
    if (lane < 0 || x < this.gutter)
      return -1;
    const { data } = this;
    const time = this.time(x), reach = 4 * (this.to - this.from) / this.width;
    const at = this.after(lane, time);
    let best = -1, least = reach;
    for (let i = Math.max(at - 3, data.start[lane]); i < Math.min(at + 2, data.start[lane + 1]); i++) {
      const span = data.order[i];
      const far = Math.max(data.began[span] - time, time - data.began[span] - data.took[span], 0);
      if (far <= least) {
        least = far;
        best = span;
      }
    }
    return best;
  }

  /* ---- moving ---- */

  look(from, to) {
    const least = Math.max(this.end / 1e8, 10);
    let span = Math.min(Math.max(to - from, least), this.end);
    from = Math.min(Math.max((from + to - span) / 2, 0), this.end - span);
    this.from = from;
    this.to = from + span;
    this.redraw();
  }

  zoom(factor, x = this.gutter + this.width / 2) {
    const time = this.time(x);
    this.look(time - (time - this.from) * factor, time + (this.to - time) * factor);
  }

  pan(pixels) {
    const by = Math.min(Math.max(pixels * (this.to - this.from) / this.width, -this.from), this.end - this.to);
    this.look(this.from + by, this.to + by);
  }

  scrollTo(top) {
    const most = this.data.head.lanes.length * this.laneHeight - this.lanesHeight;
    this.top = Math.max(0, Math.min(top, most));
  }

  select(span) {
    this.selected = span;
    if (span >= 0)
      this.show(span);
    this.redraw();
  }

  /* Brings a span into sight: at least some pixels wide, in the middle where it is not in sight. */
  show(span) {
    const { began, took, lane } = this.data;
    const begin = began[span], end = begin + took[span];
    const y = this.laneY(lane[span]);
    if (y < this.lanesTop || y + this.laneHeight > this.lanesTop + this.lanesHeight)
      this.scrollTo(lane[span] * this.laneHeight - this.lanesHeight / 2);
    if (end < this.from || begin > this.to) {
      const half = (this.to - this.from) / 2;
      this.look((begin + end) / 2 - half, (begin + end) / 2 + half);
    }
  }

  /* The next span in the lane of the selected one, or the first of all. */
  step(by) {
    const { data } = this;
    if (!data.count)
      return;
    if (this.selected < 0)
      return this.choose(data.order[0]);
    const lane = data.lane[this.selected];
    const at = data.order.subarray(data.start[lane], data.start[lane + 1]).indexOf(this.selected) + data.start[lane];
    const next = Math.min(Math.max(at + by, data.start[lane]), data.start[lane + 1] - 1);
    this.choose(data.order[next]);
  }

  stepLane(by) {
    const { data } = this;
    if (this.selected < 0)
      return this.step(0);
    const lane = data.lane[this.selected], time = data.began[this.selected];
    for (let l = lane + by; l >= 0 && l < data.head.lanes.length; l += by) {
      if (data.start[l] === data.start[l + 1])
        continue;
      this.choose(data.order[Math.max(this.after(l, time) - 1, data.start[l])]);
      return;
    }
  }

  stepFailure(by) {
    const { failures } = this.data;
    if (!failures.length)
      return;
    const at = failures.indexOf(this.selected);
    this.choose(failures[at < 0 ? 0 : (at + by + failures.length) % failures.length]);
  }

  choose(span) {
    this.select(span);
    this.open(span);
  }

  /* ---- hovering ---- */

  hover(x, y) {
    const span = this.find(x, y);
    const chart = this.chartAt(y);
    if (span !== this.hovered) {
      this.hovered = span;
      this.redraw();
    }
    this.canvas.style.cursor = span >= 0 ? "pointer" : "default";
    if (span < 0 && (!chart || x < this.gutter))
      return this.hide();
    this.place(x, y, span >= 0 ? this.describe(span) : this.describeChart(chart, x));
    if (span < 0)
      return;
    this.data.words(span).then(words => {
      if (this.hovered === span && !this.tip.hidden)
        this.place(x, y, this.describe(span, words));
    });
  }

  chartAt(y) {
    return y < AXIS ? null : this.charts[Math.floor((y - AXIS) / CHART)] || null;
  }

  describe(span, words) {
    const { data } = this;
    const cut = text => text.length > 160 ? text.slice(0, 160) + "..." : text;
    const lines = [data.nameOf(span)];
    if (words && words.item && words.item !== data.nameOf(span))
      lines[0] += "  " + cut(words.item);
    lines.push(`${STATES[data.state[span]]}, ${formatTime(data.took[span])}, from ${formatTime(data.began[span])}` +
      (data.attempt[span] > 1 ? `, try ${data.attempt[span]}` : ""));
    if (words && words.reason)
      lines.push(cut(words.reason.split("\n")[0]));
    return lines.join("\n");
  }

  describeChart(chart, x) {
    const time = this.time(x);
    return `${chart.name}: ${chart.format(valueAt(chart, time))}\nat ${formatTime(time)}`;
  }

  place(x, y, text) {
    this.tip.textContent = text;
    this.tip.hidden = false;
    const width = this.tip.offsetWidth, height = this.tip.offsetHeight;
    const left = Math.max(0, Math.min(x + 14, this.chart.clientWidth - width));
    const below = y + 18;
    this.tip.style.left = left + "px";
    this.tip.style.top = (below + height > this.height ? Math.max(0, y - height - 10) : below) + "px";
  }

  hide() {
    this.tip.hidden = true;
    if (this.hovered >= 0) {
      this.hovered = -1;
      this.redraw();
    }
  }

  redraw() {
    if (this.waiting)
      return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }
}
