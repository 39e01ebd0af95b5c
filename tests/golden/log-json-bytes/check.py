import base64
import json
got = b""
for line in open("stdout.raw"):
    event = json.loads(line)
    got += base64.b64decode(event["base64"]) if "base64" in event else event["line"].encode()
    got += b"\n"
assert got == open("in.bin", "rb").read(), got
