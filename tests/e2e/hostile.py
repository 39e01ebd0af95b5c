"""A body or a client that sends the runner what no worker and no client sends."""
import os
import random
import re
import socket
import struct

from harness.parrun import TERM, Directory, Run, amount, check_nothing_left, check_status, complete, died_of
from harness.paths import ROOT
from harness.processes import peak_memory

# Writes BYTES into the pipe of frames to the runner, which is the highest descriptor that is one.
WRITE = """
    local function write_frames(bytes)
      for fd = 60, 3, -1 do
        local file = io.open("/proc/self/fd/" .. fd, "a")
        if file then file:write(bytes) file:close() return end
      end
    end
"""
VERSION = 3


def frame_types():
    """The numbers of FRAME_READY and what follows it, as the program has them."""
    names = (ROOT / "src/wire/frame.h").read_text().partition("FRAME_READY = ")[2].partition("};")[0]
    first, *rest = re.findall(r"^\d+|FRAME_\w+(?=,)", names)
    return {name: int(first) + at for at, name in enumerate(["FRAME_READY", *rest])}


RESULT, PUT = (frame_types()[name] for name in ("FRAME_RESULT", "FRAME_PUT"))

def frame(kind, fields):
    return struct.pack("<IB", len(fields) + 1, kind) + fields


def text(content):
    return struct.pack("<I", len(content)) + content


def result(outcome, number, encoded):
    return frame(RESULT, struct.pack("<QBqqqBq", 1, outcome, number, 0, 0, 0, 0) + text(encoded) + text(b""))


LIES = {
    "a string longer than what is there": result(0, 0, b"\x04" + struct.pack("<I", 1 << 20) + b"short"),
    "a table of more than there is": result(0, 0, b"\x05" + struct.pack("<I", 1 << 30) + b"\x02"),
    "a type that is none": result(0, 0, b"\x77"),
    "a signal that is none": result(2, 1 << 40, b""),
    "an outcome that is none": result(99, 0, b""),
    "fields that end too soon": frame(RESULT, b"\x01"),
    "a message longer than what is there": frame(PUT, struct.pack("<qB", 0, 0) + text(b"q") + text(
        b"\x04" + struct.pack("<I", 1 << 20) + b"short")),
    "a message that is no value": frame(PUT, struct.pack("<qB", 0, 0) + text(b"q") + text(b"\x77")),
    "no frame at all": b"GET / HTTP/1.1\r\n\r\n",
}


def lua_string(content):
    return '"' + "".join(f"\\x{byte:02x}" for byte in content) + '"'


def test_a_body_that_writes_into_its_workers_descriptors():
    """It costs its task alone: the others are done, by another worker, and the reason says it."""
    for name, lie in LIES.items():
        status, out, err = complete(f"""
            queues: {{q: {{}}}}
            processes: {{reader: {{run: "cat >/dev/null", stdin: {{queue: q}}}}}}
            pools:
              p:
                workers: 1
                tasks: 3
                produces: q
                results: {{file: r.jsonl}}
                lua: |
                  {WRITE.strip().replace(chr(10), chr(10) + 14 * " ")}
                  if item == 0 then write_frames({lua_string(lie)}) parrun.sleep(math.huge) end
                  return item
        """)
        detail = f"{name}: {out.decode()}{err.decode()}"
        assert status == 1, detail
        assert "not what a worker sends" in detail, detail
        assert "Pool p: 2 tasks succeeded, 1 failed." in detail, detail
        check_nothing_left()


def true_frames():
    """A frame of each type with fields as a worker sends them."""
    types = frame_types()
    one = b"\x02" + struct.pack("<q", 7)
    fields = {
        "RESULT": struct.pack("<QBqqqBq", 1, 0, 0, 5, 5, 0, 5) + text(one) + text(b"cmd"), "READY": b"", "REFUSED": text(b"no"),
        "REVOKED": struct.pack("<IQ", 1, 2), "OUTPUT": struct.pack("<Q", 1) + b"text\n", "ERROR_OUTPUT": struct.pack("<Q", 1) + b"text\n",
        "GET": struct.pack("<qI", 1000, 2) + text(b"q"), "LENGTH": text(b"q"), "PUT": struct.pack("<qB", 0, 0) + text(b"q") + text(one),
        "TAKEN": struct.pack("<I", 1) + text(b"q"), "RETURN": struct.pack("<IB", 0, 1) + text(b"q"), "LOG": b"a line", "UNGET": b"",
        "STUCK": struct.pack("<I", 1), "ITEM": one,
    }
    return [frame(types[f"FRAME_{name}"], content) for name, content in fields.items()]


