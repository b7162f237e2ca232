//! The command line as INTERFACES has it. Texts here are what `--help` prints.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const MODES: &str = "Compatibility modes:\n  backward  old readers must be able to read new data (Confluent: FORWARD)\n  forward   old producers' data must fit the new schema (Confluent: BACKWARD)\n  full      no structural change (stricter than Confluent's FULL)\n  none      nothing is breaking; affected consumers are notified (Confluent: NONE)";

#[derive(Debug, Parser)]
#[command(
    name = "tessera",
    version,
    about = "Schema changes, coordinated: who reads what, and have they agreed?",
    max_term_width = 110
)]
pub(crate) struct Cli {
    /// Configuration file (else TESSERA_CONFIG, ./tessera.toml upwards, the user's configuration directory).
    #[arg(long, global = true, env = "TESSERA_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say more on standard error (-vv: even more).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole story on embedded data: no server, account or network needed.
    Demo(DemoArgs),
    /// Write tessera.toml from dbt_project.yml, profiles.yml, CODEOWNERS and groups.
    Init(InitArgs),
    /// The daemon: watch, scan, deliver, HTTP API, web pages.
    Serve(ServeArgs),
    /// After `dbt compile`: whom would this change break? Exit 0 safe, 1 unacknowledged breaking, 2 could not decide.
    Check(CheckArgs),
    /// Column lineage of a dbt project, a query or a batch of queries.
    Lineage(LineageArgs),
    /// Who reads this table or column, and how.
    WhoUses(WhoUsesArgs),
    /// Compare two schemas.
    #[command(after_help = MODES)]
    Diff(DiffArgs),
    /// Read tables out of a data contract (ODCS v3): JSON as `diff` and `propose` take it.
    Import(ImportArgs),
    /// Write a table as a data contract (ODCS v3.1).
    Export(ExportArgs),
    /// Scan a configured warehouse now.
    Scan(ScanArgs),
    /// Open proposals for what a manifest would break (through a running daemon).
    Propose(ProposeArgs),
    /// What waits for an answer.
    Inbox(InboxArgs),
    /// Answer a proposal.
    Ack(AckArgs),
    /// Acknowledge one exact change of an asset in advance, with a reason and an expiry.
    Waive(WaiveArgs),
    /// Check files, compiled coverage, grants, Slack, store and clock; each finding with its remedy.
    Doctor(DoctorArgs),
    /// API keys.
    Keys(KeysArgs),
    /// The store: migrate, verify, copy, release.
    Store(StoreArgs),
    /// The configuration as it is understood.
    Config(ConfigArgs),
    /// Print the OpenAPI document of the HTTP API.
    Openapi,
    /// Print shell completions.
    Completions { shell: clap_complete::Shell },
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Tell the story and exit.
    #[arg(long)]
    pub(crate) once: bool,
    /// Port of the daemon (0: any free one).
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The dbt project (where dbt_project.yml is).
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(crate) dbt_dir: PathBuf,
    /// Where profiles.yml is.
    #[arg(long, env = "DBT_PROFILES_DIR", value_name = "DIR")]
    pub(crate) profiles_dir: Option<PathBuf>,
    /// Where to write.
    #[arg(long, default_value = "tessera.toml", value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Replace an existing file.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// Address and port.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Everybody is an administrator. Loopback addresses only.
    #[arg(long)]
    pub(crate) no_auth: bool,
}

