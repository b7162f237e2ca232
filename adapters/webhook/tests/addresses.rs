//! The table of addresses, and the guard's laws over all of them.

use crate::address::Address;
use crate::guard::Allow;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[test]
fn the_table() {
    let mut lines = 0;
    for line in include_str!("addresses.txt").lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let (wanted, url) = line.split_once(char::is_whitespace).unwrap();
        let got = match Address::parse(url, false) {
            Err(_) => "wrong",
            Ok(address) if address.check_literal(&Allow::Nothing).is_err() => "refused",
            Ok(_) => "good",
        };
        assert_eq!(got, wanted, "{url}");
        lines += 1;
    }
    assert!(lines >= 90, "{lines}");
}

#[test]
fn what_may_be_opened() {
    let nets = |list: &[&str]| Allow::Nets(list.iter().map(|n| n.parse().unwrap()).collect());
    let cases = [
        ("127.0.0.1", Allow::Private, true),
        ("10.1.2.3", Allow::Private, true),
        ("::1", Allow::Private, true),
        ("fd00::1", Allow::Private, true),
        ("::ffff:10.1.2.3", Allow::Private, true),
        ("169.254.169.254", Allow::Private, false),
        ("fe80::1", Allow::Private, false),
        ("0.0.0.0", Allow::Private, false),
        ("255.255.255.255", Allow::Private, false),
        ("224.0.0.1", Allow::Private, false),
        ("10.1.2.3", nets(&["10.1.0.0/16"]), true),
        ("::ffff:10.1.2.3", nets(&["10.1.0.0/16"]), true),
        ("10.2.2.3", nets(&["10.1.0.0/16"]), false),
        ("127.0.0.1", nets(&["10.1.0.0/16"]), false),
        ("169.254.169.254", nets(&["169.254.169.254/32"]), true),
        ("8.8.8.8", nets(&["10.1.0.0/16"]), true),
        ("224.0.0.1", nets(&["0.0.0.0/0"]), false),
        ("255.255.255.255", nets(&["0.0.0.0/0"]), false),
        ("ff02::1", nets(&["::/0"]), false),
        ("fd00::1", nets(&["::/0"]), true),
    ];
    for (ip, allow, wanted) in cases {
        assert_eq!(allow.check("h", ip.parse().unwrap()).is_ok(), wanted, "{ip} with {allow:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// However an IPv4 address is wrapped into an IPv6 one, it is judged alike.
    #[test]
    fn wrapping_changes_nothing(bits in any::<u32>()) {
        let v4 = Ipv4Addr::from(bits);
        let [a, b, c, d] = v4.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let plain = Allow::Nothing.check("h", IpAddr::V4(v4)).is_ok();
        for wrapped in [
            v4.to_ipv6_mapped(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        ] {
            prop_assert_eq!(Allow::Nothing.check("h", IpAddr::V6(wrapped)).is_ok(), plain, "{}", wrapped);
        }
    }

    /// Outside 2000::/3 nothing is reached, unless it wraps a public IPv4 address.
    #[test]
    fn only_global_unicast(bits in any::<u128>()) {
        let ip = Ipv6Addr::from(bits);
        let first = ip.segments()[0];
        prop_assume!(!(0x2000..=0x3fff).contains(&first) && first != 0x64 && first != 0 && ip.segments()[5] != 0x5efe);
        prop_assert!(Allow::Nothing.check("h", IpAddr::V6(ip)).is_err(), "{}", ip);
    }

    /// Every way to write an IPv4 address leads to the same verdict.
    #[test]
    fn spelling_changes_nothing(bits in any::<u32>()) {
        let v4 = Ipv4Addr::from(bits);
        let [a, b, c, d] = v4.octets();
        let plain = Allow::Nothing.check("h", IpAddr::V4(v4)).is_ok();
        for url in [
            format!("https://{v4}/"),
            format!("https://{bits}/"),
            format!("https://{bits:#x}/"),
            format!("https://0{bits:o}/"),
            format!("https://{a:#x}.{b}.0{c:o}.{d}/"),
            format!("https://{a}.{}/", bits & 0x00ff_ffff),
            format!("https://[::ffff:{v4}]/"),
        ] {
            let address = Address::parse(&url, false).unwrap();
            prop_assert_eq!(address.check_literal(&Allow::Nothing).is_ok(), plain, "{}", url);
        }
    }
}
