//! A small client that costs little: connections that stay open, one request at a time on each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::measure::{Durations, Measured};

/// A connection that stays open.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What is sent.
#[derive(Clone)]
pub(crate) struct Target {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// The path to which it is posted.
    pub(crate) path: &'static str,
    /// The access token; empty for none.
    pub(crate) token: String,
    /// Makes the body of the request with this number.
    pub(crate) body: fn(usize) -> String,
    /// The number of the next request.
    pub(crate) next: Arc<AtomicUsize>,
}

/// Sends requests on so many connections, each as soon as the one before is answered; or at a rate, whose lateness then counts.
pub(crate) async fn load(target: &Target, connections: usize, time: Duration, rate: Option<f64>) -> Measured {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(&target.address).await);
    }
    let begun = Instant::now();
    let until = begun + time;
    let every = rate.map(|rate| Duration::from_secs_f64(connections as f64 / rate));
    let tasks: Vec<_> = open
        .into_iter()
        .enumerate()
        .map(|(number, connection)| {
            let target = target.clone();
            // Evenly spread, so that the connections do not send together.
            let first = begun + every.map_or(Duration::ZERO, |every| every.mul_f64(number as f64 / connections as f64));
            tokio::spawn(connection.send_until(target, first, until, every))
        })
        .collect();
    let (mut took, mut refused) = (Vec::new(), 0);
    for task in tasks {
        let (one, no) = task.await.expect("a client ends");
        took.extend(one);
        refused += no;
    }
    let rate = took.len() as f64 / begun.elapsed().as_secs_f64();
    Measured { rate, took: Durations::new(took), refused }
}

impl Connection {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("a socket takes options");
        Self { stream, buffer: Vec::with_capacity(16 * 1024) }
    }

    async fn send_until(
        mut self,
        target: Target,
        first: Instant,
        until: Instant,
        every: Option<Duration>,
    ) -> (Vec<Duration>, usize) {
        let (mut took, mut refused, mut due) = (Vec::new(), 0, first);
        loop {
            if every.is_some() {
                tokio::time::sleep_until(due.into()).await;
            }
            let begun = if every.is_some() { due } else { Instant::now() };
            if begun >= until {
                return (took, refused);
            }
            let body = (target.body)(target.next.fetch_add(1, Ordering::Relaxed));
            match self.post(&target, &body).await {
                200..300 => took.push(begun.elapsed()),
                _ => refused += 1,
            }
            due += every.unwrap_or_default();
        }
    }

    /// Posts a body and reads the answer; its status.
    async fn post(&mut self, target: &Target, body: &str) -> u16 {
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            target.path,
            target.address,
            target.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.expect("the server reads");
        self.buffer.clear();
        let (status, end) = loop {
            assert!(self.stream.read_buf(&mut self.buffer).await.expect("the server answers") > 0, "the server hung up");
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.buffer[..end]).expect("a head in ASCII");
                let length: usize = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
                break (status, end + 4 + length);
            }
        };
        while self.buffer.len() < end {
            assert!(self.stream.read_buf(&mut self.buffer).await.expect("the server answers") > 0, "the server hung up");
        }
        status
    }
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim())
}
