use super::super::model::Target;
use super::super::outbox::State;
use super::bench::{Bench, HOUR, MINUTE};
use crate::domain::AlertStep;
use crate::platform::config::{SmtpConfig, SmtpTls};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A letter as the server took it.
#[derive(Clone, Debug, Default)]
struct Letter {
    from: String,
    to: Vec<String>,
    text: String,
}

/// A mail server that says this to RCPT.
struct MailServer {
    port: u16,
    letters: Arc<Mutex<Vec<Letter>>>,
    answer: Arc<Mutex<&'static str>>,
}

impl MailServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (letters, answer) = (Arc::<Mutex<Vec<Letter>>>::default(), Arc::new(Mutex::new("250 ok")));
        let (kept, says) = (letters.clone(), answer.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, kept.clone(), says.clone()));
            }
        });
        Self { port, letters, answer }
    }

    fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }

    async fn bench(&self) -> Bench {
        Bench::with(|config| {
            config.smtp = Some(SmtpConfig {
                host: "127.0.0.1".into(),
                port: Some(self.port),
                tls: SmtpTls::None,
                username: None,
                password: None,
                from: "大仪 <dayi@example.org>".into(),
            });
        })
        .await
    }
}

async fn serve(socket: TcpStream, letters: Arc<Mutex<Vec<Letter>>>, answer: Arc<Mutex<&'static str>>) {
    let mut socket = BufReader::new(socket);
    socket.write_all(b"220 mail\r\n").await.unwrap();
    let mut letter = Letter::default();
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end();
        let said: &str = match line.split([' ', ':']).next().unwrap() {
            "EHLO" => "250-mail\r\n250-8BITMIME\r\n250 SMTPUTF8",
            "MAIL" => {
                letter = Letter { from: line.into(), ..Letter::default() };
                "250 ok"
            }
            "RCPT" => {
                letter.to.push(line.into());
                *answer.lock().unwrap()
            }
            "DATA" => {
                socket.write_all(b"354 go on\r\n").await.unwrap();
                loop {
                    let mut line = String::new();
                    socket.read_line(&mut line).await.unwrap();
                    if line == ".\r\n" {
                        break;
                    }
                    letter.text.push_str(&line);
                }
                letters.lock().unwrap().push(letter.clone());
                "250 taken"
            }
            _ => "250 ok",
        };
        if socket.write_all(format!("{said}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The texts of a letter's parts, decoded.
fn decoded(letter: &Letter) -> String {
    let parts = letter.text.split("\r\n--").skip(1).filter_map(|part| part.split_once("\r\n\r\n"));
    parts
        .map(|(head, body)| match head.contains("base64") {
            true => base64(&body.split_whitespace().collect::<String>()),
            false => quoted(&body.replace("=\r\n", "")),
        })
        .collect()
}

fn base64(text: &str) -> String {
    use ::base64::Engine;
    String::from_utf8(::base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
}

/// Quoted-printable, of which only the soft line ends are gone.
fn quoted(text: &str) -> String {
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

/// The subject, decoded.
fn subject(letter: &Letter) -> String {
    let header = letter.text.split("Subject: ").nth(1).unwrap().replace("\r\n ", " ");
    let words = header.lines().next().unwrap().split_whitespace();
    words.map(|word| base64(word.strip_prefix("=?utf-8?b?").unwrap().strip_suffix("?=").unwrap())).collect()
}

#[tokio::test]
async fn people_get_a_letter_in_chinese() {
    let server = MailServer::start().await;
    let mut bench = server.bench().await;
    let channel = bench.channel(Target::Email { to: vec!["li@example.org".into(), "wang@example.org".into()] }).await;
    bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Delivered]);
    let letters = server.letters();
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(letter.from.contains("<dayi@example.org>") && letter.to.len() == 2, "{letter:?}");
    assert_eq!(subject(letter), "【告警】电镜 sem-1：待机过久");
    let message = bench.deliveries().await.remove(0).message.unwrap();
    assert!(letter.text.contains(&format!("Message-ID: <{message}@example.org>")), "{}", letter.text);
    assert!(letter.text.contains("Auto-Submitted: auto-generated") && letter.text.contains("multipart/alternative"));
    let text = decoded(letter);
    assert!(text.contains("  仪器: 电镜 sem-1 (sem-1)") && text.contains("<td>电镜 sem-1 (sem-1)</td>"), "{text}");
    assert!(text.contains("<a href=\"https://dayi.example.org/instruments/sem-1\">查看仪器</a>"), "{text}");
}

#[tokio::test]
async fn a_greylisting_server_is_asked_again_and_an_unknown_box_is_not() {
    let server = MailServer::start().await;
    let mut bench = server.bench().await;
    let channel = bench.channel(Target::Email { to: vec!["li@example.org".into()] }).await;
    bench.subscribe(&channel).await;
    *server.answer.lock().unwrap() = "451 4.7.1 try again later";
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    assert_eq!(bench.states().await, [State::Waiting]);
    *server.answer.lock().unwrap() = "250 ok";
    bench.turn_after(MINUTE).await;
    assert_eq!((bench.states().await, server.letters().len()), (vec![State::Delivered], 1));
    *server.answer.lock().unwrap() = "550 5.1.1 no such box";
    bench.happens("sem-1", AlertStep::Cleared);
    bench.turn_after(HOUR).await;
    assert_eq!(bench.states().await, [State::Delivered, State::Dead]);
    assert!(bench.deliveries().await[1].why.as_ref().unwrap().contains("no such box"));
}
