"""Workers are given short tasks ahead: what waits behind a long one is not left there."""
from harness.parrun import Directory, amount, check_nothing_left, check_status, complete


def test_what_waits_behind_a_long_task_goes_to_another_worker():
    """Task 0 waits for the others, of which one was given to its worker when they had proved short."""
    for turn in range(amount(8, 30)):
        directory = Directory()
        directory.fifo("last")
        status, out, err = complete("""
            pools:
              p:
                workers: 2
                tasks: 4
                run: |
                  case ${{ item }} in 0) read line <last ;; 3) echo >last ;; esac
        """, directory=directory)
        check_status(status, 0, f"turn {turn}\n".encode() + out + err)
    check_nothing_left()


def test_no_task_begins_after_a_halt():
    for turn in range(10):
        directory = Directory()
        complete("""
            pools:
              p:
                workers: 1
                tasks: 40
                halt: {failures: 1, how: soon}
                run: echo ${{ item }} >>begun; test ${{ item }} != 20
        """, directory=directory)
        begun = (directory.path / "begun").read_text().split()
        assert begun == [str(n) for n in range(21)], (turn, begun)
    check_nothing_left()
