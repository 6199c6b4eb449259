"""JSON Schemas of a project's YAML files, for editors: which keys there are, what each holds and what it is for.

In: the tables of keys that the readers look in. Out: one schema a kind of file, the same text each time, shipped as
`NAME.json` beside this module (`python -m segdsl.schemas` writes them). Promised: a file in which segdsl finds nothing
is valid. What a schema cannot say (names, types, the expression language) it lets pass.
"""

from __future__ import annotations

import json
from typing import Any, assert_never

from segdsl.grammar.files import CATALOG_KEYS, PROJECT_KEYS, TARGET_KEYS
from segdsl.grammar.keys import Condition, Either, Key, Keyed, Keys, Named, Nothing, One, Several, Shape
from segdsl.grammar.yaml_definitions import FILE_KEYS, JUNCTIONS
from segdsl.project import TARGET_TYPES
from segdsl.semantics.declare import TYPES

DRAFT = "https://json-schema.org/draft/2020-12/schema"
# Any value that is one: `title: 2026` is a text.
SCALAR = ["string", "number", "boolean"]
NOT_BLANK = r"\S"
DECIMAL = r"^decimal\s*\(\s*\d+\s*,\s*\d+\s*\)$"

Schema = dict[str, Any]


def _project_keys() -> Keys:
    """The keys of segdsl.yml, with the options that each type of target has."""
    forms = []
    for name, options in TARGET_TYPES.items():
        type_ = Key(One("name", choices=(name,)), TARGET_KEYS["type"].about, required=True)
        forms.append(Keyed({"type": type_, **options}))
    targets = Key(Named(Either(tuple(forms))), PROJECT_KEYS["targets"].about)
    return {**PROJECT_KEYS, "targets": targets}


FILES: dict[str, tuple[str, Keys]] = {
    "definitions": ("Definitions of a segdsl project", FILE_KEYS),
    "catalog": ("The catalog of a segdsl project", CATALOG_KEYS),
    "project": ("A segdsl project", _project_keys()),
}


def text(name: str) -> str:
    """The schema of one of `FILES`, as it is shipped."""
    title, keys = FILES[name]
    schema: Schema = {"$schema": DRAFT, "title": title, **_schema(Keyed(keys))}
    if name == "definitions":
        schema["$defs"] = {"condition": _condition()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(shape: Shape) -> Schema:
    match shape:
        case One():
            return _one(shape)
        case Several(item):
            return {"type": "array", "items": _schema(item), "minItems": 1}
        case Named(holds, filled=True):
            return {"type": "object", "additionalProperties": _schema(holds), "minProperties": 1}
        case Named(holds):
            return {"type": ["object", "null"], "additionalProperties": _schema(holds)}
        case Keyed():
            return _keyed(shape)
        case Condition():
            return {"$ref": "#/$defs/condition"}
        case Nothing():
            return {"type": "null"}
        case Either((only,)):
            return _schema(only)
        case Either(forms):
            return {"anyOf": [_schema(form) for form in forms]}
        case _:
            assert_never(shape)


def _one(shape: One) -> Schema:
    if shape.choices:
        return {"enum": list(shape.choices)}
    match shape.kind:
        case "text":
            return {"type": SCALAR}
        case "name" | "expression":
            return {"type": SCALAR, "pattern": NOT_BLANK}
        case "type":
            return {"anyOf": [{"enum": list(TYPES)}, {"type": "string", "pattern": DECIMAL}]}
        case "truth":
            return {"type": "boolean"}
        case "number":
            return {"type": "number"} if shape.least is None else {"type": "number", "minimum": shape.least}
        case _:
            assert_never(shape.kind)


def _keyed(shape: Keyed) -> Schema:
    required = [name for name, key in shape.keys.items() if key.required]
    schema: Schema = {
        "type": "object",
        "properties": {name: {"description": key.about, **_schema(key.holds)} for name, key in shape.keys.items()},
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required
    if shape.one_of:
        schema["oneOf"] = [_present(name, shape.keys[name]) for name in shape.one_of]
    if shape.apart:
        schema["not"] = {"required": list(shape.apart)}
    return schema


def _present(name: str, key: Key) -> Schema:
    """That a key is there; of a truth, that it is true."""
    is_truth = isinstance(key.holds, One) and key.holds.kind == "truth"
    return {"required": [name], **({"properties": {name: {"const": True}}} if is_truth else {})}


def _condition() -> Schema:
    """A text of the language, or one junction over conditions, at any depth."""
    inner: Schema = {"$ref": "#/$defs/condition"}
    junctions = {
        word: inner if word == "not" else {"type": "array", "items": inner, "minItems": 1} for word in JUNCTIONS
    }
    return {
        "anyOf": [
            {"type": SCALAR, "pattern": NOT_BLANK},
            {
                "type": "object",
                "properties": junctions,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }
