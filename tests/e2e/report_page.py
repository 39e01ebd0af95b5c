"""The HTML report in a browser: one is started for all of it."""
from e2e.report import HOSTILE, ITEMS, make
from harness.browser import Browser
from harness.parrun import Directory, mark
from harness.paths import BUILD

PICTURES = BUILD / "report"


def rows(browser):
    """The names in the table of everything, once it has what was asked for."""
    browser.wait("return report.tasks.done === report.tasks.turn")
    return browser.run("return [...document.querySelectorAll('#tasks tbody button')].map(one => one.textContent)")


def place_of(browser, span):
    """Where in the view the middle of a bar is."""
    return browser.run("""
      const { timeline, data } = report, span = arguments[0];
      timeline.canvas.scrollIntoView({ behavior: "instant", block: "center" });
      timeline.draw();
      const box = timeline.canvas.getBoundingClientRect();
      return [box.left + timeline.x(data.began[span] + data.took[span] / 2),
              box.top + timeline.laneY(data.lane[span]) + timeline.laneHeight / 2];""", span)


def find_task(browser, pool, number):
    """The last try of a task."""
    return browser.run("""
      const { data } = report;
      let found = -1;
      for (let i = 0; i < data.count; i++)
        if (data.nameOf(i) === arguments[0] && (found < 0 || data.attempt[i] > data.attempt[found]))
          found = i;
      return found;""", f"{pool} {number}")


def hover(browser, span, script):
    """Moves over a bar until SCRIPT returns something true, and returns where that was. The bar is looked for each time: what was
    clicked before may scroll the page later on (a row that "Show more" has added takes the focus)."""
    def moved():
        x, y = place_of(browser, span)
        browser.move(x - 1, y)
        browser.move(x, y)
        return browser.run(script) and (x, y)
    return browser.until(moved, script)


def seen_span(browser):
    return browser.run("return report.timeline.to - report.timeline.from")


def check_clean(browser):
    assert browser.console() == []
    assert not browser.run("return window.hacked")


def check_nothing_is_loaded(browser, page):
    wanted = [address for address in browser.requested() if not address.startswith(("data:", "blob:"))]
    assert set(wanted) <= {page.as_uri()}, wanted


def check_hostile(browser):
    """Each item is text where it stands, and has made no element."""
    browser.run("document.querySelector('[data-filter=all]').click()")
    rows(browser)
    shown = browser.run("return [...document.querySelectorAll('#tasks tbody code')].map(one => one.textContent)")
    while browser.run("const more = report.tasks.more; if (!more.hidden) { document.activeElement.blur(); more.click(); }"
                      "return !more.hidden"):
        browser.wait("return report.tasks.body.contains(document.activeElement)")  # the focus scrolls the page
    browser.wait("return document.querySelectorAll('#tasks tbody tr').length === report.tasks.found.length")
    shown = browser.run("return [...document.querySelectorAll('#tasks tbody code')].map(one => one.textContent)")
    assert set(ITEMS) <= set(shown), set(ITEMS) - set(shown)
    assert browser.run("return document.querySelectorAll('img, svg [onload], main script').length") == 0


def check_click(browser):
    """A click on a bar opens what is known of the task."""
    span = find_task(browser, "build", 20)
    browser.run("report.timeline.look(report.data.began[arguments[0]] - 1000, "
                "report.data.began[arguments[0]] + report.data.took[arguments[0]] + 1000)", span)
    x, y = hover(browser, span, "return !report.timeline.tip.hidden && report.timeline.tip.textContent.includes('exit code 3')")
    browser.click(x, y)
    browser.wait("return !report.detail.panel.hidden && report.detail.span === " + str(span))
    text = browser.run("return report.detail.panel.innerText")
    for words in ("Task 20 of build", HOSTILE[0], "exit code 3", "no such <type>", "failed", "retried"):
        assert words in text, (words, text)
    assert browser.run("return report.detail.panel.querySelectorAll('tbody tr').length") == 2
    browser.run("report.detail.close.click()")
    assert browser.run("return report.detail.panel.hidden")


def check_zoom(browser):
    browser.run("report.timeline.look(0, report.timeline.end)")
    whole = seen_span(browser)
    x, y = place_of(browser, 0)
    browser.run("document.activeElement.blur()")
    browser.wheel(x, y, -200)  # the page's, as nobody has chosen the timeline
    assert seen_span(browser) == whole
    x, y = place_of(browser, 0)
    browser.run("report.timeline.canvas.focus({ preventScroll: true })")
    browser.wheel(x, y, -200)
    browser.wait(f"return report.timeline.to - report.timeline.from < {whole} * 0.9")
    near = seen_span(browser)
    browser.press("+")
    browser.wait(f"return report.timeline.to - report.timeline.from < {near} * 0.6")
    browser.run("report.timeline.look(0, report.timeline.end / 2)")
    browser.press("ArrowRight")
    browser.wait("return report.timeline.from > 0")
    browser.press("0")
    browser.wait(f"return report.timeline.to - report.timeline.from === {whole}")
    browser.press("n")
    browser.wait("return report.data.state[report.timeline.selected] === 1")
    browser.press("Enter")
    browser.wait("return document.activeElement === report.detail.title")
    browser.press("Escape")
    browser.wait("return document.activeElement === report.timeline.canvas")


