//! Which addresses a webhook may reach. A webhook's URL is chosen by whoever may edit the configuration; without this
//! guard it could make the daemon talk to what only the daemon can reach: a cloud's metadata service, a database's admin
//! port, a neighbour behind the firewall. Sources: the IANA special-purpose address registries, RFC 6052 (NAT64),
//! RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP).

use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the configuration opens beyond the public internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Allow {
    Nothing,
    /// Private networks and this machine; still no link-local (cloud metadata), reserved or multicast address.
    Private,
    /// Just these networks, whatever they are, multicast and broadcast excepted.
    Nets(Vec<IpNet>),
}

/// An address that is refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) struct Refused {
    pub host: String,
    pub ip: IpAddr,
    pub why: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host == self.ip.to_string() {
            write!(f, "{} is {}", self.ip, self.why)
        } else {
            write!(f, "`{}` is {}, {}", self.host, self.ip, self.why)
        }
    }
}

impl Allow {
    pub(crate) fn check(&self, host: &str, ip: IpAddr) -> Result<(), Refused> {
        let ip = embedded(ip).map_or(ip, IpAddr::V4);
        let class = match ip {
            IpAddr::V4(v4) => class_v4(v4),
            IpAddr::V6(v6) => class_v6(v6),
        };
        let why = match (class, self) {
            (Class::Public, _) => return Ok(()),
            (Class::Private(_), Allow::Private) => return Ok(()),
            (Class::Private(_) | Class::Special(_), Allow::Nets(nets)) if nets.iter().any(|n| n.contains(&ip)) => {
                return Ok(());
            }
            (Class::Private(why) | Class::Special(why) | Class::Never(why), _) => why,
        };
        Err(Refused { host: host.to_owned(), ip, why })
    }

    /// Something beyond the public internet is open: plain http may then be meant.
    pub(crate) fn is_open(&self) -> bool {
        *self != Allow::Nothing
    }
}

enum Class {
    Public,
    Private(&'static str),
    /// Opened only by naming its network.
    Special(&'static str),
    Never(&'static str),
}

fn class_v4(ip: Ipv4Addr) -> Class {
    use Class::{Never, Private, Public, Special};
    match ip.octets() {
        [0, ..] => Special("an address of \"this network\""),
        [10, ..] | [192, 168, ..] => Private("a private address"),
        [172, b, ..] if (16..32).contains(&b) => Private("a private address"),
        [100, b, ..] if (64..128).contains(&b) => Private("a shared (carrier) address"),
        [127, ..] => Private("this machine (loopback)"),
        [169, 254, ..] => Special("a link-local address (cloud metadata)"),
        [192, 0, 0, _] => Special("a reserved address"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Special("a documentation address"),
        [192, 88, 99, _] => Special("a 6to4 relay address"),
        [198, 18 | 19, ..] => Special("a benchmarking address"),
        [224..=239, ..] => Never("a multicast address"),
        [255, 255, 255, 255] => Never("the broadcast address"),
        [240..=255, ..] => Special("a reserved address"),
        _ => Public,
    }
}

fn class_v6(ip: Ipv6Addr) -> Class {
    use Class::{Never, Private, Public, Special};
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Private("this machine (loopback)"),
        [0xff00..=0xffff, ..] => Never("a multicast address"),
        [0xfc00..=0xfdff, ..] => Private("a private (unique local) address"),
        [0xfe80..=0xfebf, ..] => Special("a link-local address"),
        [0xfec0..=0xfeff, ..] => Special("a site-local address"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Special("a documentation address"),
        [0x2001, 0, ..] => Special("a Teredo tunnel address"),
        [0x2001, 1..=0x01ff, ..] => Special("a reserved address"),
        [0x2000..=0x3fff, ..] => Public,
        _ => Special("not a global address"),
    }
}

/// The IPv4 address inside an IPv6 one that is only a wrapping of it: mapped, compatible, NAT64, 6to4, ISATAP.
fn embedded(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = ip else { return None };
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..]
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some(v4(high, low)),
        _ => None,
    }
}
