//! A mail server that misbehaves at a chosen moment, and keeps what it was handed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of a mail.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It is taken.
    Taken,
    /// Its content is refused for now.
    Later,
    /// Its content is kept, and the server dies before it says so.
    DiesAfter,
    /// The server dies when it is asked to take the content.
    DiesBefore,
    /// Its content is kept, and the server never says so.
    Silence,
}

/// The server; ended when dropped.
pub struct Scripted {
    /// Its port.
    pub port: u16,
    kept: Arc<Mutex<Vec<String>>>,
    working: JoinHandle<()>,
}

impl Scripted {
    /// A server to whose mails this happens, one after the other; what comes later is taken.
    pub async fn start(fates: &[Fate]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fates = Arc::new(Mutex::new(VecDeque::from(fates.to_vec())));
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&kept);
        let working = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (fates, keep) = (Arc::clone(&fates), Arc::clone(&keep));
                tokio::spawn(async move { drop(talk(stream, &fates, &keep).await) });
            }
        });
        Self { port, kept, working }
    }

    /// The mails whose content arrived whole, whatever was answered.
    pub fn kept(&self) -> Vec<String> {
        self.kept.lock().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.working.abort();
    }
}

async fn talk(stream: TcpStream, fates: &Mutex<VecDeque<Fate>>, kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 here\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "QUIT" => return write.write_all(b"221 bye\r\n").await,
            "DATA" => {
                let fate = fates.lock().unwrap().pop_front().unwrap_or(Fate::Taken);
                if matches!(fate, Fate::DiesBefore) {
                    return Ok(());
                }
                write.write_all(b"354 go on\r\n").await?;
                let mut content = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    content.push_str(&line);
                    content.push('\n');
                }
                match fate {
                    Fate::Later => "451 come back later",
                    Fate::Taken => {
                        kept.lock().unwrap().push(content);
                        "250 taken"
                    }
                    Fate::DiesAfter | Fate::DiesBefore => {
                        kept.lock().unwrap().push(content);
                        return Ok(());
                    }
                    Fate::Silence => {
                        kept.lock().unwrap().push(content);
                        std::future::pending().await
                    }
                }
            }
            _ => "250 fine",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
