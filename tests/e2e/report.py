"""The HTML report: what it says without a script, and what it does in a browser."""
import html.parser
import json
import re
import subprocess

from harness.parrun import PATIENCE, PROGRAM, Directory, Run, check_status, complete

HOSTILE = ["</script><img src=x onerror=\"window.hacked=1\">", "<script>window.hacked=2</script>",
           "' onmouseover='window.hacked=3", "]]><!-- <svg onload=window.hacked=4>", "&lt;b&gt; &amp;",
           "line\u2028separator\u2029s", "\u202egnp.exe"]

ITEMS = [f"file-{number:02}.c" for number in range(20)] + HOSTILE

# Two of HOSTILE fail, with an output in red.
SCENARIO = """
name: nightly & <co>
queues:
  found: {capacity: 3}
processes:
  server: {run: "echo listening on 8080; exit 7"}
  scan:
    run: "for i in 1 2 3 4; do echo $i; done"
    stdout: {queue: found}
pools:
  build:
    workers: 3
    retry: {attempts: 2, delay: 1ms}
    tasks: ITEMS
    run: |
      echo compiling ${{ item }}
      case ${{ item }} in *hacked=[12]*) printf '\\033[31mno such <type>\\033[0m\\n'; exit 3 ;; esac
  use:
    workers: 2
    tasks: {queue: found}
    run: "true ${{ item }}"
    depends_on: {build: completed}
threads:
  watch: {lua: "print('watching')"}
""".replace("ITEMS", json.dumps(ITEMS))


def make(directory, *arguments):
    """The report of SCENARIO, which fails."""
    status, out, err = complete(SCENARIO, "--report", "report.html", *arguments, directory=directory)
    check_status(status, 1, out + err)
    return directory.path / "report.html"


class Text(html.parser.HTMLParser):
    """What a reader without script and style sees, and every element that there is."""

    def __init__(self, page):
        super().__init__()
        self.text, self.tags, self.inside = "", [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag if tag in ("script", "style") else None

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if not self.inside:
            self.text += data


def words_of(page):
    return " ".join(Text(page).text.split())


def test_what_it_says_needs_no_script():
    directory = Directory()
    page = make(directory).read_text()
    seen = Text(page)
    text = words_of(page)
    for words in ("nightly & <co>", "Failed", "1 process failed, 2 tasks failed, 29 tasks done", "What failed first", "exit code 3",
                  "no such <type>", "Process server", "code 7", "Where the time went",
                  "Save the page and open it from the disk"):
        assert words in text, (words, text)
    for item in HOSTILE[:2]:
        assert item in text, item
    assert "\033" not in page and "\u2028" not in page[page.index("<script"):]
    tags = [tag for tag, _ in seen.tags]
    assert "img" not in tags and "svg" not in tags and "noscript" not in tags
    assert not [(tag, name) for tag, attributes in seen.tags for name in attributes if name.startswith("on")]
    assert tags.count("script") == 3 and text.index("Failed") < text.index("What failed first") < text.index("Slowest")
    for tag, attributes in seen.tags:  # nothing is loaded
        assert "src" not in attributes and attributes.get("href", "data:").startswith("data:"), (tag, attributes)
    assert not re.search(r"url\((?!#)|@import|fetch\(", page)


def test_a_record_gives_the_same_report():
    directory = Directory()
    page = make(directory, "--record", "run.jsonl.gz")
    for output in (["-o", "again.html"], []):
        ended = subprocess.run([PROGRAM, "report", "run.jsonl.gz", *output], cwd=directory.path, capture_output=True,
                               timeout=PATIENCE, check=False)
        assert (ended.returncode, ended.stderr) == (0, b""), ended
        again = (directory.path / "again.html").read_bytes() if output else ended.stdout
        assert again == page.read_bytes()


def test_a_run_that_was_cut_off():
    directory = Directory()
    make(directory, "--record", "run.jsonl")
    lines = (directory.path / "run.jsonl").read_bytes().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b'"task.started"' in line and b'"build"' in line)
    directory.file("cut.jsonl", b"".join(lines[:at + 1]) + b'{"time":"20')
    ended = subprocess.run([PROGRAM, "report", "cut.jsonl", "-o", "cut.html"], cwd=directory.path, capture_output=True,
                           timeout=PATIENCE, check=False)
    text = words_of((directory.path / "cut.html").read_text())
    assert ended.returncode == 3, ended
    assert "Not ended" in text and "1 task begun and not known to have ended" in text, text


def test_the_page_says_that_the_run_goes_on():
    directory = Directory()
    directory.file("r.html", "<h1>Succeeded</h1>")
    run = Run("processes: {p: {run: 'echo up; until test -e go; do sleep 0.05; done'}}", "--report", "r.html",
              directory=directory)
    run.wait_for(b"p . up")
    text = words_of((directory.path / "r.html").read_text())
    assert "Not ended" in text and "Succeeded" not in text, text
    assert not (directory.path / "r.html.part").exists(), "a run that is killed would leave it"
    status, _, err = complete("processes: {p: {run: 'true'}}", "--report", "r.html", directory=directory)
    assert status == 2 and b"is writing it" in err, (status, err)
    directory.file("go", "")
    check_status(run.finish()[0], 0)
    text = words_of((directory.path / "r.html").read_text())
    assert "Succeeded" in text and "Not ended" not in text, text


def test_what_cannot_be_written():
    directory = Directory()
    scenario = "pools: {p: {tasks: 3, run: 'touch ran'}}"
    status, _, err = complete(scenario, "--report", "no/where.html", directory=directory)
    check_status(status, 2, err)
    assert b"write the report to" in err and not (directory.path / "ran").exists(), err
    status, _, err = complete(scenario, "--report", "/dev/full", directory=directory)
    check_status(status, 3, err)
    assert b"cannot write the report to '/dev/full'" in err and not (directory.path / "ran").exists(), err


def test_what_the_report_leaves_out_is_said():
    directory = Directory()
    page = directory.path / "r.html"
    status, _, err = complete("""
    pools:
      p: {tasks: 120, workers: 4, lua: 'print(string.rep(item .. "x", 3000)) error("no")'}
    """, "--report", page, directory=directory)
    check_status(status, 1, err)
    text = words_of(page.read_text())
    assert "of the first 100 of 120" in text and "parrun replay" in text, text
    assert page.stat().st_size < 1 << 20
