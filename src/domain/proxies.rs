//! Proxies, and whom they relay: where a request comes from when others pass it on.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

/// Proxies that are believed: those on this machine, and those that the operator lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Arc<[IpNet]>);

impl Proxies {
    /// Believes proxies in these networks, too.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks.into())
    }

    /// Whether a peer is believed.
    pub fn are_at(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.0.iter().any(|network| network.contains(&peer))
    }

    /// Who sent what a peer brings. `relayed` is what the proxies say on the way, the last of them last: each adds at the end whom
    /// it heard from, and what stands before that anybody can write. Nobody can say when the word that counts is no address.
    pub fn find_client(&self, peer: IpAddr, relayed: &[&str]) -> Option<IpAddr> {
        let mut client = peer.to_canonical();
        for text in relayed.iter().rev() {
            if !self.are_at(client) {
                break;
            }
            let before = text.trim().parse::<IpAddr>().ok()?.to_canonical();
            // Another machine's loopback address is that machine, not this one.
            if before.is_loopback() && !client.is_loopback() {
                break;
            }
            client = before;
        }
        Some(client)
    }
}

#[cfg(test)]
mod tests {
    use super::Proxies;

    #[test]
    fn the_last_word_of_a_believed_proxy_counts() {
        let proxies = Proxies::new(["10.0.0.0/24", "2001:db8::/64"].map(|text| text.parse().unwrap()).to_vec());
        for (peer, relayed, expected) in [
            ("192.0.2.1", vec![], Some("192.0.2.1")),
            ("192.0.2.1", vec!["198.51.100.1"], Some("192.0.2.1")),
            ("127.0.0.1", vec!["198.51.100.1"], Some("198.51.100.1")),
            ("10.0.0.7", vec!["198.51.100.1"], Some("198.51.100.1")),
            ("10.0.1.7", vec!["198.51.100.1"], Some("10.0.1.7")),
            ("::ffff:10.0.0.7", vec!["198.51.100.1"], Some("198.51.100.1")),
            ("2001:db8::7", vec!["2001:db8:0:1::1"], Some("2001:db8:0:1::1")),
            // One proxy behind the other, and what the client itself wrote before them.
            ("127.0.0.1", vec!["203.0.113.9", "198.51.100.1", "10.0.0.7"], Some("198.51.100.1")),
            ("10.0.0.7", vec!["203.0.113.9", "198.51.100.1", "127.0.0.1"], Some("10.0.0.7")),
            ("127.0.0.1", vec!["127.0.0.1", "10.0.0.7"], Some("10.0.0.7")),
            ("127.0.0.1", vec!["127.0.0.1"], Some("127.0.0.1")),
            ("127.0.0.1", vec!["nonsense"], None),
            ("10.0.0.7", vec!["198.51.100.1", ""], None),
        ] {
            let found = proxies.find_client(peer.parse().unwrap(), &relayed);
            assert_eq!(found, expected.map(|text| text.parse().unwrap()), "{peer} {relayed:?}");
        }
    }

    #[test]
    fn where_nobody_lists_any_there_are_those_on_this_machine() {
        for (peer, expected) in [("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("10.0.0.7", false)] {
            assert_eq!(Proxies::default().are_at(peer.parse().unwrap()), expected, "{peer}");
        }
    }
}
