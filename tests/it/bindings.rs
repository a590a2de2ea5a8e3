//! Bindings and clients through the API and as CSV, and what they mean to a connected client.

use crate::harness::{ADMIN, Sensor, Server, instrument, now_ms};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

impl Server {
    /// Adds an instrument without connecting its sensor.
    async fn add_only(&self, id: &str) -> Value {
        let (status, added) = self.post("/api/v1/instruments", Some(ADMIN), &instrument(id)).await;
        assert_eq!(status, 201, "{added}");
        added["credentials"].clone()
    }

    /// Adds a client and returns its token.
    async fn add_client(&self, id: &str) -> String {
        let (status, added) = self.post("/api/v1/clients", Some(ADMIN), &json!({"client_id": id})).await;
        assert_eq!(status, 201, "{added}");
        added["token"].as_str().unwrap().to_owned()
    }

    async fn import(&self, csv: &str, dry_run: bool) -> (u16, Value) {
        let request = self.client.post(self.url(&format!("/api/v1/bindings.csv?dry_run={dry_run}")));
        let response = request.bearer_auth(ADMIN).body(csv.to_owned()).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn export(&self) -> String {
        self.client.get(self.url("/api/v1/bindings.csv")).send().await.unwrap().text().await.unwrap()
    }
}

#[tokio::test]
async fn a_binding_is_found_changed_and_taken_away() {
    let server = Server::start().await;
    for id in ["sem-1", "sem-2"] {
        server.add_only(id).await;
    }
    let (_, own) = server.get("/api/v1/bindings/sem-1").await;
    assert_eq!(
        own,
        json!({"instrument": "sem-1", "client_id": "sem-1", "dialect": "dayi", "prefix": "sem-1", "channel": "", "volts": 230.0, "power_factor": 1.0})
    );
    server.add_client("gate/7").await;
    let to_gateway = json!({"client_id": "gate/7", "dialect": "tasmota", "prefix": "plug", "channel": "1"});
    let (status, changed) = server.put("/api/v1/bindings/sem-1", &to_gateway).await;
    assert_eq!((status, &changed["client_id"], &changed["volts"]), (200, &json!("gate/7"), &json!(230.0)));
    assert_eq!(server.put("/api/v1/bindings/sem-1", &to_gateway).await.0, 200);

    let (_, page) = server.get("/api/v1/bindings?q=PLUG").await;
    assert_eq!((&page["total"], &page["items"][0]["instrument"]), (&json!(1), &json!("sem-1")));
    let (_, page) = server.get("/api/v1/bindings?client=sem-2&dialect=dayi").await;
    assert_eq!(page["items"][0]["instrument"], "sem-2");
    let (_, page) = server.get("/api/v1/bindings?limit=1&offset=1").await;
    assert_eq!((&page["total"], &page["items"][0]["instrument"]), (&json!(2), &json!("sem-2")));

    assert_eq!(server.delete("/api/v1/clients/gate%2F7").await.0, 409, "it reports for sem-1");
    assert_eq!(server.delete("/api/v1/bindings/sem-1").await.0, 204);
    assert_eq!(server.get("/api/v1/bindings/sem-1").await.0, 404);
    assert_eq!(server.delete("/api/v1/bindings/sem-1").await.0, 404);
    let server = server.restart().await;
    assert_eq!(server.get("/api/v1/bindings/sem-1").await.0, 404);
    assert_eq!(server.put("/api/v1/bindings/sem-1", &to_gateway).await.0, 201);
    let (_, clients) = server.get("/api/v1/clients").await;
    let counts: Vec<_> = clients["items"].as_array().unwrap().iter().map(|one| one["bindings"].clone()).collect();
    assert_eq!(counts, [1, 0, 1]);
    assert_eq!(server.delete("/api/v1/clients/sem-1").await.0, 204);
    assert_eq!(server.delete("/api/v1/clients/sem-1").await.0, 404);
    server.app.stop().await;
}

#[tokio::test]
async fn what_cannot_be_bound_is_said_why() {
    let server = Server::start().await;
    for id in ["sem-1", "sem-2"] {
        server.add_only(id).await;
    }
    server.add_client("gw").await;
    let good = json!({"client_id": "gw", "dialect": "tasmota", "prefix": "plug"});
    assert_eq!(server.put("/api/v1/bindings/sem-1", &good).await.0, 200);
    let with = |key: &str, value: Value| {
        let mut binding = good.clone();
        binding[key] = value;
        binding
    };
    for (instrument, binding, status, says) in [
        ("nobody", good.clone(), 404, "no instrument"),
        ("sem-2", good.clone(), 409, "sensor of the instrument sem-1"),
        ("sem-2", with("client_id", json!("gw-2")), 422, "POST /api/v1/clients"),
        ("sem-2", with("dialect", json!("morse")), 422, "zigbee2mqtt"),
        ("sem-2", with("prefix", json!("a/#")), 422, "prefix is"),
        ("sem-2", with("channel", json!("first")), 422, "place in an array"),
        ("sem-2", with("volts", json!(0)), 422, "volts is"),
        ("sem-2", with("power_factor", json!(2)), 422, "power_factor is"),
        ("sem-2", with("amps", json!(2)), 422, "amps"),
    ] {
        let (got, problem) = server.put(&format!("/api/v1/bindings/{instrument}"), &binding).await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(got == status && detail.contains(says), "{got} {detail}");
    }
    assert_eq!(server.post("/api/v1/clients", Some(ADMIN), &json!({"client_id": "gw"})).await.0, 409);
    assert_eq!(server.post("/api/v1/clients", Some(ADMIN), &json!({"client_id": ""})).await.0, 422);
    assert_eq!(server.post("/api/v1/clients", None, &json!({"client_id": "x"})).await.0, 401);
    assert_eq!(server.post("/api/v1/clients/nobody/token", Some(ADMIN), &json!({})).await.0, 404);
    server.app.stop().await;
}

#[tokio::test]
async fn a_file_is_reported_row_by_row_and_written_whole_or_not_at_all() {
    let server = Server::start().await;
    for id in ["sem-1", "sem-2", "sem-3"] {
        server.add_only(id).await;
    }
    server.add_client("gw").await;
    let before = server.export().await;
    assert!(before.starts_with("instrument,client_id,dialect,prefix,channel,volts,power_factor\nsem-1,sem-1,dayi,"));
    assert_eq!(server.import(&before, false).await.1["unchanged"], 3);

    let wrong = "\u{feff}instrument,client_id,dialect,prefix,channel,volts\n\
        sem-1, gw, tasmota, plug, 0, 230\n\
        sem-9,gw,morse,plug,1,230\n\
        sem-2,gw,tasmota,plug,0,many\n\
        sem-3,gw,tasmota,plug,0,230\n\
        sem-3,gw,tasmota,plug,2,\n";
    for dry_run in [true, false] {
        let (status, report) = server.import(wrong, dry_run).await;
        assert_eq!(status, if dry_run { 200 } else { 422 });
        assert_eq!((&report["written"], &report["wrong"], &report["changed"]), (&json!(false), &json!(4), &json!(1)));
        let rows = report["rows"].as_array().unwrap();
        assert_eq!((&rows[0]["line"], &rows[0]["outcome"]), (&json!(2), &json!("changed")));
        assert_eq!(rows[1]["problems"].as_array().unwrap().len(), 2, "{}", rows[1]);
        assert!(rows[2]["problems"][0].as_str().unwrap().contains("volts"), "{}", rows[2]);
        assert!(rows[3]["problems"][0].as_str().unwrap().contains("twice"), "{}", rows[3]);
        assert_eq!(rows[4]["line"], 6);
    }
    assert_eq!(server.export().await, before, "nothing was written");

    let right = "instrument,client_id,dialect,prefix,channel\nsem-1,gw,tasmota,plug,0\nsem-2,gw,tasmota,plug,1\n";
    assert_eq!(server.import(right, true).await.1["written"], false);
    let (status, report) = server.import(right, false).await;
    assert_eq!((status, &report["written"], &report["changed"]), (200, &json!(true), &json!(2)));
    let swapped = "instrument,client_id,dialect,prefix,channel\nsem-1,gw,tasmota,plug,1\nsem-2,gw,tasmota,plug,0\n";
    assert_eq!(server.import(swapped, false).await.1["changed"], 2, "two may change places");
    let after = server.export().await;
    let server = server.restart().await;
    assert_eq!(server.export().await, after);

    for (file, says) in
        [("instrument,client_id\n", "dialect"), ("instrument,client_id,dialect,colour\n", "colour"), ("", "instrument")]
    {
        let (status, problem) = server.import(file, false).await;
        assert!(status == 400 && problem["detail"].as_str().unwrap().contains(says), "{problem}");
    }
    server.app.stop().await;
}

/// What a client that nobody else wrote sees of its session.
struct Watched {
    client: AsyncClient,
    events: rumqttc::EventLoop,
}

impl Watched {
    fn new(server: &Server, client_id: &str, user: &str, password: &str) -> Self {
        let mut options = MqttOptions::new(client_id, server.app.mqtt.ip().to_string(), server.app.mqtt.port());
        options.set_credentials(user, password);
        let (client, events) = AsyncClient::new(options, 16);
        Self { client, events }
    }

