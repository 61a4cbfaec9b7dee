//! A service of Intel or AMD on loopback that answers as it is told: well, badly, late, or not at all.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// One answer.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// 200, with the issuer chain in its header where there is one.
    Body(Vec<u8>, Option<String>),
    /// No more than a status.
    Status(u16),
    /// A status, and when to come again.
    RetryAfter(u16, String),
    /// Nothing, with the connection open.
    Hang,
    /// A body that never ends.
    Endless,
}

/// The service. Its thread ends with the process.
#[derive(Clone)]
pub(crate) struct Pccs {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// First answers, whatever is asked for.
    script: VecDeque<Answer>,
    /// After those, by path and query.
    documents: BTreeMap<String, Answer>,
    asked: Vec<String>,
    held: Vec<TcpStream>,
}

impl Pccs {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let this = Self { address, state: Arc::default() };
        let served = this.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = served.clone();
                thread::spawn(move || served.answer(stream));
            }
        });
        this
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is answered first, in this order.
    pub(crate) fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.lock().expect("whole").script.extend(answers);
    }

    /// What is answered at this path and query.
    pub(crate) fn document(&self, path: &str, answer: Answer) {
        self.state.lock().expect("whole").documents.insert(path.to_owned(), answer);
    }

    /// Every path asked for, with its query.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().expect("whole").asked.clone()
    }

    fn answer(&self, mut stream: TcpStream) {
        let Some(path) = path(&mut stream) else { return };
        let answer = {
            let mut state = self.state.lock().expect("whole");
            state.asked.push(path.clone());
            let scripted = state.script.pop_front();
            scripted.or_else(|| state.documents.get(&path).cloned()).unwrap_or(Answer::Status(404))
        };
        let head =
            |status: u16, more: &str| format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{more}\r\n");
        let _ = match answer {
            Answer::Status(status) => stream.write_all(head(status, "Content-Length: 0\r\n").as_bytes()),
            Answer::RetryAfter(status, when) => {
                let more = format!("Content-Length: 0\r\nRetry-After: {when}\r\n");
                stream.write_all(head(status, &more).as_bytes())
            }
            Answer::Body(body, chain) => {
                let chain = chain.map(|it| format!("TCB-Info-Issuer-Chain: {it}\r\n")).unwrap_or_default();
                let head = head(200, &format!("Content-Length: {}\r\n{chain}", body.len()));
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body))
            }
            Answer::Hang => {
                self.state.lock().expect("whole").held.push(stream);
                Ok(())
            }
            Answer::Endless => {
                let started = stream.write_all(head(200, "").as_bytes());
                started.and_then(|()| {
                    loop {
                        stream.write_all(&[b' '; 65_536])?;
                    }
                })
            }
        };
    }
}

/// Path and query of a request.
fn path(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()?.split(' ').nth(1).map(str::to_owned)
}
