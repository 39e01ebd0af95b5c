"""The same work in Python's own library: python3 peers.py NAME [COUNT [CHUNK]]."""
import concurrent.futures
import multiprocessing
import multiprocessing.pool
import os
import struct
import sys
import threading
import time


def nothing(_item):
    return None


def tasks(count, chunk):
    """multiprocessing.Pool with two workers and COUNT empty tasks."""
    with multiprocessing.Pool(2) as pool:
        done = sum(1 for _ in pool.imap_unordered(nothing, range(count), chunk))
    assert done == count


def put(queue, count):
    for n in range(count):
        queue.put(n)
    queue.put(None)


def take(queue, count):
    taken = 0
    while queue.get() is not None:
        taken += 1
    assert taken == count


def messages(count, _chunk):
    """multiprocessing.Queue between two processes."""
    queue = multiprocessing.Queue(1000)
    both = [multiprocessing.Process(target=target, args=(queue, count)) for target in (put, take)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0


def put_dated(put, count):
    for _ in range(count):
        time.sleep(0.001)
        put(time.monotonic())


def latencies(put, get, count):
    """Prints the microseconds of COUNT messages that another process puts."""
    process = multiprocessing.Process(target=put_dated, args=(put, count))
    process.start()
    for _ in range(count):
        put_at = get()
        print((time.monotonic() - put_at) * 1e6)
    process.join()
    assert process.exitcode == 0


def queue_latency(count, _chunk):
    queue = multiprocessing.Queue()
    latencies(queue.put, queue.get, count)


def pipe_latency(count, _chunk):
    """The kernel's own, a time in each write."""
    out, into = os.pipe()
    latencies(lambda value: os.write(into, struct.pack("d", value)), lambda: struct.unpack("d", os.read(out, 8))[0], count)


def thread_pool(count, _chunk):
    with multiprocessing.pool.ThreadPool(2) as pool:
        assert sum(1 for _ in pool.imap_unordered(nothing, range(count))) == count


def futures(count, _chunk):
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        assert sum(1 for _ in executor.map(nothing, range(count))) == count


def threads(count, _chunk):
    """threading.Thread, COUNT of them started and joined."""
    for _ in range(count):
        thread = threading.Thread(target=nothing, args=(0,))
        thread.start()
        thread.join()


WORK = {"tasks": tasks, "messages": messages, "thread-pool": thread_pool, "futures": futures,
        "threads": threads, "queue-latency": queue_latency, "pipe-latency": pipe_latency}

if __name__ == "__main__":
    name, count, chunk = [*sys.argv[1:], "1"][:3]
    WORK[name](int(count), int(chunk))
