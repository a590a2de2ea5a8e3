use super::fake_server::FakeServer;
use super::{Client, ClientOptions, Login, MqttError, QoS, Refusal, Secret, Will};
use rumqttc::mqttbytes;
use rumqttc::mqttbytes::v4::{ConnectReturnCode, Packet};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

fn options() -> ClientOptions {
    ClientOptions {
        login: Some(Login { username: "dayi".into(), password: Secret::new("token-1") }),
        will: Some(Will { topic: "dayi/v1/i00001/status".into(), payload: "offline".into(), retain: false }),
        ..ClientOptions::new("i00001")
    }
}

#[tokio::test(start_paused = true)]
async fn connect_says_who_it_is_and_what_its_will_is() {
    let (server, address) = FakeServer::start().await;
    let mut client = Client::new(address, options());
    let (connected, (_peer, connect)) = tokio::join!(client.connect(), server.accept());
    connected.unwrap();
    assert!(client.is_connected());
    assert_eq!((connect.client_id.as_str(), connect.clean_session, connect.keep_alive), ("i00001", false, 30));
    assert_eq!(connect.login, Some(mqttbytes::v4::Login::new("dayi", "token-1")));
    let will = connect.last_will.unwrap();
    assert_eq!((will.topic.as_str(), &will.message[..]), ("dayi/v1/i00001/status", &b"offline"[..]));
    assert_eq!((will.qos, will.retain), (mqttbytes::QoS::AtLeastOnce, false));
}

