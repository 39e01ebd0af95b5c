/* Who waits for whom, and which way messages go: a picture in layers, from left to right. */

const NODE_HEIGHT = 40, LAYER_GAP = 70, ROW_GAP = 16, GRAPH_MOST = 200;

function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes))
    made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/* The nodes by name, and the edges [from, to, what is waited for or ""]. */
function readGraph(objects) {
  const nodes = new Map(), edges = [];
  const declared = objects.filter(object => object.declared);
  for (const object of declared)
    nodes.set(object.name, { object, layer: 0, failed: object.failed, skipped: object.skipped });
  for (const object of objects) { /* replicas count for what declares them */
    const owner = nodes.get(object.name.replace(/\.\d+$/, ""));
    if (owner && object.failed)
      owner.failed = true;
  }
  const add = (from, to, label) => nodes.has(from) && nodes.has(to) && edges.push([nodes.get(from), nodes.get(to), label]);
  for (const { name, declared: { depends_on = [], puts = [], takes = [] } } of declared) {
    depends_on.forEach(one => add(one.name, name, one.until));
    puts.forEach(queue => add(name, queue, ""));
    takes.forEach(queue => add(queue, name, ""));
  }
  return { nodes: [...nodes.values()], edges };
}

/* Each one layer behind the last of what leads to it; circles of queues are cut by the number of rounds. */
function setLayers({ nodes, edges }) {
  for (let round = 0, changed = true; changed && round < nodes.length; round++) {
    changed = false;
    for (const [from, to] of edges) {
      if (to.layer <= from.layer && from.layer + 1 < nodes.length) {
        to.layer = from.layer + 1;
        changed = true;
      }
    }
  }
  const used = [...new Set(nodes.map(node => node.layer))].sort((a, b) => a - b);
  nodes.forEach(node => node.layer = used.indexOf(node.layer));
}

/* In each layer by the middle of what leads to them. */
function setPlaces({ nodes, edges }) {
  const layers = [];
  for (const node of nodes)
    (layers[node.layer] = layers[node.layer] || []).push(node);
  let left = 10;
  for (const layer of layers) {
    const weight = new Map(layer.map((node, i) => {
      const before = edges.filter(edge => edge[1] === node && edge[0].y !== undefined).map(edge => edge[0].y);
      return [node, before.length ? before.reduce((a, b) => a + b, 0) / before.length : i * (NODE_HEIGHT + ROW_GAP)];
    }));
    layer.sort((a, b) => weight.get(a) - weight.get(b));
    const width = Math.max(...layer.map(node => Math.max(node.object.name.length * 7.8, kindOf(node).length * 6.2, 60) + 24));
    layer.forEach((node, i) => Object.assign(node, { x: left, y: 10 + i * (NODE_HEIGHT + ROW_GAP), width }));
    left += width + LAYER_GAP;
  }
  return { width: left - LAYER_GAP + 10, height: Math.max(...nodes.map(node => node.y)) + NODE_HEIGHT + 10 };
}

function drawEdge([from, to, label]) {
  const x1 = from.x + from.width, y1 = from.y + NODE_HEIGHT / 2, x2 = to.x - 2, y2 = to.y + NODE_HEIGHT / 2;
  const bend = Math.max(Math.abs(x2 - x1) / 2, 30);
  const back = x2 < x1; /* round below */
  const path = back ? `M${x1} ${y1} C${x1 + 60} ${y1 + 60} ${x2 - 60} ${y2 + 60} ${x2} ${y2}`
    : `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  const line = svg("path", { d: path, class: label ? "waits" : "", "marker-end": "url(#arrow)" });
  if (label)
    line.append(svg("title", {}, `${to.object.name} waits until ${from.object.name} is ${label}`));
  return line;
}

function kindOf({ object, failed, skipped }) {
  const { kind, workers, declared } = object;
  return kind + (kind === "pool" ? ` of ${declared.workers || workers}` : "") +
    (declared.replicas ? ` x ${declared.replicas}` : "") + (failed ? ", failed" : "") + (skipped ? ", not started" : "");
}

function drawNode(node) {
  const { object, x, y, width } = node;
  const style = `node ${object.kind} ${node.failed ? "failed" : ""} ${node.skipped ? "skipped" : ""}`;
  return svg("g", {},
    svg("rect", { x, y, width, height: NODE_HEIGHT, rx: object.kind === "queue" ? NODE_HEIGHT / 2 : 3, class: style }),
    svg("text", { x: x + width / 2, y: y + 17, "text-anchor": "middle" }, object.name),
    svg("text", { x: x + width / 2, y: y + 32, "text-anchor": "middle", class: "kind" }, kindOf(node)));
}

/* NULL where nothing hangs together. */
function makeGraph(objects) {
  const graph = readGraph(objects);
  if (!graph.edges.length || graph.nodes.length > GRAPH_MOST)
    return null;
  setLayers(graph);
  const { width, height } = setPlaces(graph);
  const words = graph.edges.map(([from, to, label]) => label
    ? `${to.object.name} waits until ${from.object.name} is ${label}` : `${from.object.name} to ${to.object.name}`);
  const picture = svg("svg", { class: "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-labelledby": "graph-words" },
    svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7,
      orient: "auto-start-reverse" }, svg("path", { d: "M0 0L8 4L0 8z" }))),
    svg("title", { id: "graph-words" }, words.join("; ")), ...graph.edges.map(drawEdge), ...graph.nodes.map(drawNode));
  return element("section", { "aria-labelledby": "graph-title" },
    element("h2", { id: "graph-title" }, "What hangs together"),
    element("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "graph-title" }, picture),
    element("p", { class: "note" }, "Messages go along whole lines; who waits for another stands behind a dashed one."));
}
