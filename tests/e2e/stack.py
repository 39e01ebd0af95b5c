"""A stack of services as people run it: in the background, steered under a load of jobs, of which none is lost."""
import contextlib
import http.client
import shutil
import subprocess
import threading
import time

from e2e.control_words import World, own_rows
from harness.parrun import PATIENCE, PROGRAM, check_nothing_left, held_port, mark, until
from harness.paths import ROOT


class Load(threading.Thread):
    """Posts one job after another until it is told to stop; what is refused is posted again."""

    def __init__(self, port):
        super().__init__()
        self.port = port
        self.posted = []
        self.refused = 0
        self.over = threading.Event()
        self.fault = None

    def post(self, job):
        api = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            api.request("POST", "/", job)
            return api.getresponse().status == 200
        finally:
            api.close()

    def run(self):
        deadline = time.monotonic() + PATIENCE
        while not self.over.is_set():
            job = f"j{len(self.posted)}"
            try:
                accepted = self.post(job)
            except (OSError, http.client.HTTPException) as fault:
                accepted, self.fault = False, fault
            if accepted:
                self.posted.append(job)
                deadline = time.monotonic() + PATIENCE
            else:
                self.refused += 1
                if time.monotonic() > deadline:
                    return
            time.sleep(0.03)


class Stack(World):
    def __init__(self):
        super().__init__()
        self.here = self.place.path
        (self.here / "redis-server").symlink_to(shutil.which("redis-check-rdb"))  # Debian's redis-tools hold the server under this name
        self.env["PATH"] = f"{self.here}:{self.env['PATH']}"
        self.env["XDG_STATE_HOME"] = str(self.here / "state")
        self.held = [held_port(), held_port()]
        self.port, self.api = (port for _, port in self.held)

    def redis(self, *words):
        said = subprocess.run(["redis-cli", "-p", str(self.port), *words], env=self.env, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        return said.stdout.split()

    def done(self):
        return int(self.redis("llen", "done")[0])

    def tell(self, *words):
        said = self.say(*words, cwd=self.here)
        logs = [path.read_text()[-4000:] for path in self.here.glob("state/parrun/*.log")]
        assert said.returncode == 0, (said, *logs)

    def row(self, name):
        row, = own_rows(self.say("status", "--json", name))
        return row


@mark("release")
def test_a_stack_under_load():
    stack = Stack()
    stack.tell("run", "-d", str(ROOT / "examples/stack.yaml"), f"port={stack.port}", f"api={stack.api}",
               f"db={stack.here}/jobs.db")
    follower = subprocess.Popen([PROGRAM, "logs", "-f", "api", "watch"], env=stack.env, cwd="/", stdout=subprocess.PIPE, text=True)
    load = Load(stack.api)
    load.start()
    until(stack.done, "a job that is done")
    for _ in range(2):
        before = stack.row("api")["pid"], len(load.posted)
        stack.tell("restart", "api")
        assert stack.row("api")["pid"] != before[0]
        until(lambda: len(load.posted) > before[1] + 5 or not load.is_alive(), "jobs for the next life")
    for workers in (6, 1):
        stack.tell("scale", f"work={workers}")
        more = stack.done() + 5
        until(lambda: stack.done() >= more, "jobs that are done by these workers")
    stack.tell("pause", "work")
    stack.tell("wait", "--until", "idle", "work")
    paused, posted = stack.done(), len(load.posted)
    until(lambda: len(load.posted) > posted + 5 or not load.is_alive(), "jobs for a pool that is paused")
    assert stack.done() == paused
    stack.tell("resume", "work")
    until(lambda: stack.done() > paused, "jobs that are done after the pause")
    load.over.set()
    load.join()
    assert load.posted and stack.row("work")["failed"] == 0, (load.refused, load.fault)
    stack.tell("stop", "--drain")
    out = follower.communicate(timeout=PATIENCE)[0]
    check_nothing_left()
    assert follower.returncode == 0 and out.count("api | listens\n") == 3 and "watch | done: " in out, out
    count_jobs(stack, load.posted)


def count_jobs(stack, posted):
    """Each that was accepted is done once, or still waits in one of the lists that the server has kept."""
    server = subprocess.Popen(["redis-server", "--port", str(stack.port), "--bind", "127.0.0.1"], cwd=stack.here, env=stack.env,
                              stdout=subprocess.DEVNULL)
    until(lambda: stack.redis("ping") == ["PONG"], "the server")
    lists = {name: stack.redis("lrange", name, "0", "-1") for name in ("jobs", "taken", "done")}
    stack.redis("shutdown", "nosave")
    assert server.wait(PATIENCE) == 0
    everything = sorted(sum(lists.values(), []))
    assert everything == sorted(posted), (set(posted) ^ set(everything), {name: len(jobs) for name, jobs in lists.items()})
    for held, _ in stack.held:
        with contextlib.closing(held):
            pass
    check_nothing_left()
