//! Chromium, driven over a pipe: requests and answers are JSON, each ended by a zero
//! byte (Chrome DevTools Protocol, `--remote-debugging-pipe`).
//!
//! The protocol wants file descriptors 3 and 4; a shell puts our pipes there.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// Whoever does not answer for so long is taken for dead.
const PATIENCE: Duration = Duration::from_secs(120);

/// One browser with one page. It ends with this value.
pub(super) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    requests: u64,
    events: VecDeque<Value>,
}

impl Browser {
    pub(super) fn start(program: &Path, profile: &Path) -> Result<Self> {
        let _ = fs::remove_dir_all(profile);
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"]).arg(program);
        command.args(["--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run"]);
        command.args(["--hide-scrollbars", "--disable-dev-shm-usage"]);
        command.arg(format!("--user-data-dir={}", profile.display()));
        // Chromium's sandbox does not start for root.
        if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            command.arg("--no-sandbox");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let to = child.stdin.take().context("no pipe to the browser")?;
        let mut pipe = BufReader::new(child.stdout.take().context("no pipe from the browser")?);
        let (tell, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while pipe.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                let text = message.strip_suffix(&[0]).unwrap_or(&message);
                if serde_json::from_slice(text).is_ok_and(|value: Value| tell.send(value).is_err()) {
                    return;
                }
                message.clear();
            }
        });
        let mut browser = Self { child, to, from, session: None, requests: 0, events: VecDeque::new() };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach)?;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        ensure!(browser.session.is_some(), "the browser gave no session: {attached}");
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(browser)
    }

    /// Asks for something and waits for the answer.
    pub(super) fn call(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.requests += 1;
        let id = self.requests;
        let mut request = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        let mut bytes = request.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).context("the browser is gone")?;
        self.to.flush().context("the browser is gone")?;
        loop {
            let message =
                self.from.recv_timeout(PATIENCE).with_context(|| format!("no answer to {method}"))?;
            if message["id"] != json!(id) {
                self.events.push_back(message);
            } else if let Some(error) = message.get("error") {
                bail!("{method}: {error}");
            } else {
                return Ok(message["result"].clone());
            }
        }
    }

    /// The value of an expression in the page.
    pub(super) fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let answer =
            self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true}))?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("in the page: {thrown}");
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Loads a page and waits until it is there.
    pub(super) fn load(&mut self, url: &str) -> Result<()> {
        self.events.retain(|event| event["method"] != json!("Page.loadEventFired"));
        let answer = self.call("Page.navigate", json!({"url": url}))?;
        if let Some(error) = answer.get("errorText") {
            bail!("{url}: {error}");
        }
        while !self.events.iter().any(|event| event["method"] == json!("Page.loadEventFired")) {
            let message = self.from.recv_timeout(PATIENCE).with_context(|| format!("{url} is not loaded"))?;
            self.events.push_back(message);
        }
        Ok(())
    }

    /// What the browser had to say since it was last asked: to the console, of errors,
    /// of what was blocked, and of anything fetched but the page itself.
    pub(super) fn told(&mut self) -> Vec<String> {
        let events: Vec<Value> = self.events.drain(..).collect();
        let said = events.iter().filter_map(|event| {
            let parameters = &event["params"];
            match event["method"].as_str()? {
                "Runtime.consoleAPICalled" => Some(format!("console: {}", parameters["args"])),
                "Runtime.exceptionThrown" => Some(format!("thrown: {}", parameters["exceptionDetails"])),
                "Log.entryAdded" => Some(format!("log: {}", parameters["entry"]["text"])),
                "Network.requestWillBeSent" if parameters["type"] != json!("Document") => {
                    Some(format!("fetched: {}", parameters["request"]["url"]))
                }
                _ => None,
            }
        });
        said.collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Base64 (RFC 4648, with padding).
pub(super) fn decode(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.bytes().take_while(|digit| *digit != b'=') {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => bail!("no base64 digit: {digit}"),
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        for (text, bytes) in [("", &b""[..]), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9vYmE=", b"fooba")] {
            assert_eq!(decode(text).unwrap(), bytes);
        }
        assert!(decode("Zm9v!").is_err());
    }
}
