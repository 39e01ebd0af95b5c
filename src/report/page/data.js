"use strict";

/* What the program has written: columns of numbers, and texts in blocks. See src/report/page_data.c. */

const STATES = ["done", "failed", "timed out", "retried", "stopped", "not ended"];
const DONE = 0, FAILED = 1, TIMEOUT = 2, RETRIED = 3, STOPPED = 4, OPEN = 5;

const isFailure = state => state === FAILED || state === TIMEOUT;

function bytesOf(base64) {
  if (Uint8Array.fromBase64)
    return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function unpack(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* Varints: 7 bits a byte, the lowest first. SIGNED: differences to the one before, the sign in the lowest bit. */
function readColumn(bytes, numbers, signed) {
  let at = 0, before = 0;
  if (!signed && bytes.length === numbers.length)
    return numbers.set(bytes); /* each is below 128 */
  for (let i = 0; i < numbers.length; i++) {
    let byte = bytes[at++], number = byte & 127;
    for (let shift = 7; byte > 127 && shift < 28; shift += 7) {
      byte = bytes[at++];
      number |= (byte & 127) << shift;
    }
    for (let unit = 2 ** 28; byte > 127; unit *= 128) { /* beyond 28 bits there are no shifts */
      byte = bytes[at++];
      number += (byte & 127) * unit;
    }
    if (signed)
      number = before += number % 2 ? -(number + 1) / 2 : number / 2;
    numbers[i] = number;
  }
}

/*
 * Sorts whole numbers that are not negative, and with them SPANS where there are some: in passes over 16 bits each, as a
 * million are to be sorted while somebody waits.
 */
function sortNumbers(keys, spans) {
  let most = 0;
  for (let i = 0; i < keys.length; i++)
    if (keys[i] > most)
      most = keys[i];
  let otherKeys = new keys.constructor(keys.length), otherSpans = spans && new Uint32Array(keys.length);
  for (let unit = 1; unit <= most; unit *= 65536) {
    const starts = new Uint32Array(65537);
    const digit = most < 2 ** 31 ? key => (key / unit) & 65535 : key => Math.floor(key / unit) % 65536;
    for (let i = 0; i < keys.length; i++)
      starts[digit(keys[i]) + 1]++;
    for (let i = 0; i < 65536; i++)
      starts[i + 1] += starts[i];
    for (let i = 0; i < keys.length; i++) {
      const place = starts[digit(keys[i])]++;
      otherKeys[place] = keys[i];
      if (spans)
        otherSpans[place] = spans[i];
    }
    [keys, otherKeys] = [otherKeys, keys];
    [spans, otherSpans] = [otherSpans, spans];
  }
  return spans || keys;
}

class Data {
  constructor() {
    const read = id => JSON.parse(document.getElementById(id).textContent);
    this.head = read("data");
    this.count = this.head.spans;
    this.packed = read("texts");
    this.firsts = [];
    let first = 0;
    for (const more of this.head.blocks)
      this.firsts.push(first += more);
    this.kept = new Map();
  }

  async load() {
    const columns = {
      lane: [Uint32Array], number: [Float64Array, true], attempt: [Uint32Array], began: [Float64Array, true],
      took: [Float64Array], state: [Uint8Array], memory: [Float64Array],
    };
    await Promise.all(Object.entries(columns).map(async ([name, [Type, signed]]) => {
      this[name] = new Type(this.count);
      readColumn(await unpack(this.head[name]), this[name], signed);
      delete this.head[name];
    }));
    for (let i = 0; i < this.count; i++)
      this.attempt[i]++;
    this.orderLanes();
    this.sortSpans();
    this.countStates();
  }

  /* The program numbers lanes as they come; here those of one object stand together, in the scenario's order. */
  orderLanes() {
    const { lanes, objects } = this.head;
    const order = [...lanes.keys()].sort((a, b) => lanes[a][0] - lanes[b][0] || lanes[a][1] - lanes[b][1]);
    const place = new Uint32Array(lanes.length);
    order.forEach((lane, at) => place[lane] = at);
    this.head.lanes = order.map(lane => lanes[lane]);
    for (let i = 0; i < this.count; i++)
      this.lane[i] = place[this.lane[i]];
    this.ofTasks = Uint8Array.from(this.head.lanes, ([object]) => objects[object].kind === "pool");
  }

  /*
   * The spans by lanes, and by their beginnings in each: those of lane L are order[start[L]] to order[start[L + 1]]. What
   * is read to draw them stands in that order too, as memory is slow where one jumps about in it.
   */
  sortSpans() {
    const { lane, began, count } = this;
    const lanes = this.head.lanes.length;
    const start = this.start = new Uint32Array(lanes + 1);
    const order = this.order = new Uint32Array(count);
    for (let i = 0; i < count; i++)
      start[lane[i] + 1]++;
    for (let i = 0; i < lanes; i++)
      start[i + 1] += start[i];
    const next = start.slice();
    for (let i = 0; i < count; i++)
      order[next[lane[i]]++] = i;
    for (let l = 0; l < lanes; l++) {
      let sorted = true;
      for (let i = start[l] + 1; sorted && i < start[l + 1]; i++)
        sorted = began[order[i - 1]] <= began[order[i]];
      if (!sorted)
        order.subarray(start[l], start[l + 1]).sort((a, b) => began[a] - began[b]);
    }
    const ordered = this.ordered = { began: new Float64Array(count), took: new Float64Array(count), state: new Uint8Array(count) };
    for (let i = 0; i < count; i++) {
      ordered.began[i] = began[order[i]];
      ordered.took[i] = this.took[order[i]];
      ordered.state[i] = this.state[order[i]];
    }
  }

  countStates() {
    this.totals = new Array(STATES.length).fill(0);
    this.failures = [];
    for (let i = 0; i < this.count; i++) {
      this.totals[this.state[i]]++;
      if (isFailure(this.state[i]))
        this.failures.push(i);
    }
  }

  objectOf(span) {
    return this.head.objects[this.head.lanes[this.lane[span]][0]];
  }

  workerOf(span) {
    return this.head.lanes[this.lane[span]][1];
  }

  laneName(lane) {
    const [object, worker, host] = this.head.lanes[lane];
    return this.head.objects[object].name + (worker ? "." + worker : "") + (host ? " on " + host : "");
  }

  isTask(span) {
    return this.ofTasks[this.lane[span]] === 1;
  }

  /* "build 17", "web" */
  nameOf(span) {
    const object = this.objectOf(span);
    return this.isTask(span) ? `${object.name} ${this.number[span]}` : object.name;
  }

  blockOf(span) {
    let low = 0, high = this.firsts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.firsts[middle] <= span)
        low = middle;
      else
        high = middle;
    }
    return low;
  }

  /* The records of a block; the last few that were asked for are kept. */
  async block(number) {
    let records = this.kept.get(number);
    if (!records) {
      records = unpack(this.packed[number]).then(bytes => new TextDecoder().decode(bytes).split("\x1e"));
      this.kept.set(number, records);
      if (this.kept.size > 64)
        this.kept.delete(this.kept.keys().next().value);
    }
    return records;
  }

  async words(span) {
    const block = this.blockOf(span);
    const records = await this.block(block);
    const [item = "", command = "", reason = "", output = ""] = records[span - this.firsts[block]].split("\x1f");
    return { item, command, reason, output };
  }

  /* All attempts of the task that SPAN is one of, the first one first. */
  attempts(span) {
    const object = this.head.lanes[this.lane[span]][0], found = [];
    for (let i = 0; i < this.count; i++)
      if (this.number[i] === this.number[span] && this.head.lanes[this.lane[i]][0] === object)
        found.push(i);
    return found.sort((a, b) => this.attempt[a] - this.attempt[b]);
  }
}
