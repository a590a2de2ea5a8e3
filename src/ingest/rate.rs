//! How often things may happen: buckets of tokens that fill with time.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use tokio::time::Instant;

/// Addresses remembered at a time.
const MOST_ADDRESSES: usize = 65_536;

/// How often something may happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// In a second, for ever.
    pub(super) per_s: u32,
    /// At once, after a rest.
    pub(super) burst: u32,
}

/// The tokens that are left of one rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: rate.burst.into(), at: now }
    }

    /// Takes a token if there is one.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * f64::from(rate.per_s);
        (self.tokens, self.at) = ((self.tokens + gained).min(rate.burst.into()), now);
        let may = self.tokens >= 1.0;
        if may {
            self.tokens -= 1.0;
        }
        may
    }
}

/// A bucket an address.
pub(super) struct ByAddress {
    rate: Rate,
    buckets: HashMap<IpAddr, Bucket>,
}

impl ByAddress {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, buckets: HashMap::new() }
    }

    pub(super) fn take(&mut self, address: IpAddr, now: Instant) -> bool {
        let (rate, address) = (self.rate, network(address));
        if self.buckets.len() >= MOST_ADDRESSES && !self.buckets.contains_key(&address) {
            // Whose bucket is full again is as good as forgotten; if all are in use they begin anew.
            let filling = |bucket: &Bucket| {
                now.saturating_duration_since(bucket.at).as_secs_f64() * f64::from(rate.per_s) + bucket.tokens
                    < rate.burst.into()
            };
            self.buckets.retain(|_, bucket| filling(bucket));
            if self.buckets.len() >= MOST_ADDRESSES {
                self.buckets.clear();
            }
        }
        self.buckets.entry(address).or_insert_with(|| Bucket::full(rate, now)).take(rate, now)
    }
}

/// The part of an address that one owner has: a whole one of IPv4, 64 bits of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_and_then_a_steady_rate() {
        let now = Instant::now();
        let mut rates = ByAddress::new(Rate { per_s: 10, burst: 3 });
        let (a, b): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert_eq!([0; 4].map(|_| rates.take(a, now)), [true, true, true, false]);
        assert!(rates.take(b, now), "another address");
        let later = now + Duration::from_millis(200);
        assert_eq!([0; 3].map(|_| rates.take(a, later)), [true, true, false]);
    }

    #[test]
    fn an_owner_of_many_addresses_counts_once() {
        let now = Instant::now();
        let mut rates = ByAddress::new(Rate { per_s: 1, burst: 1 });
        assert!(rates.take("2001:db8::1".parse().unwrap(), now));
        assert!(!rates.take("2001:db8::2".parse().unwrap(), now));
        assert!(rates.take("2001:db8:0:1::1".parse().unwrap(), now));
    }

    #[test]
    fn addresses_are_remembered_within_bounds() {
        let now = Instant::now();
        let mut rates = ByAddress::new(Rate { per_s: 1, burst: 1 });
        for n in 0..2 * MOST_ADDRESSES {
            rates.take(std::net::Ipv4Addr::from_bits(u32::try_from(n).unwrap()).into(), now);
        }
        assert!(rates.buckets.len() <= MOST_ADDRESSES);
    }
}
