//! A service under test, on loopback, with a client.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use casemate_attest::Evidence;
use casemate_model::{Measurement, ReportData};
use casemate_server::{Config, Server, Stopper};
use casemate_softtee::synthetic::{TestRoot, report};
use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;

use crate::clock::{JumpingClock, START};

/// So long a test waits for what should be there at once, before it says that it is not.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A running service. Dropped, it stops.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) root: TestRoot,
    pub(crate) clock: Arc<JumpingClock>,
    pub(crate) state: TempDir,
    agent: Agent,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

/// An answer: status, media type, body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Running {
    /// As configured by default, with a root of the test's.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// Otherwise configured.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let state = tempfile::tempdir().expect("a directory");
        Self::again(state, Arc::new(JumpingClock::new()), change)
    }

    /// With the state directory and the clock of one before.
    pub(crate) fn again(state: TempDir, clock: Arc<JumpingClock>, change: impl FnOnce(&mut Config)) -> Self {
        let root = TestRoot::new(START);
        let mut config = Config::new(state.path().to_owned());
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.roots = root.roots();
        config.clock = Arc::<JumpingClock>::clone(&clock);
        config.workers = 2;
        change(&mut config);
        let server = Server::bind(config).expect("it starts");
        let (address, stopper) = (server.address(), server.stopper());
        let thread = thread::spawn(move || server.run().expect("it runs"));
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(LONG))
            .build()
            .new_agent();
        Self { address, root, clock, state, agent, stopper, thread: Some(thread) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        answer(self.agent.get(self.url(path)).call())
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = self.agent.post(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body))
    }

    pub(crate) fn post_json(&self, path: &str, document: &Value) -> Answer {
        self.post(path, &[("Content-Type", "application/json")], document.to_string().as_bytes())
    }

    /// A connection of its own, on which a test can be as slow as it likes.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("a socket");
        stream
    }

    /// Good evidence under the test's root.
    pub(crate) fn evidence(&self, nonce: &[u8]) -> Vec<u8> {
        let mut data = ReportData([0; 64]);
        data.0[..nonce.len()].copy_from_slice(nonce);
        let Evidence::Quote(bytes) = self.root.evidence(&report(Measurement([7; 32]), data)) else {
            panic!("the software TEE makes quotes");
        };
        bytes
    }

    pub(crate) fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Stops it, waits until it has, and hands over what it leaves.
    pub(crate) fn stop(mut self) -> TempDir {
        self.end();
        std::mem::replace(&mut self.state, tempfile::tempdir().expect("a directory"))
    }

    fn end(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the service panicked");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// What is still to be read of a connection.
pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    // A connection that was reset has said what it said.
    let _ = stream.read_to_string(&mut text);
    text
}

/// Writes, where the other side may have closed already.
pub(crate) fn write(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = result.expect("an answer");
    let header = |name: &str| response.headers().get(name).map(|it| it.to_str().expect("ASCII").to_owned());
    Answer {
        status: response.status().as_u16(),
        media_type: header("content-type").unwrap_or_default(),
        retry_after: header("retry-after"),
        body: response.body_mut().read_to_string().expect("a body"),
    }
}
