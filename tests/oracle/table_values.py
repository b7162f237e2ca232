"""Types of an engine with all their parameters, and values for them: bounds, extremes, odd spellings, random ones.

A value is SQL that the engine is asked to read as the type; what it refuses is not of the type's domain.
"""

import datetime
import random

WORDS = ["", " ", "a", "ab ", " ab", "abc", "Grüße", "日本", "O'Neill", "x" * 11, "y" * 21, "z" * 300, "null", "true", "f", "yes",
         "0", "1", "-1", "007", " 5", "1e3", "1.50", "-0", "12abc", "+3", "NaN", "Infinity", "1_000", "ok", "bad", "new", "sad",
         "2020-01-01", "2020-1-1", "2020-02-30", "2020-01-01 00:00:00", "2020-01-01T12:30:00.5Z", "12:30", "12:30:00.100",
         "24:00:00", "1 day", "1 mon 2 days", "3600 s", "550E8400-E29B-41D4-A716-446655440000",
         "550e8400-e29b-41d4-a716-446655440000", "550e8400e29b41d4a716446655440000", "{}", "[]", "[1, 2]", '{"a":1}', '{"a": 1.0}',
         '"x"', "{1,2}", "\\x00ff", "\\xZZ", "101", "B101", "1101", "192.168.0.1", "10.0.0.0/8", "(1,2)", "[1,5)"]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def numbers(r):
    """The bounds of every width and one beside each, powers of ten, fractions of many digits."""
    out = ["0", "1", "-1", "9", "0.1", "-0.5", "0.333333333333333333", "1.5", "2.5", "0.000001", "123456789.123456789", "16777217",
           "9007199254740993", "-9007199254740993", "1e-7"]
    for bits in (7, 8, 15, 16, 24, 31, 32, 53, 63, 64, 127, 128):
        for one in (2**bits - 1, 2**bits, 2**bits + 1):
            out += [str(one), str(-one)]
    for digits in (2, 3, 4, 5, 9, 10, 15, 18, 19, 20, 38):
        out += [str(10**digits), str(10**digits - 1), str(1 - 10**digits)]
    for _ in range(12):
        digits, places = r.randint(1, 38), r.randint(0, 12)
        text = str(r.randint(10 ** (digits - 1), 10**digits - 1)).rjust(places + 1, "0")
        sign = r.choice(["", "-"])
        out.append(sign + (f"{text[:-places]}.{text[-places:]}" if places else text))
    return out


def decimal_bounds(precision, scale):
    nines = "9" * precision
    if scale < 0:
        return [nines + "0" * -scale, "-" + nines + "0" * -scale, "1" + "0" * -scale, "0"]
    nines = nines.rjust(scale, "0")
    text = f"{nines[: len(nines) - scale] or '0'}.{nines[len(nines) - scale:]}" if scale else nines
    least = "0." + "0" * (scale - 1) + "1" if scale else "1"
    return [text, "-" + text, least, "-" + least, "0"]


def floats(r):
    out = ["0", "-0", "1", "0.1", "-1.5", "3.4028234663852886e38", "1e39", "1.7976931348623157e308", "5e-324", "1e-45", "16777216",
           "16777217", "9007199254740992", "nan", "inf", "-inf", "1e20", "123456.789", "0.30000000000000004", "2147483648"]
    return out + [repr(r.uniform(-1, 1) * 10 ** r.randint(-30, 37)) for _ in range(12)]


def dates(r):
    out = ["2000-01-01", "1970-01-01", "1969-12-31", "0001-01-01", "9999-12-31", "1582-10-10", "2020-02-29", "2262-04-12", "1677-09-20",
           "4713-01-01 BC", "4000-01-01 BC", "5874000-01-01", "294276-01-01", "290000-06-01", "infinity", "-infinity", "2018-11-04", "2021-03-14"]
    return out + [str(datetime.date.fromordinal(r.randint(1, 3_000_000))) for _ in range(6)]


def times(r):
    out = ["00:00:00", "23:59:59", "23:59:59.999999", "23:59:59.9999999", "12:30:00.1", "12:30:00.123", "12:30:00.123456",
           "12:30:00.123456789", "24:00:00"]
    return out + [f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}.{r.randint(0, 999_999_999):09}" for _ in range(6)]


def stamps(r):
    """02:30 on the 14th of March does not exist in New York; 01:30 on the 7th of November is there twice."""
    out = [f"{d} {t}" for d, t in zip(dates(r), times(r) * 3)] + dates(r)
    return out + ["2021-03-14 02:30:00", "2021-11-07 01:30:00", "2262-04-11 23:47:16.854775", "2020-06-01 12:30:00.123456789", "1677-09-21 00:12:43.145225"]


def zoned(texts):
    return [t + zone for t, zone in zip(texts, ["+00", "+05:30", "-11:00", "", "+00"] * len(texts))]


INTERVALS = ["0 seconds", "1 day", "24 hours", "1 month", "30 days", "1 year", "12 months", "-3 hours", "1 day 02:03:04.5", "0.000001 second",
             "0.123456 seconds", "100 years 5 months", "-1 month 1 day", "1000000 hours"]
UUIDS = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "550e8400-e29b-41d4-a716-446655440000"]
JSONS = ["null", "true", "0", "1.50", "1e3", "9007199254740993", '"a"', '"O\\u0000x"', "[]", "[1,2]", "[1, 2]", "{}", '{"a":1}', '{"b":1,"a":2}',
         '{"a":1,"a":2}', ' {"a" : 1 } ', '"2020-01-01"', '{"a":null}', '"12:00:00"', '"550e8400-e29b-41d4-a716-446655440000"']
BITS = ["0", "1", "101", "1101", "00000001", "11111111", "1" * 12, "0" * 12, "1" * 70]


class Type:
    """A spelling, the family its values come from, and the family's parameters."""

    def __init__(self, spelling, family, *parameters, named=False):
        self.spelling, self.family, self.parameters, self.named = spelling, family, parameters, named

    def __repr__(self):
        return self.spelling

    def values(self, r):
        """SQL that stands for values; casting it to the type is the engine's business."""
        made = getattr(self, f"_{self.family}", None)
        return made(r) if made else [quoted(v) for v in POOLS[self.family](r)]

    def _decimal(self, r):
        return [quoted(v) for v in decimal_bounds(*self.parameters) + r.sample(numbers(r), 40)]

    def _text(self, r):
        """Words, and what other types look like as text."""
        other = numbers(r) + floats(r) + stamps(r) + times(r) + INTERVALS + UUIDS + JSONS
        return [quoted(v) for v in WORDS + r.sample(other, 20)]

    def _enum(self, r):
        return [quoted(v) for v in self.parameters]

    def _list(self, r):
        """Parameters: the inner type, and a fixed length or none."""
        inner, length = self.parameters
        pool = [f"CAST({v} AS {inner.spelling})" for v in inner.values(r)]
        sizes = [length] * 14 if length else [0, 1, 1, 2, 3, 3, 5] + [1] * 20
        lists = [[r.choice(pool) if r.random() > 0.1 else f"CAST(NULL AS {inner.spelling})" for _ in range(n)] for n in sizes]
        return [f"CAST({ARRAY}[{', '.join(one)}] AS {self.spelling})" for one in lists] + [f"{ARRAY}[{one}]" for one in r.sample(pool, min(12, len(pool))) if not length]

    def _struct(self, r):
        """Parameters: pairs of name and type."""
        out = []
        for _ in range(25):
            parts = [f"{quoted(name)}: TRY_CAST({r.choice(inner.values(r))} AS {inner.spelling})" for name, inner in self.parameters]
            out.append("{" + ", ".join(parts) + "}")
        return out

    def _map(self, r):
        key, value = self.parameters
        out = ["MAP {}"]
        for _ in range(20):
            out.append(f"MAP {{CAST({r.choice(key.values(r))} AS {key.spelling}): CAST({r.choice(value.values(r))} AS {value.spelling})}}")
        return out


ARRAY = "ARRAY"
POOLS = {
    "int": numbers,
    "float": lambda r: floats(r) + r.sample(numbers(r), 10),
    "number": lambda r: numbers(r) + ["1" + "0" * 60, "0." + "0" * 30 + "1", "NaN"],
    "bool": lambda r: ["true", "false"],
    "bytes": lambda r: ["", "a", "abc", "x" * 20, "\\x00", "\\x00\\xFF", "\\xDEADBEEF"],
    "bits": lambda r: BITS,
    "date": dates,
    "time": times,
    "timetz": lambda r: zoned(times(r)),
    "stamp": stamps,
    "stamptz": lambda r: zoned(stamps(r)) + ["2021-11-07 05:30:00+00", "2021-11-07 06:30:00+00"],
    "interval": lambda r: INTERVALS,
    "uuid": lambda r: UUIDS + [f"{r.getrandbits(128):032x}" for _ in range(8)],
    "json": lambda r: JSONS,
    "inet": lambda r: ["192.168.0.1", "10.0.0.0/8", "10.1.2.3/8", "::1", "2001:db8::/32"],
    "words": lambda r: WORDS,
}


def random_decimal(r, largest):
    precision = r.randint(1, largest)
    scale = r.randint(0, precision)
    return Type(f"DECIMAL({precision},{scale})", "decimal", precision, scale)
