"""A coprocess in Python that speaks JSON: counts the words of a text.

Reads an object a line, {"name": ..., "text": ...}, and answers with one. What takes long to load is
loaded once, before the first line. A text that cannot be counted is told of as an error: its task
fails, and the program goes on with the next.
"""
import json
import re
import sys

WORD = re.compile(r"\w+")


def count(item):
    words = WORD.findall(item["text"].lower())
    return {"name": item["name"], "words": len(words), "longest": max(words, key=len, default="")}


for line in sys.stdin:
    try:
        answer = count(json.loads(line))
    except (KeyError, TypeError, ValueError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