    /// The next packet; `None` when the connection ended.
    async fn next(&mut self) -> Option<Packet> {
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(packet)) => return Some(packet),
                Ok(Event::Outgoing(_)) => {}
                Err(_) => return None,
            }
        }
    }
}

#[tokio::test]
async fn a_changed_binding_ends_the_session_and_holds_from_the_next_connection_on() {
    let server = Server::start().await;
    server.add_only("sem-1").await;
    let token = server.add_client("gw").await;
    let mut live = server.live().await;
    live.next("snapshot").await;
    live.send(json!({"type": "watch", "instrument": "sem-1"})).await;
    live.done().await;

    let mut connected = Watched::new(&server, "gw", "dayi", &token);
    assert!(matches!(connected.next().await, Some(Packet::ConnAck(_))));
    let binding = json!({"client_id": "gw", "dialect": "tasmota", "prefix": "plug"});
    assert_eq!(server.put("/api/v1/bindings/sem-1", &binding).await.0, 200);
    assert_eq!(connected.next().await, None, "the session ended");

    let mut sensor = Sensor::connect(server.app.mqtt, "gw", &token).await;
    sensor.publish("tele/plug/SENSOR", r#"{"ENERGY":{"Current":2.5}}"#).await;
    assert_eq!(live.next("reading").await["readings"][0][1], 2.5);

    let mut renewed = Watched::new(&server, "gw", "dayi", &token);
    assert!(matches!(renewed.next().await, Some(Packet::ConnAck(_))));
    let (status, fresh) = server.post("/api/v1/clients/gw/token", Some(ADMIN), &json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(renewed.next().await, None, "the old token's session ended");
    assert_eq!(renewed.next().await, None, "and it opens nothing any more");
    let mut renewed = Watched::new(&server, "gw", "dayi", fresh["token"].as_str().unwrap());
    assert!(matches!(renewed.next().await, Some(Packet::ConnAck(_))));
    server.app.stop().await;
}

/// A Sparkplug payload of metrics: name, alias and value; each message a second after the one before it.
fn sparkplug(seq: u8, metrics: &[(&str, u8, f64)]) -> Vec<u8> {
    let mut payload = vec![0x18, seq, 0x08];
    let mut timestamp = now_ms() - 60_000 + 1000 * i64::from(seq);
    while timestamp >= 0x80 {
        payload.push(u8::try_from(timestamp & 0x7f | 0x80).unwrap());
        timestamp >>= 7;
    }
    payload.push(u8::try_from(timestamp).unwrap());
    for (name, alias, value) in metrics {
        let mut metric = vec![0x10, *alias, 0x69];
        metric.extend(value.to_le_bytes());
        if !name.is_empty() {
            metric.extend([0x0a, u8::try_from(name.len()).unwrap()]);
            metric.extend(name.as_bytes());
        }
        payload.extend([0x12, u8::try_from(metric.len()).unwrap()]);
        payload.extend(metric);
    }
    payload
}

#[tokio::test]
async fn every_dialect_reaches_its_instrument_through_one_gateway() {
    let server = Server::start().await;
    let token = server.add_client("gw").await;
    let birth = sparkplug(0, &[]);
    let born = sparkplug(1, &[("current", 7, 1.0)]);
    let data = sparkplug(2, &[("", 7, 1.25)]);
    let cbor = b"\xa1\x67current\xf9\x3d\x00";
    type Said<'a> = (&'a str, &'a str, &'a str, Vec<(&'a str, &'a [u8])>);
    let said: Vec<Said<'_>> = vec![
        ("dayi", "", "", vec![("dayi/v1/i0/telemetry/cbor", cbor)]),
        ("tasmota", "lab/plug", "1", vec![("tele/lab/plug/SENSOR", br#"{"ENERGY":{"Current":[9,1.25]}}"#)]),
        ("shelly-gen1", "s1", "", vec![("shellies/s1/relay/0/power", b"287.5")]),
        ("shelly", "s2", "", vec![("s2/status/switch:0", br#"{"apower":287.5,"voltage":230,"current":1.25}"#)]),
        ("zigbee2mqtt", "zigbee2mqtt/lab/3", "", vec![("zigbee2mqtt/lab/3", br#"{"state":"ON","current":1.25}"#)]),
        ("esphome", "e", "phase@W", vec![("e/sensor/phase/state", b"287.5")]),
        (
            "sparkplug",
            "g/n/d",
            "",
            vec![("spBv1.0/g/NBIRTH/n", &birth), ("spBv1.0/g/DBIRTH/n/d", &born), ("spBv1.0/g/DDATA/n/d", &data)],
        ),
        ("senml", "any/topic", "", vec![("any/topic", br#"[{"bn":"urn:dev:x:","n":"current","u":"A","v":1.25}]"#)]),
        ("thingsboard", "v1/devices/me", "", vec![("v1/devices/me/telemetry", br#"{"current":1.25}"#)]),
        (
            "aliyun",
            "k/d",
            "",
            vec![("/sys/k/d/thing/event/property/post", br#"{"params":{"current":{"value":1.25}}}"#)],
        ),
        ("onenet", "p/d", "Ia@mA", vec![("$sys/p/d/thing/property/post", br#"{"params":{"Ia":{"value":"1250"}}}"#)]),
        (
            "huawei",
            "d",
            "",
            vec![(
                "$oc/devices/d/sys/properties/report",
                br#"{"services":[{"service_id":"s","properties":{"current":1.25}}]}"#,
            )],
        ),
        ("jetlinks", "p/d", "", vec![("/p/d/properties/report", br#"{"properties":{"current":1.25}}"#)]),
    ];
    assert_eq!(said.len(), dayi::domain::DialectKind::ALL.len());
    let mut file = "instrument,client_id,dialect,prefix,channel\n".to_owned();
    for (at, (dialect, prefix, channel, _)) in said.iter().enumerate() {
        server.add_only(&format!("i{at}")).await;
        file += &format!("i{at},gw,{dialect},{prefix},{channel}\n");
    }
    let (status, report) = server.import(&file, false).await;
    assert_eq!(status, 200, "{report}");

    let mut live = server.live().await;
    live.next("snapshot").await;
    let mut gateway = Sensor::connect(server.app.mqtt, "gw", &token).await;
    for (at, (dialect, _, _, messages)) in said.iter().enumerate() {
        live.send(json!({"type": "watch", "instrument": format!("i{at}")})).await;
        live.done().await;
        for (topic, payload) in messages {
            gateway.publish(topic, *payload).await;
        }
        loop {
            let reading = live.next("reading").await;
            assert_eq!(reading["id"], format!("i{at}"), "{dialect}");
            let last = reading["readings"].as_array().unwrap().last().unwrap()[1].as_f64().unwrap();
            if (last - 1.25).abs() < 1e-6 {
                break;
            }
            assert!(*dialect == "sparkplug" && (last - 1.0).abs() < 1e-6, "{dialect} {reading}");
        }
    }
    let (_, refused) = server.get("/api/v1/ingest/refusals").await;
    assert_eq!(refused["counts"], json!({}));
    server.app.stop().await;
}

#[tokio::test]
async fn a_node_without_a_birth_is_asked_for_one() {
    let server = Server::start().await;
    server.add_only("sem-1").await;
    let token = server.add_client("node").await;
    let binding = json!({"client_id": "node", "dialect": "sparkplug", "prefix": "g/n/d"});
    assert_eq!(server.put("/api/v1/bindings/sem-1", &binding).await.0, 200);
    let mut node = Watched::new(&server, "node", "dayi", &token);
    assert!(matches!(node.next().await, Some(Packet::ConnAck(_))));
    node.client.subscribe("spBv1.0/g/NCMD/n/#", QoS::AtMostOnce).await.unwrap();
    assert!(matches!(node.next().await, Some(Packet::SubAck(_))));
    node.client.publish("spBv1.0/g/DDATA/n/d", QoS::AtMostOnce, false, sparkplug(7, &[("", 1, 1.0)])).await.unwrap();
    let Some(Packet::Publish(asked)) = node.next().await else { panic!("not asked") };
    assert_eq!(asked.topic, "spBv1.0/g/NCMD/n");
    assert!(asked.payload.windows(20).any(|part| part == b"Node Control/Rebirth"));
    server.app.stop().await;
}

#[tokio::test]
async fn a_thingsboard_device_shows_its_token_as_the_user_name() {
    let server = Server::start().await;
    let credentials = server.add_only("sem-1").await;
    let token = credentials["token"].as_str().unwrap();
    let mut stranger = Watched::new(&server, "any-id", token, "");
    assert_eq!(stranger.next().await, None, "its sensor does not speak so");
    let binding = json!({"client_id": "sem-1", "dialect": "thingsboard", "prefix": "v1/devices/me"});
    assert_eq!(server.put("/api/v1/bindings/sem-1", &binding).await.0, 200);
    let mut device = Watched::new(&server, "any-id", token, "");
    assert!(matches!(device.next().await, Some(Packet::ConnAck(_))));
    let payload = format!(r#"{{"ts":{},"values":{{"current":1.5}}}}"#, now_ms());
    device.client.publish("v1/devices/me/telemetry", QoS::AtLeastOnce, false, payload).await.unwrap();
    assert!(matches!(device.next().await, Some(Packet::PubAck(_))));
    server.app.stop().await;
}
