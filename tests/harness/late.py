"""Holds a test up between its own lines, at random: none may count on being as fast as what it watches."""
import os
import random
import sys
import threading
import time

from .paths import TESTS

HOW_OFTEN = 0.15
LONGEST = 0.4  # seconds
IN_ALL = 20  # seconds a test


class Delays:
    def __init__(self, seed):
        self.chance, self.left = random.Random(seed), IN_ALL

    def line(self, _frame, event, _value):
        if event == "line" and self.left > 0 and self.chance.random() < HOW_OFTEN:
            delay = self.chance.random() * LONGEST
            self.left -= delay
            time.sleep(delay)
        return self.line

    def call(self, frame, _event, _value):
        return self.line if frame.f_code.co_filename.startswith(str(TESTS)) else None


def hold_up(name):
    """From now on in this process, where LATE is set: its value and NAME say when."""
    if "LATE" in os.environ:
        delays = Delays(f"{os.environ['LATE']} {name}")
        threading.settrace(delays.call)
        sys.settrace(delays.call)
