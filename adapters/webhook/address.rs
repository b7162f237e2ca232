//! The webhook's URL: parsed once by a URL parser that undoes odd spellings (`http://2130706433/`, `http://0x7f.1/`), so
//! that what is checked is what is dialled. Its path may be a secret; only the host is ever shown.

use crate::guard::{Allow, Refused};
use std::net::IpAddr;
use url::{Host, Url};

#[derive(Clone)]
pub(crate) struct Address {
    url: Url,
    literal: Option<IpAddr>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Address {
    /// `plain`: http is accepted too.
    pub(crate) fn parse(text: &str, plain: bool) -> Result<Address, String> {
        let url = Url::parse(text.trim()).map_err(|e| format!("`url` is not an address: {e}"))?;
        match url.scheme() {
            "https" => {}
            "http" if plain => {}
            "http" => {
                return Err("`url` must begin with https:// (or set `insecure = true` if plain http is meant)".into());
            }
            other => return Err(format!("`url` begins with `{other}:`; only https:// is possible")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("`url` holds a user name or password: requests are signed, leave them out".into());
        }
        let literal = match url.host() {
            None => return Err("`url` names no host".into()),
            Some(Host::Domain("")) => return Err("`url` names no host".into()),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        };
        Ok(Address { url, literal })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or("")
    }

    /// An address that stands in the URL itself never passes the resolver, so it is checked here.
    pub(crate) fn check_literal(&self, allow: &Allow) -> Result<(), Refused> {
        self.literal.map_or(Ok(()), |ip| allow.check(&ip.to_string(), ip))
    }

    pub(crate) fn is_literal(&self) -> bool {
        self.literal.is_some()
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// `https://hooks.example.com`, without the path.
    pub(crate) fn shown(&self) -> String {
        let port = self.url.port().map(|p| format!(":{p}")).unwrap_or_default();
        format!("{}://{}{port}", self.url.scheme(), self.host())
    }
}
