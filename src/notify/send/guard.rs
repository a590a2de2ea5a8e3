//! Where webhooks may go. People name the addresses, so they must not reach what only this machine can.

use crate::platform::config::NotifyConfig;
use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Ports of services that take commands over anything that resembles text.
const REFUSED_PORTS: [u16; 12] = [21, 22, 23, 25, 110, 143, 465, 587, 6379, 9200, 11_211, 27_017];

/// What the configuration allows.
#[derive(Clone, Debug, Default)]
pub(in crate::notify) struct Guard {
    private: bool,
    networks: Arc<[IpNet]>,
    http: bool,
}

/// Why an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::notify) enum Forbidden {
    /// It is no address.
    #[error("{0:?} is no https:// address")]
    Address(String),
    /// It is not secured.
    #[error("the address has to be https://, unless [notify] allow_http")]
    Plain,
    /// It names who signs in.
    #[error("the address must not hold a user or a password")]
    User,
    /// The port.
    #[error("port {0} is none of a webhook")]
    Port(u16),
    /// The host is not on the internet.
    #[error("{0} is not a public address; the operator can allow it in [notify] allow_networks")]
    Private(IpAddr),
}

impl Guard {
    /// What `config` allows.
    ///
    /// # Errors
    /// The network that is none.
    pub(in crate::notify) fn new(config: &NotifyConfig) -> Result<Self, String> {
        let network = |text: &String| {
            let one = || text.parse::<IpAddr>().map(IpNet::from);
            text.parse().or_else(|_| one()).map_err(|_| text.clone())
        };
        let networks: Result<Arc<[IpNet]>, _> = config.allow_networks.iter().map(network).collect();
        Ok(Self { private: config.allow_private, networks: networks?, http: config.allow_http })
    }

    /// The address a webhook may be sent to, as far as it can be told without resolving its host.
    pub(in crate::notify) fn url(&self, text: &str) -> Result<Url, Forbidden> {
        let url = Url::parse(text).map_err(|_| Forbidden::Address(text.to_owned()))?;
        match url.scheme() {
            "https" => {}
            "http" if self.http => {}
            "http" => return Err(Forbidden::Plain),
            _ => return Err(Forbidden::Address(text.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Forbidden::User);
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if port == 0 || REFUSED_PORTS.contains(&port) {
            return Err(Forbidden::Port(port));
        }
        let host = url.host_str().ok_or_else(|| Forbidden::Address(text.to_owned()))?;
        // Whatever way an address is written in, the URL holds it in the usual one by now.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Ok(ip) = literal {
            self.ip(ip)?;
        }
        Ok(url)
    }

    /// Whether a webhook may be sent there.
    pub(in crate::notify) fn ip(&self, ip: IpAddr) -> Result<(), Forbidden> {
        let meant = meant(ip);
        let listed = self.networks.iter().any(|network| network.contains(&ip) || network.contains(&meant));
        // Not even `private` opens what is no address of one machine.
        let nowhere = meant.is_unspecified() || meant.is_multicast() || meant == IpAddr::V4(Ipv4Addr::BROADCAST);
        if listed || !nowhere && (self.private || is_public(meant)) { Ok(()) } else { Err(Forbidden::Private(ip)) }
    }
}

/// The address behind one that only wraps it: IPv4-mapped, NAT64, 6to4.
fn meant(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    let wrapped = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => wrapped(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if (high, low) != (0, 0) && (high, low) != (0, 1) => wrapped(high, low),
        [0x2002, high, low, ..] => wrapped(high, low),
        _ => ip,
    }
}

/// Whether an address is one of the internet (IANA's registries of special purposes).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, ..)
    );
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Only 2000::/3 is given out; of it, not what is set apart for protocols, documentation and tunnels.
    let [first, second, ..] = ip.segments();
    let special = matches!((first, second), (0x2001, 0..=0x1ff | 0xdb8) | (0x2002 | 0x3fff, _));
    first & 0xe000 == 0x2000 && !special
}

