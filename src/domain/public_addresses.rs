//! Addresses of machines that everybody can reach, and those that only the operator's own network leads to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::IpNet;

/// Networks that are nobody's on the Internet, or everybody's own: loopback, private, link-local, shared, reserved, for
/// documentation and benchmarks, multicast.
const SPECIAL: [&str; 26] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

static NETWORKS: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| SPECIAL.iter().filter_map(|network| network.parse().ok()).collect());

/// Whether an address is one of the Internet. One that carries an IPv4 address leads to that.
pub fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let carried = match address {
        IpAddr::V6(address) => carried_address(address),
        IpAddr::V4(_) => None,
    };
    let is_special = |address: &IpAddr| NETWORKS.iter().any(|network| network.contains(address));
    !is_special(&address) && carried.is_none_or(|carried| !is_special(&IpAddr::V4(carried)))
}

/// The IPv4 address that a translator (NAT64) or a tunnel (6to4) finds in an IPv6 address.
fn carried_address(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{NETWORKS, SPECIAL, is_public};

    #[test]
    fn only_the_internet_is_public() {
        assert_eq!(NETWORKS.len(), SPECIAL.len());
        for (address, expected) in [
            ("1.1.1.1", true),
            ("91.189.91.38", true),
            ("172.32.0.1", true),
            ("2620:2d:4000:1::2b", true),
            ("64:ff9b::101:101", true),
            ("2002:101:101::1", true),
            ("127.0.0.1", false),
            ("127.8.9.1", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.31.255.255", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::127.0.0.1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("2002:a00:1::1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }
}
