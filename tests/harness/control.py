"""A client of a run's socket, as parrun-control(7) has it."""
import json
import socket

from .parrun import PATIENCE


class Client:
    """Requests and answers by hand."""

    def __init__(self, path, hello=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")
        self.number = 0
        if hello:
            self.send({"hello": 1})
            self.hello = self.line()

    def send(self, request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def line(self):
        """The next line; None at the end."""
        line = self.file.readline()
        assert not line or line.endswith(b"\n"), line
        return json.loads(line) if line else None

    def begin(self, word, names=(), **fields):
        self.number += 1
        self.send({"id": self.number, word: names, **fields})
        return self.number

    def ask(self, word, names=(), **fields):
        """Its answers, the last one apart."""
        number, lines = self.begin(word, names, **fields), []
        while True:
            line = self.line()
            assert line, f"{word}: the run has closed the connection after {lines}"
            if line["id"] != number:
                continue
            if "status" in line:
                return lines, line
            lines.append(line)

    def objects(self, *names):
        return {line["object"]["name"]: line["object"] for line in self.ask("status", names)[0]}

    def until(self, wanted):
        """Lines up to the first that is WANTED."""
        lines = []
        while True:
            line = self.line()
            assert line, f"the run has closed the connection after {lines}"
            lines.append(line)
            if wanted(line):
                return lines
