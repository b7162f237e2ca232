//! The API alone, on a store in memory and without authentication: for trying the API and for the SDK test.
//! `cargo run -p tessera-http --example serve -- 127.0.0.1:8010`

use std::sync::Arc;
use tessera_engine::Engine;
use tessera_engine::engine::Adapters;
use tessera_engine::settings::Settings;
use tessera_http::HttpOptions;
use tessera_ports::{SystemClock, UuidIds};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8010".into());
    let store = tessera_store::open("sqlite::memory:").await?;
    let engine = Engine::new(store, Arc::new(SystemClock), Arc::new(UuidIds), Settings::default(), Adapters::default());
    let options = HttpOptions { auth: false, max_body: 64 << 20, version: env!("CARGO_PKG_VERSION") };
    let listener = tokio::net::TcpListener::bind(&address).await?;
    tracing::warn!(address = %listener.local_addr()?, "serving without authentication");
    axum::serve(listener, tessera_http::router(engine, options)).await?;
    Ok(())
}