def search(browser, text):
    browser.run("const { field } = report.tasks; field.value = arguments[0]; field.dispatchEvent(new Event('input'));"
                "window.asked = report.tasks.turn;", text)
    browser.wait("return report.tasks.turn > window.asked && report.tasks.done === report.tasks.turn")
    return rows(browser)


def check_search(browser):
    browser.run("document.querySelector('[data-filter=all]').click()")
    assert search(browser, "FILE-07") == ["build 7"]
    assert sorted(search(browser, "exit code 3")) == ["build 20", "build 20", "build 21", "build 21"]
    assert search(browser, "nowhere") == []
    browser.run("document.querySelector('[data-filter=failed]').click()")
    assert sorted(search(browser, "")) == ["build 20", "build 21", "server"]


def check_sorts(browser):
    browser.run("document.querySelector('[data-filter=all]').click()")
    for key, name in (("took", "Took"), ("began", "Began at")):
        for _ in range(2):
            browser.run("[...document.querySelectorAll('#tasks th button')].find(one => one.textContent === "
                        f"'{name}').click()")
            rows(browser)
            order = browser.run(f"return [...report.tasks.found].map(span => report.data.{key}[span])")
            down = browser.run("return report.tasks.down")
            assert order == sorted(order, reverse=down), (key, down)
    browser.run("document.querySelector('#slowest th button').click()")
    cells = browser.run("return [...document.querySelectorAll('#slowest tbody tr')].map(row => row.cells[0].textContent)")
    assert cells == sorted(cells)


def check_touch(browser):
    browser.run("report.detail.close.click(); report.timeline.look(0, report.timeline.end)")
    whole = seen_span(browser)
    x, y = place_of(browser, 0)
    x = browser.run("return report.timeline.gutter + report.timeline.width / 2")
    browser.touch("Start", (x - 20, y))
    browser.touch("Start", (x - 20, y), (x + 20, y))
    for far in (30, 45, 60):
        browser.touch("Move", (x - far, y), (x + far, y))
    browser.touch("End")
    browser.wait(f"return report.timeline.to - report.timeline.from < {whole} * 0.6")
    before = browser.run("return report.timeline.from")
    browser.touch("Start", (x + 60, y))
    for left in (40, 10, -30, -60):
        browser.touch("Move", (x + left, y))
    browser.touch("End")
    browser.wait(f"return report.timeline.from > {before}")


def check_accessible(browser):
    """No serious fault that axe finds."""
    browser.run((BUILD / "axe.min.js").read_text() + "\nreturn true")
    found = browser.run("return axe.run().then(found => found.violations.map(one => ({ id: one.id, impact: one.impact, "
                        "nodes: one.nodes.map(node => node.html.slice(0, 200)) })))")
    assert not [one for one in found if one["impact"] in ("serious", "critical")], found


def check_fits(browser):
    """The page itself has nothing to scroll sideways."""
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")


def open_page(browser, page, *view, **more):
    browser.view(*view, **more)
    browser.open(page)
    browser.wait("return document.documentElement.dataset.ready")


@mark("release")
def test_in_a_browser():
    directory = Directory()
    page = make(directory)
    with Browser() as browser:
        for name, view in (("1280x800", (1280, 800)), ("390x844", (390, 844))):
            for scheme in ("light", "dark"):
                open_page(browser, page, *view, scheme=scheme, touch=view[0] == 390)
                check_fits(browser)
                check_accessible(browser)
                browser.picture(PICTURES / f"{name}-{scheme}.png", whole=True)
                browser.run("report.timeline.choose(report.data.failures[0])")
                browser.wait("return !report.detail.panel.hidden")
                check_accessible(browser)
                browser.run("document.getElementById('timeline').scrollIntoView({ behavior: 'instant' })")
                browser.picture(PICTURES / f"{name}-{scheme}-task.png")
                check_clean(browser)
        check_touch(browser)
        open_page(browser, page, 1280, 800)
        for check in (check_hostile, check_click, check_zoom, check_search, check_sorts, check_clean):
            check(browser)
        browser.view(1280, 800, scripts=False)
        browser.open(page)
        browser.picture(PICTURES / "no-script.png", whole=True)
        check_nothing_is_loaded(browser, page)
