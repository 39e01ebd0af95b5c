#!/usr/bin/env python3
"""Asks a run what its objects do, waits until they are ready, and follows their lines.

    control.py SOCKET [NAME]...       SOCKET: as bodies have it in PARRUN_SOCKET, or of a directory that parrun-control(7) names
"""
import json
import socket
import sys


class Run:
    """A connection to a run: requests, and the lines of their answers."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.number = 0
        self.send({"hello": 1})
        self.hello = json.loads(self.lines.readline())
        if "hello" not in self.hello:
            raise RuntimeError(self.hello["error"])

    def send(self, request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def ask(self, word, names=(), **fields):
        """The lines of the answer as they come; the last has the status. One request at a time."""
        self.number += 1
        self.send({"id": self.number, word: list(names), **fields})
        for line in map(json.loads, self.lines):
            yield line
            if line.get("id") != self.number or "status" in line:
                return
        raise RuntimeError("the run has gone")


def main(path, *names):
    run = Run(path)
    print(f"run {run.hello['run']} of {run.hello['file']}")
    *_, end = run.ask("wait", names, until="ready")
    print(f"ready: {end}")
    for line in run.ask("status", names):
        if "object" in line:
            print(f"{line['object']['name']} is {line['object']['state']}")
    for line in run.ask("logs", names, follow=True):
        if "line" in line:
            event = line["event"]
            print(f"{event.get('process') or event.get('pool') or event.get('thread')}: "
                  f"{event.get('line', event.get('output'))}", flush=True)
    print("the run has ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
