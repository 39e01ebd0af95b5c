/* Puts it all together. */

function makeLegend(data) {
  const items = STATES.map((word, state) => data.totals[state]
    ? element("li", {}, stateElement(state), ` ${formatCount(data.totals[state])}`) : null);
  return element("ul", { class: "legend" }, ...items);
}

function makeButtons(timeline) {
  const button = (name, act, title) =>
    element("button", { type: "button", class: "plain", onclick: act, "aria-label": title || null, title: title || null }, name);
  const buttons = [button("\u2212", () => timeline.zoom(2), "Zoom out"), button("+", () => timeline.zoom(0.5), "Zoom in"),
    button("Whole run", () => timeline.look(0, timeline.end))];
  if (timeline.data.failures.length)
    buttons.push(button("Next failure", () => timeline.stepFailure(1)));
  return element("div", { class: "bar buttons" }, ...buttons);
}

function makeTimeline(data, section) {
  const detail = new Detail(data);
  const timeline = new Timeline(data, (span, focus) => detail.show(span, focus));
  const stage = element("div", { class: "stage" }, timeline.chart, detail.panel);
  detail.onshow = () => stage.classList.add("opened");
  detail.onhide = () => {
    stage.classList.remove("opened");
    timeline.select(-1);
  };
  const keys = element("div", { class: "hint", id: "timeline-keys" },
    element("p", { class: "touch" }, "Two fingers zoom, one moves, a tap opens a bar."),
    element("p", { class: "keys" },
      "Wheel with Ctrl, or after a click: zoom. Drag: move. Keys: + and - zoom, 0 shows the whole run, left and right move, " +
      "up and down change the lane, comma and full stop go from bar to bar, n and p from failure to failure, Enter opens."));
  section.append(element("div", { class: "bar" }, makeLegend(data), makeButtons(timeline)),
    stage, keys);
  timeline.resize();
  return { timeline, detail };
}

async function start() {
  const begin = performance.now();
  const data = new Data();
  await data.load();
  const section = document.getElementById("timeline");
  section.querySelector(".no-script").remove();
  const { timeline, detail } = makeTimeline(data, section);
  const open = span => {
    timeline.select(span);
    detail.show(span, true);
  };
  document.querySelectorAll("main table").forEach(table => makeSortable(table, open));
  const tasks = new Tasks(data, open);
  document.getElementById("left-out").parentNode.before(tasks.section);
  const graph = makeGraph(data.head.objects);
  if (graph)
    tasks.section.before(graph);
  await tasks.refresh();
  window.report = { data, timeline, detail, tasks, ready: performance.now() - begin };
  document.documentElement.dataset.ready = "true";
}

start();
