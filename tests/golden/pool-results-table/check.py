import csv


def table(path, separator=","):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=separator, strict=True))
    for row in rows:
        assert float(row.pop("seconds")) >= 0 and row.pop("memory").isdigit() >= 0, row
        assert None not in row and None not in row.values(), row
    return rows


def filled(row):
    return {name: value for name, value in row.items() if value}


PEOPLE = "index,name,n,item.exit,item.item,exit,seconds,output,attempt,signal,reason,memory,state,other\n"
assert open("deep/people.csv", newline="").read().startswith(PEOPLE)
people = table("deep/people.csv")
assert [row["output"] for row in people] == [f"{n}\n\ufffd\r" for n in range(6)], people
assert [filled(row) for row in people] == [
    {"index": "0", "name": "a,b", "n": "1", "item.exit": "x", "item.item": "y", "exit": "0", "attempt": "1", "state": "succeeded",
     "output": "0\n\ufffd\r", "other": '{"output_base64":"MAr/DQ=="}'},
    {"index": "1", "name": 'q"uote', "exit": "0", "attempt": "1", "state": "succeeded", "output": "1\n\ufffd\r",
     "other": '{"output_base64":"MQr/DQ=="}'},
    {"index": "2", "name": "line\nend", "n": "2.5", "exit": "0", "attempt": "1", "state": "succeeded", "output": "2\n\ufffd\r",
     "other": '{"more":[1,{"a":2}],"output_base64":"Mgr/DQ=="}'},
    {"index": "3", "exit": "1", "attempt": "2", "state": "allowed", "output": "3\n\ufffd\r",
     "other": '{"item":"plain","output_base64":"Mwr/DQ=="}'},
    {"index": "4", "exit": "0", "attempt": "1", "state": "succeeded", "output": "4\n\ufffd\r",
     "other": '{"item.1":1,"item.2":2,"output_base64":"NAr/DQ=="}'},
    {"index": "5", "exit": "0", "attempt": "1", "state": "succeeded", "output": "5\n\ufffd\r",
     "other": '{"na\\tme":1,"1":2,"output_base64":"NQr/DQ=="}'},
], people
assert '1,"q""uote",,"",,0,' in open("deep/people.csv", newline="").read()  # an empty text is none that is not there
lists = table("lists.tsv", "\t")
assert lists[1].pop("reason").startswith("x\ty"), lists
assert [filled(row) for row in lists] == [
    {"index": "0", "item.1": "=1", "item.2": "a\tb", "exit": "0", "attempt": "1", "state": "succeeded", "result": '{"text":"=1a\tb"}'.replace("\t", "\\t")},
    {"index": "1", "item.1": "c", "attempt": "1", "state": "allowed"},
], lists
assert [filled(row) for row in table("batches.csv")] == [
    {"index": "0", "item": "[0,1]", "exit": "0", "errors": "0\n", "attempt": "1", "state": "succeeded"},
    {"index": "1", "item": "[2]", "exit": "0", "errors": "2\n", "attempt": "1", "state": "succeeded"},
]
assert open("none.csv").read() == ""