#[tokio::test(start_paused = true)]
async fn a_publish_is_acknowledged_by_its_puback_only() {
    let (server, address) = FakeServer::start().await;
    let mut client = Client::new(address, options());
    let (connected, (mut peer, _)) = tokio::join!(client.connect(), server.accept());
    connected.unwrap();

    let first = client.publish("t", QoS::AtLeastOnce, false, "one").unwrap().unwrap();
    assert_eq!(client.publish("t", QoS::AtMostOnce, true, "zero").unwrap(), None);
    let second = client.publish("t", QoS::AtLeastOnce, false, "two").unwrap().unwrap();
    assert_eq!(client.in_flight(), 2);
    let serve = async {
        let (one, zero, two) = (peer.publish().await, peer.publish().await, peer.publish().await);
        assert_eq!((one.pkid, one.dup, one.retain), (first, false, false));
        assert_eq!((zero.qos, zero.retain), (mqttbytes::QoS::AtMostOnce, true));
        assert_eq!((&two.payload[..], two.topic.as_str()), (&b"two"[..], "t"));
        peer.acknowledge(9_999).await;
        peer.acknowledge(two.pkid).await;
    };
    let (acknowledged, ()) = tokio::join!(client.drive(), serve);
    assert_eq!(acknowledged.unwrap(), second);
    assert_eq!(client.in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_sends_again_what_was_not_acknowledged_marked_dup() {
    let (server, address) = FakeServer::start().await;
    let mut client = Client::new(address, options());
    let (connected, (mut peer, _)) = tokio::join!(client.connect(), server.accept());
    connected.unwrap();
    let ids: Vec<u16> =
        (0..3).map(|n| client.publish("t", QoS::AtLeastOnce, false, vec![b'0' + n]).unwrap().unwrap()).collect();
    let serve = async {
        for _ in &ids {
            peer.publish().await;
        }
        peer.acknowledge(ids[0]).await;
        drop(peer);
    };
    let (acknowledged, ()) = tokio::join!(client.drive(), serve);
    assert_eq!(acknowledged.unwrap(), ids[0]);
    let lost = client.drive().await.unwrap_err();
    assert!(matches!(lost, MqttError::Closed | MqttError::Broken(_)), "{lost}");
    assert!(!client.is_connected());
    assert!(matches!(client.publish("t", QoS::AtLeastOnce, false, "x"), Err(MqttError::NotConnected)));

    let (connected, (mut peer, _)) = tokio::join!(client.connect(), server.accept());
    connected.unwrap();
    let new = client.publish("t", QoS::AtLeastOnce, false, "new").unwrap().unwrap();
    let serve = async {
        for (n, id) in [(b'1', ids[1]), (b'2', ids[2])] {
            let again = peer.publish().await;
            assert_eq!((again.pkid, again.dup, &again.payload[..]), (id, true, &[n][..]));
        }
        let publish = peer.publish().await;
        assert_eq!((publish.pkid, publish.dup), (new, false));
        for id in [ids[1], ids[2], new] {
            peer.acknowledge(id).await;
        }
    };
    let drive = async {
        for _ in 0..3 {
            client.drive().await.unwrap();
        }
    };
    tokio::join!(drive, serve);
    assert_eq!(client.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_connect_says_why() {
    let (server, address) = FakeServer::start().await;
    let mut client = Client::new(address, options());
    for (code, reason) in [
        (ConnectReturnCode::RefusedProtocolVersion, Refusal::ProtocolVersion),
        (ConnectReturnCode::BadClientId, Refusal::ClientId),
        (ConnectReturnCode::ServiceUnavailable, Refusal::ServiceUnavailable),
        (ConnectReturnCode::BadUserNamePassword, Refusal::BadUserNameOrPassword),
        (ConnectReturnCode::NotAuthorized, Refusal::NotAuthorized),
    ] {
        let (refused, _) = tokio::join!(client.connect(), server.answer(code));
        assert!(matches!(refused, Err(MqttError::Refused(seen)) if seen == reason), "{refused:?}");
        assert!(!client.is_connected());
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_connect_is_given_up() {
    let (server, address) = FakeServer::start().await;
    let mut client = Client::new(address, options());
    let (outcome, _stream) = tokio::join!(client.connect(), server.ignore());
    assert!(matches!(outcome, Err(MqttError::ConnectTimeout(_))), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_listening_is_said() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outcome = Client::new(address, options()).connect().await;
    assert!(matches!(outcome, Err(MqttError::Connect(_))), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_pings_and_a_server_without_pong_is_gone() {
    let (server, address) = FakeServer::start().await;
    let mut client = Client::new(address, options());
    let (connected, (mut peer, _)) = tokio::join!(client.connect(), server.accept());
    connected.unwrap();
    let begun = Instant::now();
    let serve = async {
        for answered in [true, true, false] {
            assert_eq!(peer.read().await, Some(Packet::PingReq));
            if answered {
                peer.send(&Packet::PingResp).await;
            }
        }
        peer
    };
    let (lost, _peer) = tokio::join!(client.drive(), serve);
    assert!(matches!(lost, Err(MqttError::NoPong)), "{lost:?}");
    // Two pings with their answer after 30 s each, the third after 90 s, given up 30 s later.
    let passed = begun.elapsed();
    assert!((Duration::from_secs(119)..Duration::from_secs(122)).contains(&passed), "{passed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_window_takes_no_more_until_one_is_acknowledged() {
    let (server, address) = FakeServer::start().await;
    let mut client = Client::new(address, ClientOptions { window: 2, ..options() });
    let (connected, (mut peer, _)) = tokio::join!(client.connect(), server.accept());
    connected.unwrap();
    client.publish("t", QoS::AtLeastOnce, false, "1").unwrap();
    client.publish("t", QoS::AtLeastOnce, false, "2").unwrap();
    assert!(matches!(client.publish("t", QoS::AtLeastOnce, false, "3"), Err(MqttError::NoRoom)));
    let serve = async {
        let id = peer.publish().await.pkid;
        peer.acknowledge(id).await;
    };
    let (acknowledged, ()) = tokio::join!(client.drive(), serve);
    acknowledged.unwrap();
    assert!(client.has_room(QoS::AtLeastOnce));
}

#[tokio::test(start_paused = true)]
async fn leaving_says_disconnect_and_breaking_does_not() {
    let (server, address) = FakeServer::start().await;
    for graceful in [true, false] {
        let mut client = Client::new(address, options());
        let (connected, (peer, _)) = tokio::join!(client.connect(), server.accept());
        connected.unwrap();
        if graceful {
            client.disconnect().await.unwrap();
        } else {
            client.drop_connection();
        }
        assert!(!client.is_connected());
        assert_eq!(peer.acknowledge_all().await.1, graceful);
    }
}

#[tokio::test(start_paused = true)]
async fn garbage_ends_the_connection_as_a_protocol_error() {
    let (server, address) = FakeServer::start().await;
    let mut client = Client::new(address, options());
    let (connected, (mut peer, _)) = tokio::join!(client.connect(), server.accept());
    connected.unwrap();
    let (lost, ()) = tokio::join!(client.drive(), async { peer.send(&Packet::PingReq).await });
    assert!(matches!(lost, Err(MqttError::Protocol(_))), "{lost:?}");
}

#[test]
fn a_secret_is_not_shown() {
    assert!(!format!("{:?}", options()).contains("token-1"));
}
