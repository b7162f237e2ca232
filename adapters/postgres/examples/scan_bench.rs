//! What a scan costs: CPU of client and server together, against `psql` copying the same catalog queries, in one run on
//! one private server. `tests/bench/scan_postgres.sh` builds and starts it; arguments: schemas, tables in each, columns.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

use async_trait::async_trait;
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tessera_ports::testkit::postgres::{PrivatePostgres, TestDatabase};
use tessera_ports::warehouse::{ObservedTable, Probe, ScanSink, ScanStatus, Warehouse, WarehouseError};

const QUERIES: [&str; 4] = [
    include_str!("../sql/relations.sql"),
    include_str!("../sql/keys.sql"),
    include_str!("../sql/references.sql"),
    include_str!("../sql/columns.sql"),
];
const RUNS: u32 = 8;

/// Takes tables as a store would, or merely counts them.
#[derive(Default)]
struct Sink {
    fingerprints: bool,
    bytes: usize,
}

#[async_trait]
impl ScanSink for Sink {
    async fn table(&mut self, table: ObservedTable) -> Result<(), WarehouseError> {
        self.bytes += if self.fingerprints { table.fingerprint().0.len() } else { 1 };
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Cost {
    client: f64,
    server: f64,
    wall: f64,
}

impl Cost {
    fn cpu(&self) -> f64 {
        self.client + self.server
    }
}

struct Bench {
    database: TestDatabase,
    postmaster: u32,
    ticks: f64,
}

impl Bench {
    /// Average cost of `run`, after one run that warms caches. Waits until the server has buried its backends: their CPU
    /// time is counted with their parent then.
    async fn measure<F: AsyncFnMut()>(&self, mut run: F) -> Cost {
        run().await;
        self.settle();
        let (client, server, begin) = (own_cpu(self.ticks), self.server_cpu(), Instant::now());
        for _ in 0..RUNS {
            run().await;
        }
        let wall = begin.elapsed().as_secs_f64();
        let client = own_cpu(self.ticks) - client;
        self.settle();
        let server = self.server_cpu() - server;
        let runs = f64::from(RUNS);
        Cost { client: client / runs, server: server / runs, wall: wall / runs }
    }

    /// User and system time of the postmaster's children that have ended.
    fn server_cpu(&self) -> f64 {
        let fields = stat(Path::new("/proc").join(self.postmaster.to_string()).as_path());
        (fields[13] + fields[14]) / self.ticks
    }

    fn settle(&self) {
        std::thread::sleep(Duration::from_millis(500));
    }

    fn psql(&self, scope: &str) {
        let mut command = Command::new("psql");
        command.args(["-X", "-q", "-d", &self.database.url()]);
        command.args([
            "-c",
            "set jit = off",
            "-c",
            "set max_parallel_workers_per_gather = 0",
            "-c",
            "set search_path = ''",
        ]);
        command.args(["-c", &format!("set tessera.scope = '{scope}'")]);
        for query in QUERIES {
            command.args(["-c", query]);
        }
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    }
}

/// This process and its ended children (psql).
fn own_cpu(ticks: f64) -> f64 {
    let fields = stat(Path::new("/proc/self"));
    (fields[11] + fields[12] + fields[13] + fields[14]) / ticks
}

/// The fields of `/proc/<pid>/stat` as numbers; 11 and 12 are utime and stime, 13 and 14 those of ended children.
fn stat(process: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(process.join("stat")).unwrap();
    let fields = text.rsplit_once(')').unwrap().1;
    fields.split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect()
}

async fn scan(warehouse: &dyn Warehouse, since: Option<&Probe>, fingerprints: bool) -> (ScanStatus, Probe, u64) {
    let mut sink = Sink { fingerprints, bytes: 0 };
    let report = warehouse.scan(since, &mut sink).await.unwrap();
    (report.status, report.probe, report.columns)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u32>().unwrap());
    let mut size = |default| arguments.next().unwrap_or(default);
    let (schemas, tables, columns) = (size(20), size(500), size(20));

    let own = PrivatePostgres::start().unwrap();
    let server = own.server().unwrap();
    // Its work would be counted with ours.
    server.sql("postgres", "alter system set autovacuum = off").unwrap();
    server.sql("postgres", "select pg_reload_conf()").unwrap();
    let database = server.database().unwrap();
    println!("building {} tables of {columns} columns in {schemas} schemas", schemas * tables);
    build(&database, schemas, tables, columns);
    let postmaster =
        database.sql("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)").unwrap().parse().unwrap();
    let ticks = String::from_utf8(Command::new("getconf").arg("CLK_TCK").output().unwrap().stdout).unwrap();
    let bench = Bench { database, postmaster, ticks: ticks.trim().parse().unwrap() };

    let scope =
        bench.database.sql("select string_agg(oid::text, ',') from pg_namespace where nspname ~ '^s[0-9]'").unwrap();
    let settings = json!({ "url": bench.database.url(), "schemas": ["s*"], "sslmode": "disable" });
    let warehouse = (tessera_postgres::register().build)("bench", &settings).unwrap();
    let (status, probe, seen) = scan(warehouse.as_ref(), None, false).await;
    assert_eq!((status, seen), (ScanStatus::Complete, u64::from(schemas * tables * columns)));

    let psql = bench.measure(async || bench.psql(&scope)).await;
    let full = bench.measure(async || drop(scan(warehouse.as_ref(), None, false).await)).await;
    let compared = bench.measure(async || drop(scan(warehouse.as_ref(), None, true).await)).await;
    let unchanged = bench
        .measure(async || assert_eq!(scan(warehouse.as_ref(), Some(&probe), false).await.0, ScanStatus::Unchanged))
        .await;

    println!(
        "\n{:<38} {:>9} {:>9} {:>9} {:>9} {:>8}",
        "CPU seconds, average of 8", "client", "server", "sum", "wall", "of psql"
    );
    for (name, cost) in [
        ("psql COPY of the same queries", psql),
        ("full scan", full),
        ("full scan, fingerprint of each table", compared),
        ("unchanged re-scan", unchanged),
    ] {
        let Cost { client, server, wall } = cost;
        let of_psql = cost.cpu() / psql.cpu();
        println!("{name:<38} {client:>9.3} {server:>9.3} {:>9.3} {wall:>9.3} {of_psql:>7.2}x", cost.cpu());
    }
    let kept = full.cpu() <= 2.0 * psql.cpu() && unchanged.cpu() <= psql.cpu() / 3.0;
    println!("\nfull scan at most 2x, unchanged at most 0.33x: {}", if kept { "kept" } else { "MISSED" });
    std::process::exit(i32::from(!kept));
}

fn build(database: &TestDatabase, schemas: u32, tables: u32, columns: u32) {
    for schema in 0..schemas {
        let script = format!(
            "do $$ declare cols text; begin
                select string_agg(format('c%s %s%s', i, (array['integer', 'bigint', 'text', 'varchar(40)', 'numeric(12,2)',
                    'timestamp with time zone', 'boolean', 'date', 'double precision', 'jsonb'])[1 + i % 10],
                    case when i % 4 = 0 then ' not null' else '' end), ', ' order by i)
                    into cols from generate_series(1, {columns} - 1) i;
                create schema s{schema};
                for t in 1..{tables} loop
                    execute format('create table s{schema}.t%s (id bigint primary key, %s)', t, cols);
                    if t % 200 = 0 then commit; end if;
                end loop;
            end $$;"
        );
        database.sql(&script).unwrap();
    }
    database.sql("vacuum analyze").unwrap();
}
