"""Where we call a change breaking although no value is lost on the way: by what convention."""

KINDS = {"number": "decimal", "money": "decimal"}


def kind(type_):
    """What sort of value a reader gets."""
    if type_.named or type_.spelling in ("money", "name", "oid", "inet", "cidr", "int4range"):
        return f"named {type_.spelling}"
    if type_.spelling.lower().startswith(("char(", "bpchar")):
        return "padded text"
    if type_.family == "list":
        inner, length = type_.parameters
        return f"{kind(inner)} list" + (f" of {length}" if length else "")
    if type_.family == "map":
        return " of ".join(["map", *map(kind, type_.parameters)])
    return KINDS.get(type_.family, type_.family)


def convention(engine, old, new, side, rules):
    """The name of the convention for one side of a change; None when there is none."""
    a, b = kind(old), kind(new)
    if any(rule == "field-removed" for rule in rules):
        return "a name that disappears always fails its readers"
    if engine == "postgres" and "named" in a + b:
        return "a type of the database's own is known by its name only"
    if "bits" in (a, b):
        return "bit strings are known by name only"
    if "list of" in a + b:
        return "an array of a fixed length is a type of its own"
    if side == "reads" and a != b:
        return "another kind of value: it sorts, compares and divides otherwise"
    if {a, b} == {"time", "timetz"}:
        return "what a wall clock means is the session's zone"
    if "padded text" in (a, b):
        return "padded text is equal to itself only because its blanks do not count"
    if side == "writes" and "(" in new.spelling and b == "text":
        return "how long a value prints is known of numbers, booleans and uuids only"
    if "interval" in (a, b):
        return "the fields of an interval are not looked into"
    if a == "decimal" and b == "json" and old.parameters[0] == old.parameters[1]:
        return "DuckDB writes wide decimals below one as `.5`, which is no JSON"
    if {a, b} == {"int", "uuid"}:
        return "a uuid is no number"
    return None
