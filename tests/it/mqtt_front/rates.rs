//! How often somebody may come, and how often a login may fail.

use super::bench::Bench;
use super::wire::{Version, Wire};
use dayi::ingest::Reason;

#[tokio::test]
async fn an_address_may_connect_so_often() {
    let bench = Bench::with(|config| (config.connects_per_s, config.connects_burst) = (0, 3));
    let mut let_in = Vec::new();
    for n in 0..3 {
        let_in.push(bench.v4(&format!("s-{n}")).await);
    }
    let mut wire = Wire::open(bench.addr, Version::V4).await;
    assert_eq!(wire.packet().await, None);
    assert_eq!(bench.refusals.of("@127.0.0.1").unwrap().counts[&Reason::TooFast], 1);
    let_in[0].nothing_more().await;
}

#[tokio::test]
async fn the_default_lets_ten_thousand_sensors_come_back_at_once() {
    let config = dayi::ingest::FrontConfig::default();
    assert!(config.connects_burst + 60 * config.connects_per_s >= 10_000);
}

#[tokio::test]
async fn failed_logins_are_answered_so_often_and_good_ones_always() {
    let bench = Bench::with(|config| (config.failed_logins_per_s, config.failed_logins_burst) = (0, 2));
    for (version, codes) in [(Version::V5, [0x87, 0x87, 0x9f]), (Version::V4, [3, 3, 3])] {
        for (n, code) in codes.into_iter().enumerate() {
            let mut wire = Wire::open(bench.addr, version).await;
            wire.connect(format!("guess-{version:?}-{n}").as_str()).await;
            assert_eq!(wire.connack().await, code);
        }
    }
    bench.v5("s-a").await.leave().await;
    assert_eq!((bench.refusals.count(Reason::UnknownClient), bench.refusals.count(Reason::TooFast)), (2, 4));
    assert!(bench.refusals.of("guess-V4-0").is_none(), "guesses leave no name behind");
}
