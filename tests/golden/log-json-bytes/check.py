import base64
import json
got = b""
for line in open("stdout.raw"):
    event = json.loads(line)
    coded = event.get("line_base64")
    got += base64.b64decode(coded) if coded else event["line"].encode()
    got += b"\n"
assert got == open("in.bin", "rb").read(), got
