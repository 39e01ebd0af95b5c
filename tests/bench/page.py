"""How soon the page of a run of many tasks is there in a browser, and how smoothly it is looked at."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from harness.browser import Browser

PARRUN = os.environ["PARRUN"]
TASKS = 1_000_000
SCENARIO = f"pools: {{p: {{workers: 4, tasks: {TASKS}, lua: 'return nil'}}}}\n"
WORK = f"the page of {TASKS:,} tasks, in Chromium without a screen"

# Each step is drawn whole before the next: the time is the page's own work, without the screen's pace.
ZOOM = """
    const line = report.timeline, taken = [];
    for (let step = 0; step < 30; step++) {
        const middle = line.end * 0.4, half = line.end / 2 / 1.4 ** step, before = performance.now();
        line.look(Math.max(0, middle - half), Math.min(line.end, middle + half));
        line.draw();
        taken.push(performance.now() - before);
    }
    return taken;
"""


def rows():
    if not shutil.which("chromedriver"):
        print("page: chromedriver is not installed (make deps-test)", file=sys.stderr)
        return
    pathlib.Path("page.yaml").write_text(SCENARIO)
    subprocess.run([PARRUN, "--log", "page.log", "--report", "page.html", "page.yaml"], check=True, stdout=subprocess.DEVNULL)
    page = pathlib.Path("page.html").resolve()
    yield {"bench": "page", "work": WORK, "side": "the file", "peak_kib": page.stat().st_size / 1024}
    ready, steps = [], []
    with Browser() as browser:
        for _ in range(5):
            began = time.monotonic()
            browser.open(page)
            browser.wait("return document.documentElement.dataset.ready")
            ready.append((time.monotonic() - began) * 1000)
            steps += browser.run(ZOOM)
    yield {"bench": "page", "work": WORK, "side": "ready for a hand", "wall_ms": statistics.median(ready)}
    yield {"bench": "page", "work": WORK, "side": "a step of zoom", "wall_ms": statistics.median(steps)}
    yield {"bench": "page", "work": WORK, "side": "a step of zoom, p95", "wall_ms": sorted(steps)[int(len(steps) * 0.95)]}
