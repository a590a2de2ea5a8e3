//! Where a request came from, when a proxy stands in front.

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Puts the address that a trusted proxy names in the place of the proxy's own: sign-ins are throttled by it, and the audit log
/// has it.
pub(super) async fn look_behind(State(trusted): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
    let proxy = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    if let Some(proxy) = proxy
        && let Some(client) = client(&trusted, proxy.ip(), request.headers())
    {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, proxy.port())));
    }
    next.run(request).await
}

/// Each proxy adds whom it heard from at the end, and what stands before may be anybody's invention: it is the last that is no
/// proxy of ours.
fn client(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let is_ours = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    if !is_ours(peer.to_canonical()) {
        return None;
    }
    let mut hops = Vec::new();
    for value in headers.get_all(FORWARDED_FOR) {
        hops.extend(value.to_str().ok()?.split(',').map(str::trim));
    }
    for hop in hops.into_iter().rev() {
        let address = address(hop)?.to_canonical();
        if !is_ours(address) {
            return Some(address);
        }
    }
    None
}

/// An address as proxies write it: alone, or with a port.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(trusted: &[&str], peer: &str, headers: &[&str]) -> Option<String> {
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(FORWARDED_FOR, header.parse().unwrap());
        }
        client(&trusted, peer.parse().unwrap(), &map).map(|address| address.to_string())
    }

    #[test]
    fn the_last_address_that_is_no_proxy_of_ours_counts() {
        let ours = ["127.0.0.0/8", "10.1.0.0/16"];
        for (headers, client) in [
            (&["203.0.113.7"][..], Some("203.0.113.7")),
            (&["1.2.3.4, 203.0.113.7"], Some("203.0.113.7")),
            (&["1.2.3.4, 203.0.113.7, 10.1.0.9"], Some("203.0.113.7")),
            (&["1.2.3.4", "203.0.113.7:49152"], Some("203.0.113.7")),
            (&["[2001:db8::7]:443"], Some("2001:db8::7")),
            (&["::ffff:203.0.113.7"], Some("203.0.113.7")),
            (&["10.1.0.9"], None),
            (&["203.0.113.7, unknown"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(told(&ours, "127.0.0.1", headers).as_deref(), client, "{headers:?}");
        }
        assert_eq!(told(&ours, "::ffff:127.0.0.1", &["203.0.113.7"]).as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn nobody_else_says_where_they_come_from() {
        assert_eq!(told(&["127.0.0.0/8"], "203.0.113.7", &["1.2.3.4"]), None);
        assert_eq!(told(&[], "127.0.0.1", &["1.2.3.4"]), None);
    }
}
