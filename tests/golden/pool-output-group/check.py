text = open("stdout.raw").read()
assert "a 1\na 2\n" in text and "b 1\nb 2\n" in text, text
