/* Drawing the timeline. */

Object.assign(Timeline.prototype, {
  draw() {
    if (!this.width)
      return;
    const begin = performance.now();
    const context = this.canvas.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.gutter + this.width, this.height);
    this.drawAxis(context);
    this.charts.forEach((chart, i) => this.drawChart(context, chart, AXIS + i * CHART));
    if (this.strip)
      this.drawFailures(context);
    this.drawLanes(context);
    this.lastDraw = performance.now() - begin;
  },

  text(context, text, x, y, color, align = "left", size = 12) {
    context.font = `${size}px ${this.font}`;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillStyle = color;
    context.fillText(text, x, y);
  },

  drawAxis(context) {
    const span = this.to - this.from;
    const rough = span / Math.max(this.width / 110, 2);
    const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 10e6,
      15e6, 30e6, 60e6, 120e6, 300e6, 600e6, 900e6, 1800e6, 3600e6, 7200e6, 4 * 3600e6, 8 * 3600e6, 24 * 3600e6];
    const step = steps.find(one => one >= rough) || Math.ceil(rough / (24 * 3600e6)) * 24 * 3600e6;
    context.fillStyle = this.rule;
    for (let time = Math.ceil(this.from / step) * step; time <= this.to; time += step) {
      const x = Math.round(this.x(time));
      context.fillStyle = this.rule;
      context.fillRect(x, AXIS - 6, 1, this.height - AXIS + 6);
      const label = axisLabel(time, step);
      const edge = x > this.gutter + this.width - 40;
      this.text(context, label, edge ? x - 4 : x + 4, AXIS / 2, this.quiet, edge ? "right" : "left");
    }
  },

  drawChart(context, chart, top) {
    const bottom = top + CHART - 6, height = CHART - 22;
    const columns = new Float64Array(Math.round(this.width));
    let most = 0;
    /* Of each pixel the largest value; where nothing changes, what was before. */
    for (let i = 0, at = pointAfter(chart, this.from); i < columns.length; i++) {
      const until = this.from + (i + 1) * (this.to - this.from) / this.width;
      const next = pointAfter(chart, until, at);
      columns[i] = Math.max(at ? chart.values[at - 1] : 0, mostBetween(chart, at, next));
      at = next;
      most = Math.max(most, columns[i]);
    }
    context.fillStyle = this.colors[DONE];
    context.globalAlpha = 0.22;
    context.beginPath();
    context.moveTo(this.gutter, bottom);
    for (let i = 0; i < columns.length; i++) {
      const y = bottom - (most ? columns[i] / most * height : 0);
      context.lineTo(this.gutter + i, y);
      context.lineTo(this.gutter + i + 1, y);
    }
    context.lineTo(this.gutter + this.width, bottom);
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = this.colors[DONE];
    context.lineWidth = 1.5;
    context.beginPath();
    for (let i = 0; i < columns.length; i++)
      context.lineTo(this.gutter + i + 0.5, bottom - (most ? columns[i] / most * height : 0));
    context.stroke();
    context.fillStyle = this.rule;
    context.fillRect(0, bottom, this.gutter + this.width, 1);
    this.text(context, cutText(context, chart.name, this.gutter - 8), 0, top + CHART / 2 - 7, this.ink);
    this.text(context, cutText(context, `up to ${chart.format(most)}`, this.gutter - 8), 0, top + CHART / 2 + 9, this.quiet);
  },

  /* A cross where something failed: seen however far the view is. */
  drawFailures(context) {
    const { data } = this;
    const y = this.lanesTop - this.strip / 2, seen = new Uint8Array(Math.ceil(this.width) + 1);
    context.strokeStyle = this.colors[FAILED];
    context.lineWidth = 1.6;
    context.beginPath();
    for (const span of data.failures) {
      const end = Math.round(this.x(data.began[span] + data.took[span]));
      const column = end - this.gutter, x = Math.min(end, this.gutter + this.width - 5);
      if (column < 0 || column > this.width || seen[column])
        continue;
      seen.fill(1, Math.max(column - 3, 0), column + 4);
      context.moveTo(x - 4, y - 4);
      context.lineTo(x + 4, y + 4);
      context.moveTo(x + 4, y - 4);
      context.lineTo(x - 4, y + 4);
    }
    context.stroke();
    this.text(context, "failed", 0, y, this.colors[FAILED]);
  },

  drawLanes(context) {
    const { data } = this;
    const lanes = data.head.lanes.length;
    const first = Math.floor(this.top / this.laneHeight);
    const last = Math.min(lanes, Math.ceil((this.top + this.lanesHeight) / this.laneHeight));
    context.save();
    context.beginPath();
    context.rect(0, this.lanesTop, this.gutter + this.width, this.lanesHeight + 2);
    context.clip();
    const dense = [];
    for (let lane = first; lane < last; lane++) {
      const begin = this.firstSeen(lane), end = this.after(lane, this.to);
      if (end - begin > this.width / 3)
        dense.push([lane, begin, end]);
      else
        this.drawSpans(context, lane, begin, end);
    }
    if (dense.length)
      this.drawDense(context, dense);
    this.drawNames(context, first, last);
    for (const span of [this.hovered, this.selected])
      if (span >= 0)
        this.outline(context, span);
    context.restore();
  },

  /* Spans of a lane may overlap where one was told of late: some places before the first that begins in sight. */
  firstSeen(lane) {
    const { data } = this;
    let at = this.after(lane, this.from);
    for (let back = 0; back < 8 && at > data.start[lane]; back++)
      at--;
    return at;
  },

  drawSpans(context, lane, begin, end) {
    const { data } = this;
    const y = this.laneY(lane), height = Math.max(this.laneHeight - (this.laneHeight > 8 ? 3 : 1), 3);
    const labels = this.laneHeight >= 16;
    for (let i = begin; i < end; i++) {
      const span = data.order[i], state = data.state[span];
      const from = Math.max(this.x(data.began[span]), this.gutter);
      const to = Math.min(this.x(data.began[span] + data.took[span]), this.gutter + this.width);
      if (to < this.gutter)
        continue;
      const width = Math.max(to - from - (to - from > 4 ? 1 : 0), 1);
      if (state === OPEN) {
        context.strokeStyle = this.colors[OPEN];
        context.lineWidth = 1.5;
        context.strokeRect(from + 0.75, y + 0.75, Math.max(width - 1.5, 0.5), height - 1.5);
      } else {
        context.fillStyle = this.patterns[state];
        context.fillRect(from, state === STOPPED ? y + height / 3 : y, width, state === STOPPED ? height / 3 : height);
      }
      if (labels && width > 34)
        this.drawLabel(context, span, from, y, width, height);
    }
  },

  drawLabel(context, span, x, y, width, height) {
    const { data } = this;
    const state = data.state[span];
    const task = data.isTask(span);
    const text = task ? String(data.number[span]) : STATES[state];
    context.font = `12px ${this.font}`;
    if (context.measureText(text).width > width - 8)
      return;
    const plain = state === OPEN || state === STOPPED;
    if (state === FAILED || state === RETRIED || plain) {
      context.fillStyle = plain ? this.paper : this.colors[state];
      context.fillRect(x + 2, y + 2, context.measureText(text).width + 6, height - 4);
    }
    this.text(context, text, x + 5, y + height / 2 + 1, plain ? this.ink : this.paper);
  },

  /* A pixel high a lane, coloured by how much of each pixel's time was busy; then stretched. */
  drawDense(context, lanes) {
    const { began, took, state: states } = this.data.ordered;
    const scale = this.width / (this.to - this.from), width = Math.round(this.width);
    const image = new ImageData(width, lanes.length);
    const busy = new Float32Array(width), worst = new Uint8Array(width);
    lanes.forEach(([, begin, end], row) => {
      busy.fill(0);
      worst.fill(0);
      for (let i = begin; i < end; i++) {
        const state = states[i], from = (began[i] - this.from) * scale, to = from + took[i] * scale;
        if (to < 0)
          continue;
        let column = Math.max(Math.floor(from), 0);
        const last = Math.min(Math.floor(to), width - 1);
        if (state > worst[column] && state !== STOPPED || isFailure(state))
          worst[column] = isFailure(worst[column]) ? worst[column] : state;
        if (column === last) {
          busy[column] += Math.max(to - Math.max(from, 0), 0.02);
          continue;
        }
        for (; column <= last; column++)
          busy[column] += Math.min(to, column + 1) - Math.max(from, column);
      }
      this.paintRow(image.data, row * width * 4, busy, worst);
    });
    this.dense.width = width;
    this.dense.height = lanes.length;
    this.dense.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    const gap = this.laneHeight > 8 ? 3 : 1;
    lanes.forEach(([lane], row) => {
      context.drawImage(this.dense, 0, row, width, 1, this.gutter, this.laneY(lane), width, this.laneHeight - gap);
    });
  },

  paintRow(bytes, at, busy, worst) {
    const empty = this.panelPixel;
    for (let i = 0; i < busy.length; i++, at += 4) {
      const state = worst[i], color = this.pixels[state];
      const share = isFailure(state) ? 1 : busy[i] ? Math.min(0.25 + busy[i] * 0.75, 1) : 0;
      for (let part = 0; part < 3; part++)
        bytes[at + part] = empty[part] + (color[part] - empty[part]) * share;
      bytes[at + 3] = 255;
    }
  },

  /* One name a pool where the lanes are too low for one each. */
  drawNames(context, first, last) {
    const { data } = this;
    const each = this.laneHeight >= 13;
    let before = -1, free = -1;
    for (let lane = first; lane < last; lane++) {
      const [object] = data.head.lanes[lane];
      const y = this.laneY(lane) + this.laneHeight / 2;
      const begins = object !== before;
      before = object;
      if (!each && (!begins || y < free))
        continue;
      free = y + 14;
      const name = each ? data.laneName(lane) : data.head.objects[object].name;
      this.text(context, cutText(context, name, this.gutter - 8), 0, Math.max(y, this.lanesTop + 7), this.ink);
    }
  },

  outline(context, span) {
    const { data } = this;
    const from = this.x(data.began[span]), width = Math.max(this.x(data.began[span] + data.took[span]) - from, 3);
    const gap = this.laneHeight > 8 ? 3 : 1;
    context.strokeStyle = this.ink;
    context.lineWidth = 2;
    context.strokeRect(from, this.laneY(data.lane[span]) + 1, width, this.laneHeight - gap - 2);
  },
});

function axisLabel(time, step) {
  if (time === 0)
    return "0";
  if (step >= 60e6)
    return formatTime(time);
  if (step >= 1e6)
    return time < 60e6 ? time / 1e6 + " s" : formatTime(time);
  if (step >= 1e3 && time < 1e6)
    return +(time / 1e3).toFixed(3) + " ms";
  if (time < 1e3)
    return time + " us";
  const digits = Math.max(0, 6 - Math.floor(Math.log10(step)));
  return (time / 1e6).toFixed(digits) + " s";
}

/* As much of TEXT as WIDTH has room for. */
function cutText(context, text, width) {
  if (context.measureText(text).width <= width)
    return text;
  let most = text.length;
  while (most > 1 && context.measureText(text.slice(0, most) + "...").width > width)
    most--;
  return text.slice(0, most) + "...";
}