def spoil(chance, stream):
    """What is left of a stream of frames when some of it was changed, left out or told again."""
    stream = bytearray(stream)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(stream))
        way = chance.randrange(5)
        if way == 0:
            stream[at] = chance.randrange(256)
        elif way == 1:
            stream[at] ^= 1 << chance.randrange(8)
        elif way == 2:
            del stream[at:at + chance.randrange(1, 9)]
        elif way == 3:
            stream[at:at] = stream[at:at + chance.randrange(1, 40)]
        else:
            stream[at:at + 4] = struct.pack("<I", chance.choice((0, 1, 0xFFFF, 1 << 20, 1 << 30, 0x7FFFFFFF, 0xFFFFFFFF)))
        stream = stream or bytearray(1)
    return bytes(stream)


def test_frames_by_chance():
    """Whatever a body has its worker say, the run goes on and counts each task once."""
    chance = random.Random(3)
    frames = true_frames()
    count = amount(60, 500)
    directory = Directory()
    streams = [spoil(chance, b"".join(chance.choices(frames, k=chance.randrange(1, 4)))) for _ in range(count)]
    directory.file("streams", "".join(f"{stream.hex()}\n" for stream in streams))
    status, out, err = complete(f"""
        queues: {{q: {{}}}}
        processes: {{reader: {{run: "cat >/dev/null", stdin: {{queue: q}}}}}}
        pools:
          p:
            workers: 2
            tasks: {{lines: streams}}
            produces: q
            timeout: 200ms
            stop: {{grace: 100ms}}
            lua: |
              {WRITE.strip().replace(chr(10), chr(10) + 10 * " ")}
              write_frames((item:gsub("..", function(two) return string.char(tonumber(two, 16)) end)))
              return parrun.sleep(0.01)
    """, directory=directory)
    check_status(status, 1, out + err)
    counts = re.search(rb"Pool p: (\d+) tasks? succeeded, (\d+) failed", out)
    assert counts and sum(map(int, counts.groups())) == count, out + err
    check_nothing_left()


class Guest:
    """A client of the run's socket by hand."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(60)


def started():
    run = Run("""
        queues: {q: {items: [a]}}
        processes: {p: {run: "echo $PARRUN_SOCKET; exec sleep 1000", produces: q, consumes: q}}
    """)
    path = run.wait_for(rb"(/\S+/socket)").group(1).decode()
    return run, path


def ended(run):
    run.signal(TERM)
    status, out, err = run.finish()
    check_status(status, died_of(TERM), out + err)
    check_nothing_left()


def test_a_client_that_announces_gigabytes():
    """It is refused as soon as it has said how many."""
    run, path = started()
    guest = Guest(path).socket
    guest.sendall(struct.pack("<IB", (2 << 30) - 1, 129) + 1000 * b"x")
    answer = guest.recv(4096)
    assert b"at most 64 MiB" in answer, answer
    ended(run)


def test_a_client_that_reads_no_answers():
    """Its requests wait with it: the runner keeps little of them, and serves others."""
    run, path = started()
    guest = Guest(path).socket
    request = frame(128, struct.pack("<I", VERSION) + text(b"") + text(b""))
    guest.sendall(request)
    guest.setblocking(False)
    flood = 1000 * frame(131, b"")  # TAKEN, answered by DONE
    other = Guest(path).socket
    other.sendall(request)
    sent = waits = 0
    while sent < 40 << 20 and waits < 100:
        try:
            sent += guest.send(flood)
            waits = 0
        except BlockingIOError:
            other.sendall(frame(131, b""))  # the runner has gone on once it has answered
            assert other.recv(5) == struct.pack("<IB", 1, 192)
            waits += 1
    assert waits and sent < 20 << 20 and peak_memory(run.runner()) < 64 << 10, (sent, peak_memory(run.runner()))
    ended(run)


def test_hundreds_of_silent_clients():
    """The run has its descriptors, who asks for something is served, and who is sent away is told why."""
    run, path = started()
    silent = [Guest(path) for _ in range(600)]
    speaker = Guest(path).socket
    speaker.sendall(frame(128, struct.pack("<I", VERSION) + text(b"") + text(b"")) + frame(131, b""))
    assert speaker.recv(5) == struct.pack("<IB", 1, 192)
    held = len(os.listdir(f"/proc/{run.runner()}/fd"))
    assert held < 600, held
    assert b"clients at once" in silent[0].socket.recv(4096)
    ended(run)
