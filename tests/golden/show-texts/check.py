import yaml
read = yaml.safe_load(open("stdout.raw"))
texts = {name: value for name, value in read["vars"].items() if name not in "gjkl"}
assert all(isinstance(value, str) for value in texts.values()), texts
assert read["processes"]["p"]["exec"] == ["echo", "True", "Yes", "plain"], read
