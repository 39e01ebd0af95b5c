"""Headless Chromium, driven by WebDriver (and, for what that has no words for, by the DevTools protocol)."""
import base64
import contextlib
import json
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.request

from .parrun import PATIENCE

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


class Browser:
    """A browser that reaches no network; the end of `with` ends it."""

    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True)
        self.session = ""
        try:
            self.root = f"http://127.0.0.1:{self._port()}"
            options = {"goog:chromeOptions": {"args": ARGUMENTS},
                       "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                       "timeouts": {"script": PATIENCE * 1000, "pageLoad": PATIENCE * 1000}}
            made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
            self.session = f"/session/{made['sessionId']}"
        except BaseException:
            self.end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        self.end()

    def end(self):
        with contextlib.suppress(OSError, AssertionError):
            if self.session:
                self._call("DELETE", self.session)
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()

    def _port(self):
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                return found[1]
        raise AssertionError("chromedriver has not started")

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode(errors='replace')}") from None

    def command(self, path, body):
        return self._call("POST", self.session + path, body)

    def devtools(self, name, **parameters):
        return self.command("/goog/cdp/execute", {"cmd": name, "params": parameters})

    def open(self, path):
        self.command("/url", {"url": pathlib.Path(path).as_uri()})

    def run(self, script, *arguments):
        """The value that SCRIPT, the body of a function, returns; that of a promise is waited for."""
        return self.command("/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script):
        """Asks until SCRIPT returns something true, which is returned."""
        return self.until(lambda: self.run(script), script)

    def until(self, look, what):
        """Calls LOOK until it returns something true, which is returned; else it fails, and names WHAT never came."""
        deadline = time.monotonic() + PATIENCE
        while not (value := look()):
            assert time.monotonic() < deadline, f"never true: {what}\n{self.console()}"
            time.sleep(0.02)
        return value

    def console(self):
        """What the page has complained of since this was asked last."""
        return [entry["message"] for entry in self.command("/se/log", {"type": "browser"})]

    def requested(self):
        """The addresses that were asked for since this was asked last."""
        entries = self.command("/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in entries]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    # ---- how it looks ----

    def view(self, width, height, scheme="light", touch=False, scripts=True):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        self.devtools("Emulation.setTouchEmulationEnabled", enabled=touch)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},  # a page that still scrolls is nowhere in particular
        ])
        self.devtools("Emulation.setScriptExecutionDisabled", value=not scripts)

    def picture(self, path, whole=False):
        """Writes what is to be seen, or WHOLE, the page from its top to its end, as a PNG."""
        clip = {}
        if whole:
            size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"captureBeyondViewport": True, "clip": {**size, "scale": 1}}
        data = self.devtools("Page.captureScreenshot", format="png", **clip)["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))

    # ---- hands: places are those of the view ----

    def _mouse(self, kind, x, y, **more):
        self.devtools("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def move(self, x, y):
        self._mouse("mouseMoved", x, y)

    def click(self, x, y):
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self._mouse(kind, x, y, button="left", clickCount=1)

    def wheel(self, x, y, down):
        self._mouse("mouseWheel", x, y, deltaX=0, deltaY=down)

    def touch(self, kind, *points):
        """KIND is Start, Move or End; POINTS are those of the fingers that are down."""
        self.devtools("Input.dispatchTouchEvent", type=f"touch{kind}",
                      touchPoints=[{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)])

    def press(self, key):
        text = {"text": key} if len(key) == 1 else {}
        self.devtools("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.devtools("Input.dispatchKeyEvent", type="keyUp", key=key)

    def write(self, text):
        self.devtools("Input.insertText", text=text)
