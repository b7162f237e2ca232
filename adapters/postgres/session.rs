//! One connection for one question, with one transaction in it: read only, repeatable read (so a scan is one consistent
//! picture), with timeouts. All limits are set inside that transaction, never for the session: behind a connection pooler
//! the session belongs to somebody else afterwards.

use crate::error::{explain, is_tls};
use crate::settings::{Settings, SslMode};
use crate::tls;
use std::fmt::Write as _;
use std::time::Duration;
use tessera_ports::warehouse::WarehouseError;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, SimpleQueryRow};
use tokio_postgres_rustls::MakeRustlsConnect;

const SERVER: &str = include_str!("sql/server.sql");

/// The oldest server whose catalog has everything the queries name.
const OLDEST: u32 = 120_000;

/// How long the server lets our transaction wait for us, in milliseconds. Not the time for a statement: that may be set so
/// short that a busy machine of ours does not get to the next statement within it.
const IDLE: u128 = 60_000;

/// An open transaction. `close` takes leave politely; merely dropped (cancelled, failed) it hangs up.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) server: Server,
    /// No answer within this time: the network is gone, for the server would have given up before.
    pub(crate) patience: Duration,
    driver: Driver,
}

/// The task that moves the bytes. Dropped, the socket is closed at once, whatever is under way.
struct Driver(JoinHandle<()>);

/// What the server says about itself and us.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) database: String,
    pub(crate) role: String,
    /// 150018 for 15.18.
    pub(crate) version: u32,
    pub(crate) superuser: bool,
    pub(crate) replica: bool,
    pub(crate) encrypted: bool,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Session {
    pub(crate) async fn open(settings: &Settings) -> Result<Self, WarehouseError> {
        let (client, driver, encrypted) = connect(settings).await?;
        let mut session = Session {
            client,
            server: Server {
                database: settings.database.clone(),
                role: settings.user.clone(),
                version: 0,
                superuser: false,
                replica: false,
                encrypted,
            },
            patience: settings.statement_timeout + Duration::from_secs(15),
            driver,
        };
        session.begin(settings).await?;
        Ok(session)
    }

    async fn begin(&mut self, settings: &Settings) -> Result<(), WarehouseError> {
        let statement = settings.statement_timeout.as_millis();
        let lock = settings.lock_timeout.as_millis();
        let idle = statement.max(IDLE);
        let mut sql = format!(
            "begin isolation level repeatable read, read only; \
             set local default_transaction_read_only = on; \
             set local statement_timeout = {statement}; \
             set local lock_timeout = {lock}; \
             set local idle_in_transaction_session_timeout = {idle}; \
             set local search_path = ''; \
             set local jit = off; \
             set local max_parallel_workers_per_gather = 0; "
        );
        if let Some(role) = &settings.role {
            let _ = write!(sql, "set local role \"{}\"; ", role.replace('"', "\"\""));
        }
        sql.push_str(SERVER);
        let rows = self.rows("opening a read-only transaction", &sql).await?;
        let Some(row) = rows.first() else {
            return Err(WarehouseError::Protocol("the server did not say who it is".to_owned()));
        };
        let text = |name: &str| row.get(name).unwrap_or_default();
        self.server.database = text("database").to_owned();
        self.server.role = text("role").to_owned();
        self.server.version = text("version").parse().unwrap_or(0);
        self.server.superuser = text("superuser") == "on";
        self.server.replica = text("replica") == "t";
        if self.server.version < OLDEST {
            return Err(WarehouseError::Refused(format!(
                "the server is PostgreSQL {}; 12 or newer is needed",
                display_version(self.server.version)
            )));
        }
        Ok(())
    }

    /// Ends the transaction and the connection, so that the server's log does not speak of lost clients.
    pub(crate) async fn close(self) {
        let Session { client, mut driver, .. } = self;
        let leave = async {
            let _ = client.batch_execute("commit").await;
            drop(client);
            let _ = (&mut driver.0).await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), leave).await;
    }

    /// Sends embedded SQL and returns the rows of all its statements.
    pub(crate) async fn rows(&self, doing: &str, sql: &str) -> Result<Vec<SimpleQueryRow>, WarehouseError> {
        let answer = tokio::time::timeout(self.patience, self.client.simple_query(sql)).await;
        let messages = answer.map_err(|_| silence(doing))?.map_err(|e| explain(doing, &e))?;
        Ok(messages
            .into_iter()
            .filter_map(|m| match m {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            })
            .collect())
    }
}

pub(crate) fn silence(doing: &str) -> WarehouseError {
    WarehouseError::Unavailable(format!("PostgreSQL fell silent while {doing}: the connection seems to be dead"))
}

pub(crate) fn display_version(number: u32) -> String {
    match number {
        0 => "of unknown version".to_owned(),
        n if n >= 100_000 => format!("{}.{}", n / 10_000, n % 10_000),
        n => format!("{}.{}", n / 10_000, n / 100 % 100),
    }
}

async fn connect(settings: &Settings) -> Result<(Client, Driver, bool), WarehouseError> {
    let mut config = Config::new();
    config
        .host(&settings.host)
        .port(settings.port)
        .user(&settings.user)
        .dbname(&settings.database)
        .application_name(&settings.application_name)
        .connect_timeout(settings.connect_timeout)
        .keepalives_idle(settings.keepalives_idle)
        .ssl_mode(match settings.sslmode {
            SslMode::Disable => tokio_postgres::config::SslMode::Disable,
            SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
            _ => tokio_postgres::config::SslMode::Require,
        });
    if let Some(password) = &settings.password {
        config.password(password.expose());
    }
    // A Unix socket has nothing to encrypt; the driver would refuse to ask for it.
    let socket = settings.host.starts_with('/');
    let tls = if socket { None } else { tls::client_config(settings)? };
    let doing = format!("connecting to {}", settings.address());
    let attempt = async {
        if let Some(tls) = tls {
            match config.connect(MakeRustlsConnect::new(tls)).await {
                Ok((client, connection)) => return Ok((client, drive(connection), true)),
                // As libpq: a server whose TLS cannot be spoken is asked again without, under `prefer` only.
                Err(e) if settings.sslmode == SslMode::Prefer && is_tls(&e) => {}
                Err(e) => return Err(explain(&doing, &e)),
            }
        }
        config.ssl_mode(tokio_postgres::config::SslMode::Disable);
        match config.connect(NoTls).await {
            Ok((client, connection)) => Ok((client, drive(connection), false)),
            Err(e) => Err(explain(&doing, &e)),
        }
    };
    // The driver's own timeout ends with the TCP handshake; a server that accepts and says nothing needs this one.
    match tokio::time::timeout(settings.connect_timeout * 2, attempt).await {
        Ok(result) => result,
        Err(_) => Err(silence(&doing)),
    }
}

fn drive<S, T>(connection: tokio_postgres::Connection<S, T>) -> Driver
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    Driver(tokio::spawn(async move {
        if let Err(e) = connection.await {
            tracing::debug!(error = %e, "the PostgreSQL connection ended");
        }
    }))
}