/// Resolves names to addresses that may be reached, and to no others. A connection is opened to what was looked at here, so
/// a name cannot mean something else meanwhile.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let mut refused = None;
            let mut allowed = Vec::new();
            for address in found {
                match guard.ip(address.ip()) {
                    Ok(()) => allowed.push(address),
                    Err(forbidden) => refused = Some(forbidden),
                }
            }
            match refused {
                // One address that may be reached beside one that may not: whoever answers so plays a game.
                Some(forbidden) => Err(forbidden.into()),
                None => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(networks: &[&str], private: bool) -> Guard {
        let allow_networks = networks.iter().map(ToString::to_string).collect();
        let config = NotifyConfig { allow_networks, allow_private: private, ..NotifyConfig::default() };
        Guard::new(&config).unwrap()
    }

    #[test]
    fn only_the_internet_is_reached() {
        let guard = guard(&[], false);
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.1.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2002:c0a8:101::1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "fec0::1",
            "3fff::1",
            "64:ff9b:1::1",
        ] {
            assert_eq!(guard.ip(ip.parse().unwrap()), Err(Forbidden::Private(ip.parse().unwrap())), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.1.0.1",
            "198.20.0.1",
            "223.255.255.254",
            "2400:3200::1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert_eq!(guard.ip(ip.parse().unwrap()), Ok(()), "{ip}");
        }
    }

    #[test]
    fn the_operator_may_allow_more() {
        let listed = guard(&["10.20.0.0/16", "127.0.0.1", "fd00::/8"], false);
        for (ip, allowed) in [
            ("10.20.3.4", true),
            ("::ffff:10.20.3.4", true),
            ("10.21.0.1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("fd00::1", true),
        ] {
            assert_eq!(listed.ip(ip.parse().unwrap()).is_ok(), allowed, "{ip}");
        }
        let private = guard(&[], true);
        assert!(private.ip("192.168.1.1".parse().unwrap()).is_ok());
        assert!(private.ip("224.0.0.1".parse().unwrap()).is_err() && private.ip("0.0.0.0".parse().unwrap()).is_err());
        let wrong = NotifyConfig { allow_networks: vec!["10.0.0.0/40".into()], ..NotifyConfig::default() };
        assert_eq!(Guard::new(&wrong).unwrap_err(), "10.0.0.0/40");
    }

    #[test]
    fn an_address_is_what_it_means_however_it_is_written() {
        let guard = guard(&[], false);
        for (url, forbidden) in [
            ("http://example.org/", Forbidden::Plain),
            ("https://u:p@example.org/", Forbidden::User),
            ("https://example.org:22/", Forbidden::Port(22)),
            ("https://127.1/", Forbidden::Private(Ipv4Addr::LOCALHOST.into())),
            ("https://2130706433/", Forbidden::Private(Ipv4Addr::LOCALHOST.into())),
            ("https://0x7f.0.0.1/", Forbidden::Private(Ipv4Addr::LOCALHOST.into())),
            ("https://[::1]/", Forbidden::Private(Ipv6Addr::LOCALHOST.into())),
        ] {
            assert_eq!(guard.url(url).unwrap_err(), forbidden, "{url}");
        }
        for wrong in ["", "example.org", "ftp://example.org", "file:///etc/passwd", "https://"] {
            assert!(matches!(guard.url(wrong), Err(Forbidden::Address(_))), "{wrong}");
        }
        assert!(guard.url("https://example.org:8443/hook?x=1").is_ok());
        assert!(Guard { http: true, ..guard }.url("http://example.org/").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_when_it_is_resolved() {
        let name = || "localhost".parse::<Name>().unwrap();
        let Err(error) = guard(&[], false).resolve(name()).await else { panic!("resolved") };
        assert!(matches!(error.downcast_ref(), Some(Forbidden::Private(_))), "{error}");
        assert!(guard(&["127.0.0.0/8", "::1"], false).resolve(name()).await.is_ok());
    }
}
