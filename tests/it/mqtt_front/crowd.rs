//! Many sensors, and subscribers of everything beside them. Prints how long an acknowledgement takes and what the process
//! holds, with nobody listening, with one who listens, and with one more who does not read:
//! `DAYI_SENSORS=9900 DAYI_ROUNDS=30 cargo test --release --test it many_sensors -- --nocapture`.

use super::bench::Bench;
use super::wire::{Version, Wire};
use std::time::{Duration, Instant};

fn from_env(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

fn memory_mb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
}

/// Every sensor publishes once and waits for its PUBACK, `rounds` times.
async fn publish_all(sensors: Vec<(usize, Wire)>, rounds: usize, told: &str) -> Vec<(usize, Wire)> {
    let start = Instant::now();
    let tasks: Vec<_> = sensors
        .into_iter()
        .map(|(n, mut wire)| {
            tokio::spawn(async move {
                let topic = format!("dayi/v1/s-{n}/telemetry");
                let mut took = Vec::with_capacity(rounds);
                for _ in 0..rounds {
                    let sent = Instant::now();
                    wire.say(&topic, br#"{"ts":1700000000000,"current":1.234,"seq":1}"#).await;
                    took.push(sent.elapsed());
                }
                ((n, wire), took)
            })
        })
        .collect();
    let (mut sensors, mut took): (Vec<_>, Vec<Duration>) = (Vec::new(), Vec::new());
    for task in tasks {
        let (sensor, its) = task.await.unwrap();
        sensors.push(sensor);
        took.extend(its);
    }
    took.sort_unstable();
    let at = |part: usize| took[(took.len() - 1) * part / 1000];
    println!(
        "{told}: {:.0} acknowledged a second, median {:?}, p99 {:?}, {} MB",
        took.len() as f64 / start.elapsed().as_secs_f64(),
        at(500),
        at(990),
        memory_mb()
    );
    sensors
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sensors_do_not_notice_who_listens() {
    let (count, rounds) = (from_env("DAYI_SENSORS", 200), from_env("DAYI_ROUNDS", 5));
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let bench = Bench::new();
    println!("before: {} MB", memory_mb());
    let mut sensors = Vec::new();
    for n in 0..count {
        sensors.push((n, bench.v4(&format!("s-{n}")).await));
    }
    println!("{count} connected: {} MB with their clients", memory_mb());
    sensors = publish_all(sensors, rounds, "nobody listens").await;
    let mut listener = bench.client(Version::V5, "svc-listener").await;
    listener.subscribe(&["dayi/v1/+/telemetry"], 0).await;
    let listening = tokio::spawn(async move {
        let mut heard = 0_u64;
        while listener.packet().await.is_some() {
            heard += 1;
        }
        heard
    });
    sensors = publish_all(sensors, rounds, "one listens").await;
    let mut slow = bench.v4("svc-slow").await;
    slow.subscribe(&["dayi/v1/#"], 0).await;
    sensors = publish_all(sensors, rounds, "and one does not read").await;
    assert_eq!(sensors.len(), count);
    drop((sensors, slow));
    bench.stop.cancel();
    bench.running.await.unwrap();
    let heard = listening.await.unwrap();
    println!("the listener heard {heard} of {}", 2 * count * rounds);
    assert!(heard > 0);
}