/// Where dbt's artifacts are; the flags and variables mean what they mean in dbt.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct ManifestArgs {
    /// manifest.json (also gzipped), its directory, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// catalog.json, if it is not beside the manifest.
    #[arg(long, value_name = "FILE")]
    pub(crate) catalog: Option<PathBuf>,
    /// The dbt project.
    #[arg(long, value_name = "DIR", env = "DBT_PROJECT_DIR")]
    pub(crate) project_dir: Option<PathBuf>,
    /// dbt's target directory.
    #[arg(long, value_name = "DIR", env = "DBT_TARGET_PATH")]
    pub(crate) target_path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) artifacts: ManifestArgs,
    /// What to compare with: a manifest or a directory that holds one.
    /// Without this and --server: DBT_STATE.
    #[arg(long, value_name = "MANIFEST|DIR", conflicts_with = "server")]
    pub(crate) state: Option<PathBuf>,
    /// Compare with what a daemon has accepted, and with every reader it knows. Without this, --state and DBT_STATE:
    /// TESSERA_URL.
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Only changes of these nodes (dbt's selection syntax).
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) select: Option<String>,
    #[arg(long, value_name = "EXPR")]
    pub(crate) exclude: Option<String>,
    /// text, json, markdown, github, sarif or junit; several, each optionally to a file: `--output text --output sarif=out.sarif`.
    #[arg(short, long, value_name = "FMT[=PATH]")]
    pub(crate) output: Vec<String>,
    /// Compare tables only when nothing is compiled, instead of exiting 2.
    #[arg(long)]
    pub(crate) allow_uncompiled: bool,
    /// Breaking, and nobody is known to read it: `notify` (exit 0) or `block` (exit 1).
    #[arg(long, value_enum)]
    pub(crate) on_no_reader: Option<OnNoReaderArg>,
    /// With --server: wait for open proposals to be answered, e.g. 15m.
    #[arg(long, value_name = "DURATION")]
    pub(crate) wait: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnNoReaderArg {
    Notify,
    Block,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct LineageArgs {
    #[command(flatten)]
    pub(crate) artifacts: ManifestArgs,
    /// A file of SQL (`-`: standard input).
    #[arg(long, value_name = "FILE", conflicts_with = "manifest")]
    pub(crate) sql: Option<PathBuf>,
    /// Dialect of --sql.
    #[arg(long, value_name = "D")]
    pub(crate) dialect: Option<String>,
    /// JSON file of table shapes for --sql: {"schema.table": {"column": "type"}}.
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// One column's way, up and down: ASSET.COLUMN.
    #[arg(long, value_name = "A.C")]
    pub(crate) column: Option<String>,
    /// JSON Lines in, JSON Lines out, in the same order (`-`: standard input).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["manifest", "sql"])]
    pub(crate) batch: Option<PathBuf>,
    #[arg(short, long, value_enum, default_value = "text")]
    pub(crate) output: Format,
}

#[derive(Debug, Args)]
pub(crate) struct WhoUsesArgs {
    /// ASSET or ASSET.COLUMN; a unique ending of the name will do.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) artifacts: ManifestArgs,
    /// Ask a daemon, which knows readers of all projects and warehouses.
    #[arg(long, value_name = "URL", env = "TESSERA_URL")]
    pub(crate) server: Option<String>,
    #[arg(short, long, value_enum, default_value = "text")]
    pub(crate) output: Format,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The old schema: FILE, FOLDER (of .proto files), `A.proto,B.proto`, MANIFEST#MODEL, CONTRACT.odcs.yaml#TABLE,
    /// `registry:http://HOST/subjects/S/versions/V`, or `-` for standard input.
    pub(crate) old: Option<String>,
    /// The new schema, likewise.
    pub(crate) new: Option<String>,
    /// json-schema, avro, protobuf, openapi, graphql or table (told from the files when absent).
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// backward, forward, full, none, `…_transitive`, readers, writers, or a registry's name as confluent:BACKWARD.
    #[arg(long, default_value = "backward")]
    pub(crate) mode: String,
    /// How types of tables are read: a SQL dialect, or a table format such as iceberg-v2.
    #[arg(long)]
    pub(crate) dialect: Option<String>,
    /// What the table is called in migration steps, where the schemas do not say.
    #[arg(long, value_name = "TABLE")]
    pub(crate) name: Option<String>,
    /// The new side is a model of this dbt manifest.
    #[arg(long, value_name = "FILE", requires = "model")]
    pub(crate) manifest: Option<PathBuf>,
    /// Which model of a manifest, or table of a data contract.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// The old side is a subject of this schema registry. Credentials: TESSERA_REGISTRY_USER and
    /// TESSERA_REGISTRY_PASSWORD, or TESSERA_REGISTRY_TOKEN.
    #[arg(long, value_name = "URL", requires = "subject")]
    pub(crate) registry: Option<String>,
    /// The subject.
    #[arg(long, value_name = "S", requires = "registry")]
    pub(crate) subject: Option<String>,
    /// Its version: a number or latest (the default).
    #[arg(long, value_name = "V", requires = "registry")]
    pub(crate) version: Option<String>,
    /// JSON Lines in, JSON Lines out (`-`: standard input).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["old", "new"])]
    pub(crate) batch: Option<PathBuf>,
    /// text, json, markdown, github or sarif; several, each optionally to a file: `--output text --output sarif=out.sarif`.
    #[arg(short, long, value_name = "FMT[=PATH]")]
    pub(crate) output: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The contract (YAML or JSON; `-`: standard input); FILE#TABLE for one of its tables.
    pub(crate) file: String,
    /// One of its tables.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// How its physical types are spelled, where it does not say so itself.
    #[arg(long)]
    pub(crate) dialect: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A model or source of the manifest: its id, name or relation.
    pub(crate) asset: String,
    #[command(flatten)]
    pub(crate) artifacts: ManifestArgs,
    /// odcs: a data contract of the Open Data Contract Standard, v3.1.
    #[arg(long, default_value = "odcs")]
    pub(crate) format: String,
    /// The contract's version (else the model's, else 1.0.0).
    #[arg(long)]
    pub(crate) version: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Its configured name (else all).
    #[arg(long, value_name = "NAME")]
    pub(crate) warehouse: Option<String>,
    /// Show what is there, write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Read everything, whatever the probe says.
    #[arg(long)]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// How to reach a running daemon.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct ServerArgs {
    /// URL of the daemon (else the configured address).
    #[arg(long, value_name = "URL", env = "TESSERA_URL")]
    pub(crate) server: Option<String>,
    /// API key (better: the environment variable).
    #[arg(long, value_name = "KEY", env = "TESSERA_API_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ProposeArgs {
    #[command(flatten)]
    pub(crate) artifacts: ManifestArgs,
    /// Instead of a manifest: one asset…
    #[arg(long, requires = "schema")]
    pub(crate) asset: Option<String>,
    /// …and its new schema (a JSON file).
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InboxArgs {
    /// Only what this team must answer or waits for.
    #[arg(long)]
    pub(crate) team: Option<String>,
    /// Drift that is held for a person.
    #[arg(long)]
    pub(crate) held: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    #[arg(short, long, value_enum, default_value = "text")]
    pub(crate) output: Format,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("answer").required(true).args(["approve", "migrating", "block"])))]
