#!/usr/bin/env node
// Asks a run what its objects do, waits until they are ready, and follows their lines.
//
//     control.js SOCKET [NAME]...     SOCKET: as bodies have it in PARRUN_SOCKET, or of a directory that parrun-control(7) names
'use strict';

const net = require('net');
const readline = require('readline');

// A connection to a run: any number of requests at once, each with a function for the lines of its answer.
class Run {
  constructor(path) {
    this.socket = net.createConnection(path);
    this.number = 0;
    this.asked = new Map();
    this.greeted = new Promise((resolve, reject) => {
      this.socket.on('error', reject);
      readline.createInterface({ input: this.socket }).on('line', (text) => this.take(JSON.parse(text), resolve, reject));
    });
    this.send({ hello: 1 });
  }

  send(request) {
    this.socket.write(JSON.stringify(request) + '\n');
  }

  take(line, resolve, reject) {
    const request = this.asked.get(line.id);
    if ('hello' in line) resolve(line);
    else if (!request) reject(new Error(line.error));
    else if ('status' in line) request.end(line);
    else request.take(line);
  }

  // Resolves to the last line of the answer, which has the status; TAKE gets the others.
  ask(word, names, fields = {}, take = () => {}) {
    const id = ++this.number;
    return new Promise((end) => {
      this.asked.set(id, { take, end });
      this.send({ id, [word]: names, ...fields });
    });
  }
}

async function main(path, ...names) {
  const run = new Run(path);
  const hello = await run.greeted;
  console.log(`run ${hello.run} of ${hello.file}`);
  console.log(`ready: ${JSON.stringify(await run.ask('wait', names, { until: 'ready' }))}`);
  await run.ask('status', names, {}, ({ object }) => console.log(`${object.name} is ${object.state}`));
  await run.ask('logs', names, { follow: true }, ({ event }) => {
    if (event) console.log(`${event.process || event.pool || event.thread}: ${event.line || event.output}`);
  });
  console.log('the run has ended');
  run.socket.end();
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
