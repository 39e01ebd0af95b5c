/* What changes with time, above the lanes of the timeline. */

Object.assign(Timeline.prototype, {
  makeCharts() {
    const charts = [this.endedChart(), this.busyChart(), ...this.data.head.series.map(series => this.seriesChart(series))];
    return charts.filter(chart => chart.times.length).map(withMost);
  },

  /* Tasks that have ended by then. */
  endedChart() {
    const times = this.ends(state => state === DONE || isFailure(state));
    const values = new Float64Array(times.length);
    for (let i = 0; i < values.length; i++)
      values[i] = i + 1;
    return { name: "tasks ended", times, values, format: formatCount };
  },

  /* When the attempts in such a state have ended, in order. */
  ends(counts) {
    const { data } = this;
    const ends = new Float64Array(data.count);
    let count = 0, sorted = true;
    for (let i = 0; i < data.count; i++) {
      if (!data.isTask(i) || !counts(data.state[i]))
        continue;
      ends[count++] = data.began[i] + data.took[i];
      sorted = sorted && (count < 2 || ends[count - 2] <= ends[count - 1]);
    }
    return sorted ? ends.subarray(0, count) : sortNumbers(ends.subarray(0, count));
  },

  /* Workers that run a task. */
  busyChart() {
    const { data } = this;
    const ends = this.ends(() => true), count = ends.length;
    let begins = new Float64Array(count);
    for (let i = 0, at = 0; i < data.count; i++)
      if (data.isTask(i))
        begins[at++] = data.began[i];
    begins = sortNumbers(begins);
    const times = new Float64Array(2 * count), values = new Float64Array(2 * count);
    for (let i = 0, b = 0, e = 0, busy = 0; i < 2 * count; i++) {
      const begin = b < count && begins[b] < ends[e];
      busy += begin ? 1 : -1;
      times[i] = begin ? begins[b++] : ends[e++];
      values[i] = busy;
    }
    return { name: "workers busy", times, values, format: formatCount };
  },

  seriesChart({ name, points: [steps, values], unit }) {
    let time = 0;
    return {
      name, times: Float64Array.from(steps, step => time += step), values: Float64Array.from(values),
      format: unit === "bytes" ? formatBytes : unit === "percent" ? value => Math.round(value) + " %" : formatCount,
    };
  },
});

/* Points whose largest value is kept, so that a pixel with thousands of them is drawn at once. */
const RUN = 64;

function withMost(chart) {
  const { values } = chart;
  chart.most = new Float64Array(Math.ceil(values.length / RUN));
  for (let i = 0; i < values.length; i++) {
    const run = Math.floor(i / RUN);
    if (values[i] > chart.most[run])
      chart.most[run] = values[i];
  }
  return chart;
}

/* The largest value of the points FROM to TO. */
function mostBetween({ values, most }, from, to) {
  let found = 0;
  while (from < to) {
    const whole = from % RUN === 0 && from + RUN <= to;
    const value = whole ? most[from / RUN] : values[from];
    if (value > found)
      found = value;
    from += whole ? RUN : 1;
  }
  return found;
}

/* The first point behind TIME, from FIRST on. */
function pointAfter({ times }, time, first = 0) {
  let low = first, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] > time)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* The value of a chart at a time: that of the last point before it. */
function valueAt(chart, time) {
  const after = pointAfter(chart, time);
  return after ? chart.values[after - 1] : 0;
}
