#!/bin/sh
# CPU of a PostgreSQL catalog scan (client and server) against psql copying the same queries; exit 1 when the promise of
# docs/measurements.md is missed. Needs PostgreSQL's programs. Arguments: schemas, tables in each, columns (20 500 20).
set -eu
cd "$(dirname "$0")/../.."
exec cargo run --release --quiet -p tessera-postgres --example scan_bench -- "$@"