pub(crate) struct AckArgs {
    /// The proposal's id.
    pub(crate) proposal: String,
    /// For which team (else the key's).
    #[arg(long)]
    pub(crate) team: Option<String>,
    /// We have read it and agree.
    #[arg(long)]
    pub(crate) approve: bool,
    /// We agree and will have moved by then: YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    pub(crate) migrating: Option<String>,
    /// We refuse.
    #[arg(long)]
    pub(crate) block: bool,
    /// Why.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WaiveArgs {
    /// The asset.
    pub(crate) asset: String,
    /// Fingerprint of the change, as `check --output json` and drift show it.
    #[arg(long)]
    pub(crate) change: String,
    #[arg(long)]
    pub(crate) column: Option<String>,
    #[arg(long)]
    pub(crate) reason: String,
    /// YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: String,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[arg(short, long, value_enum, default_value = "text")]
    pub(crate) output: Format,
}

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
    /// sqlite:PATH or postgres://… (else the configured store).
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) store: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key. It is shown once.
    Create {
        #[arg(long)]
        name: String,
        /// read, write or admin.
        #[arg(long, default_value = "write")]
        scope: String,
        /// human, agent or ci.
        #[arg(long, default_value = "human")]
        kind: String,
        /// The team it acts for (made if it does not exist).
        #[arg(long)]
        team: Option<String>,
    },
    List,
    Revoke {
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Create or update the schema.
    Migrate {
        #[arg(long, value_name = "URL")]
        store: Option<String>,
    },
    /// Try again, at the next start, the SQL texts that were set aside because their analysis ended the daemon.
    Release {
        #[arg(long, value_name = "URL")]
        store: Option<String>,
    },
    /// Walk the audit log's hash chain.
    Verify {
        #[arg(long, value_name = "URL")]
        store: Option<String>,
    },
    /// Move everything from one store to an empty other one (SQLite to PostgreSQL).
    Copy { from: String, to: String },
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Which file is used, and what it says once defaults and the environment are in.
    Show,
    /// Exit 0 when the configuration is right, 2 otherwise.
    Validate,
}
