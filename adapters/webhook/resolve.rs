//! Names become addresses once, here: what this resolver has checked is exactly what the HTTP client dials, so a name that
//! changes its address in between (DNS rebinding) gains nothing. One refused address refuses the name.

use crate::guard::{Allow, Refused};
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Where names are looked up; tests bring their own.
#[async_trait]
pub(crate) trait Dns: Send + Sync + fmt::Debug {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Debug)]
pub(crate) struct SystemDns;

#[async_trait]
impl Dns for SystemDns {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|a| a.ip()).collect())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct GuardedDns {
    pub dns: Arc<dyn Dns>,
    pub allow: Allow,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Unresolved {
    #[error(transparent)]
    Refused(Refused),
    #[error("the name `{0}` has no address")]
    Empty(String),
    #[error("the name `{0}` could not be looked up: {1}")]
    Failed(String, io::Error),
}

impl GuardedDns {
    pub(crate) async fn resolve_checked(&self, host: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let ips = self.dns.lookup(host).await.map_err(|e| Unresolved::Failed(host.to_owned(), e))?;
        if ips.is_empty() {
            return Err(Unresolved::Empty(host.to_owned()));
        }
        for ip in &ips {
            self.allow.check(host, *ip).map_err(Unresolved::Refused)?;
        }
        Ok(ips)
    }
}

impl Resolve for GuardedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let ips = this.resolve_checked(name.as_str()).await?;
            // Port 0 stands for the URL's port.
            let addresses: Addrs = Box::new(ips.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// The resolver's own verdict, wherever the HTTP client has wrapped it.
pub(crate) fn unresolved<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Unresolved> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}
