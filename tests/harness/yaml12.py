"""YAML read by an independent reader, with the scalars of YAML 1.2's core schema and keys as text."""
import re

import yaml

# The first pattern that a plain scalar matches says what it is.
SCALARS = [(re.compile(pattern), make) for pattern, make in (
    (r"(~|null|Null|NULL|)$", lambda text: None),
    (r"(true|false)$", lambda text: text == "true"),
    (r"[-+]?(0|[1-9][0-9]*)$", int),
    (r"0o[0-7]+$", lambda text: int(text, 8)),
    (r"0x[0-9a-fA-F]+$", lambda text: int(text, 16)),
    (r"[-+]?[0-9]{2,}$", str),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", float),
)]


PLAIN = "!plain"


def scalar(node):
    if node.tag in ("!", "tag:yaml.org,2002:str"):
        return node.value
    return next((make(node.value) for pattern, make in SCALARS if pattern.match(node.value)),
                node.value)


def pairs(node):
    """The pairs of a mapping; what a merge key brings stands first, so that its own win."""
    merged, own = [], []
    for key, value in node.value:
        if key.value == "<<" and key.tag == PLAIN:
            sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for source in reversed(sources):
                merged += pairs(source)
        else:
            own.append((key, value))
    return merged + own


def value(node):
    if isinstance(node, yaml.ScalarNode):
        return scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [value(item) for item in node.value]
    return {str(key.value): value(item) for key, item in pairs(node)}


def load(text):
    """The value of a document; yaml.YAMLError where it is none."""
    class Loader(yaml.SafeLoader):
        """Marks plain scalars: what they are is worked out above."""
        yaml_implicit_resolvers = {None: [(PLAIN, re.compile(""))]}
    node = yaml.compose(text, Loader)
    return None if node is None else value(node)
