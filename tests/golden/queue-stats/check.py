import json
import pathlib

books = [e for e in map(json.loads, pathlib.Path("log.jsonl").read_text().splitlines()) if e["event"] == "queue.stats"]
assert len(books) >= 3, books
for book in books:
    assert book["put"] == book["taken"] + book.get("count", 0), book
assert [book["put"] for book in books] == sorted(book["put"] for book in books)
assert books[-1]["put"] == 11 and 0 < books[-1]["seconds"] < 300, books[-1]
