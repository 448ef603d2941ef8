"""JSON literals where a word belongs, by kind."""

from typing import Final

WRONG: Final[dict[str, list[str]]] = {
    "huge numbers": ["1e999", "-1e999", "1e308", "1e-999", "9" * 5_000, "-" + "9" * 5_000, "0." + "1" * 5_000],
    "whole numbers": ["0", "-1", "2147483648", "9223372036854775807", "9223372036854775808", "18446744073709551616"],
    "not numbers": ["NaN", "Infinity", "-Infinity", "-0", "-0.0", "1E+2", "0x10", "01", "+1", ".5"],
    "booleans": ["true", "false"],
    "nothing": ["null"],
    "lists": ["[]", "[[]]", '["a"]', "[null]", "[1,2,3]", '[{"a":1}]'],
    "objects": ["{}", '{"a":1}', '{"":""}', '{"$ne":null}', '{"__proto__":{"a":1}}', '{"text":{"text":{}}}'],
    "other words": ['"true"', '"0"', '"null"', "undefined", "None", "'a'"],
}  # fmt: skip
