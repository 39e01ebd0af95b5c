#!/usr/bin/env python3
"""Scenario files of many shapes, each of any size, and how long the program takes to check them.

    tests/bench/shapes.py PROGRAM [COUNT]    checks each with COUNT things in it (1000), and with ten times as many
"""
import os
import subprocess
import sys
import tempfile

# Ten times the size may take so many times the time.
RATIO_MOST = 12
# Seconds of processor time after which a file is given up.
PATIENCE = 60

# What takes so little time is measured so many times: the least counts.
FEW_BYTES, TURNS = 200_000, 5

HEAD = "processes:\n"


def lines(head, line, count):
    return head + "".join(line.format(n=n) for n in range(count))


def processes(count):
    return lines(HEAD, "  p{n}: {{run: echo {n}}}\n", count)


def processes_blocks(count):
    return lines(HEAD, "  p{n}:\n    run: echo {n}\n    env:\n      A: b\n    stop: {{grace: 5s}}\n", count)


def depends_chain(count):
    return processes(1) + lines("", "  q{n}: {{run: echo, depends_on: p0}}\n", count)


def depends_list(count):
    """A few processes that each depend on very many."""
    return processes(count) + "".join(
        f"  all{n}: {{run: echo, depends_on: [{', '.join(f'p{m}' for m in range(count))}]}}\n" for n in range(3))


def depends_square(count):
    """As many on as many: the file itself grows with the square."""
    side = max(2, int((count / 2) ** 0.5))
    names = ", ".join(f"p{m}" for m in range(side))
    return processes(side) + lines("", f"  q{{n}}: {{{{run: echo, depends_on: [{names}]}}}}\n", side)


def depends_unknown(count):
    return lines(HEAD, "  p{n}: {{run: echo, depends_on: nobody{n}}}\n", count)


def queues(count):
    return lines("queues:\n", "  q{n}: {{}}\n", count) + processes(1)


def queues_used(count):
    return lines("queues:\n", "  q{n}: {{}}\n", count) + lines(
        HEAD, "  a{n}: {{run: echo, stdout: {{queue: q{n}}}}}\n  b{n}: {{run: cat, stdin: {{queue: q{n}}}}}\n", count)


def wrong_keys(count):
    return HEAD + "  p:\n    run: echo\n" + lines("", "    wrong{n}: 1\n", count)


def wrong_values(count):
    return lines(HEAD, "  p{n}: {{run: echo, timeout: long}}\n", count)


def wrong_kinds(count):
    return lines("", "thing{n}: 1\n", count)


def names_twice(count):
    return lines(HEAD, "  p: {{run: echo {n}}}\n", count)


def names_taken(count):
    return processes(count) + lines("threads:\n", "  p{n}: {{lua: print(1)}}\n", count)


def templates(count):
    return HEAD + "  p:\n    run: |\n" + lines("", "      echo ${{{{ vars.a }}}}\n", count) + "vars: {a: 1}\n"


def templates_wrong(count):
    return HEAD + "  p:\n    run: |\n" + lines("", "      echo ${{{{ nothing{n} }}}}\n", count)


def templates_unclosed(count):
    return HEAD + "  p:\n    run: |\n" + lines("", "      echo ${{{{ a\n", count)


def here_documents(count):
    return HEAD + "  p:\n    run: |\n" + lines("", "      cat <<E{n}\n      $a ${{{{ vars.a }}}}\n      E{n}\n", count) + \
        "vars: {a: 1}\n"


def quotes_open(count):
    return HEAD + "  p:\n    run: |\n" + lines("", "      echo 'a \"b ${{{{ vars.a }}}}\n", count) + "vars: {a: 1}\n"


def env(count):
    return HEAD + "  p:\n    run: echo\n    env:\n" + lines("", "      A{n}: value {n}\n", count)


def variables(count):
    return lines("vars:\n", "  v{n}: {n}\n", count) + processes(1)


def items(count):
    return "pools:\n  p:\n    run: echo\n    tasks:\n" + lines("", "      - item {n}\n", count)


def items_flow(count):
    return "pools: {p: {run: echo, tasks: [" + ", ".join(str(n) for n in range(count)) + "]}}\n"


def items_tables(count):
    return "pools:\n  p:\n    run: echo\n    tasks:\n" + lines("", "      - {{a: {n}, b: [1, 2]}}\n", count)


def matrix(count):
    return "pools:\n  p:\n    run: echo\n    tasks: {matrix: {a: [" + ", ".join(str(n) for n in range(count)) + "]}}\n"


def comments(count):
    return processes(1) + lines("", "# a comment {n}\n", count)


def blank_lines(count):
    return processes(1) + "\n" * (count * 10)


def long_text(count):
    return HEAD + "  p: {run: '" + "echo a; " * (count * 2) + "'}\n"


def long_block(count):
    return HEAD + "  p:\n    run: |\n" + "      echo a\n" * count


def lua_body(count):
    return "threads:\n  t:\n    lua: |\n" + lines("", "      local function f{n}() return {n} end f{n}()\n", min(count, 150)) + \
        lines("", "      print({n})\n", count)


def threads(count):
    return lines("threads:\n", "  t{n}: {{lua: print(1)}}\n", count)


def tabs(count):
    return HEAD + lines("", "\tp{n}: 1\n", count)


def anchors(count):
    return "x-a: &a {run: echo}\n" + lines(HEAD, "  p{n}: {{<<: *a}}\n", min(count, 3000))


def nested(count):
    return lines(HEAD, "  p{n}: {{run: echo, ready: {{tcp: 80, interval: 1s}}, restart: {{on: failure, max: 3}}}}\n", count)


def pools(count):
    return lines("pools:\n", "  p{n}: {{run: 'echo ${{{{{{ item }}}}}}', tasks: [a, b]}}\n", count)


SHAPES = [processes, processes_blocks, depends_chain, depends_list, depends_square, depends_unknown, queues, queues_used,
          wrong_keys, wrong_values, wrong_kinds, names_twice, names_taken, templates, templates_wrong, templates_unclosed,
          here_documents, quotes_open, env, variables, items, items_flow, items_tables, matrix, comments, blank_lines,
          long_text, long_block, lua_body, threads, tabs, anchors, nested, pools]


# A process takes over the peak of the one that it is forked from: so it is a small one, and not this, that does it.
CHECK = """
import os, resource, sys
child = os.fork()
if not child:
    null = os.open("/dev/null", os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
    os.execv(sys.argv[2], [sys.argv[2], "check", sys.argv[3]])
_, status, used = os.wait4(child, 0)
if not os.WIFSIGNALED(status):
    print(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
"""


def check(program, path):
    """CPU seconds and the peak in bytes; None where it was given up."""
    said = subprocess.run([sys.executable, "-S", "-E", "-c", CHECK, str(PATIENCE), program, path],
                          stdout=subprocess.PIPE, check=True, text=True).stdout.split()
    return (float(said[0]), int(said[1])) if said else None


def measure(program, path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    took = [check(program, path) for _ in range(TURNS if len(text) < FEW_BYTES else 1)]
    return min(took) if all(took) else None


def main(program, count=1000):
    over = 0
    print(f"{'shape':20} {'size':>9} {'seconds':>9} {'MB/s':>7} {'memory':>8} {'10 x':>6}")
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/scenario.yaml"
        rest = measure(program, path, processes(1))  # what the program takes whatever the file is
        for shape in SHAPES:
            small, large = (shape(count * factor) for factor in (1, 10))
            few, many = (measure(program, path, text) for text in (small, large))
            if not many or not few:
                print(f"{shape.__name__:20} given up after {PATIENCE} s")
                over += 1
                continue
            share = max(few[0] - rest[0], 0.001) / len(small)
            ratio = 10 * (many[0] - rest[0]) / len(large) / share
            over += ratio > RATIO_MOST
            print(f"{shape.__name__:20} {len(large) / 1e6:6.2f} MB {many[0]:7.2f} s {len(large) / 1e6 / many[0]:7.1f} "
                  f"{(many[1] - rest[1]) / len(large):6.1f} x {ratio:6.1f}", flush=True)
    print(f"{len(SHAPES)} shapes, {over} beyond {RATIO_MOST} times the time for ten times the size")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
