"""A table in an engine, for the steps: made of a shape, and described as one again."""


def name(text):
    return '"' + text.replace('"', '""') + '"'


def literal(text):
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def create(shape, table, rows):
    """The statements that make a table of a shape, with `rows` rows of its own values."""
    lines = [f"{name(c['name'])} {c['type']}" + ("" if c.get("nullable", True) else " NOT NULL") + (f" DEFAULT {c['default']}" if c.get("default") else "") for c in shape["columns"]]
    if shape.get("primary_key"):
        lines.append(f"PRIMARY KEY ({', '.join(map(name, shape['primary_key']))})")
    for columns in shape.get("unique", []):
        lines.append(f"UNIQUE ({', '.join(map(name, columns))})")
    for key in shape.get("foreign_keys", []):
        lines.append(f"FOREIGN KEY ({', '.join(map(name, key['columns']))}) REFERENCES {key['table']} ({', '.join(key['references'])})")
    out = [f"DROP TABLE IF EXISTS {table} CASCADE", "DROP TABLE IF EXISTS parent CASCADE", "CREATE TABLE parent (id bigint PRIMARY KEY)", "INSERT INTO parent VALUES (1), (12)"]
    out.append(f"CREATE TABLE {table} ({', '.join(lines)})")
    values = [f"CAST({literal(v)} AS {c['type']})" for c, v in zip(shape["columns"], rows)]
    if all(v is not None or c.get("nullable", True) for c, v in zip(shape["columns"], rows)):
        out.append(f"INSERT INTO {table} VALUES ({', '.join(values)})")
    return out


DUCKDB_COLUMNS = "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() WHERE table_name = 'orders' AND NOT internal ORDER BY column_index"
DUCKDB_KEYS = "SELECT constraint_type, constraint_column_names FROM duckdb_constraints() WHERE table_name = 'orders'"
POSTGRES_SHAPE = """SELECT json_build_object(
  'columns', (SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'nullable', NOT attnotnull,
              'default', pg_get_expr(adbin, adrelid)) ORDER BY attnum)
              FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = 'orders'::regclass AND attnum > 0 AND NOT attisdropped),
  'primary_key', (SELECT coalesce(json_agg(attname), '[]') FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) WHERE conrelid = 'orders'::regclass AND contype = 'p'),
  'unique', (SELECT coalesce(json_agg((SELECT json_agg(attname) FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey))), '[]') FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'u'))"""
