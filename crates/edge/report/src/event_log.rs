//! The event log: one JSON object a line (JSON Lines), in the order observed.

use std::io::{self, Write};

use crate::Event;

/// Writes events to any writer, one line each.
///
/// Each event is one `write_all` of a whole line, so a log cut short by a crash
/// ends after a whole event. Wrap files in no second buffer for the same reason.
#[derive(Debug)]
pub struct EventLog<W: Write> {
    to: W,
    line: Vec<u8>,
    written: u64,
}

impl<W: Write> EventLog<W> {
    /// A log that writes to `to`.
    pub fn new(to: W) -> Self {
        Self { to, line: Vec::new(), written: 0 }
    }

    /// Appends one event.
    ///
    /// # Errors
    ///
    /// Where the writer fails: a full disk, a closed pipe. The event is then not counted.
    pub fn append(&mut self, event: &Event) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, event)?;
        self.line.push(b'\n');
        self.to.write_all(&self.line)?;
        self.written += 1;
        Ok(())
    }

    /// Events appended so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Flushes and gives the writer back.
    ///
    /// # Errors
    ///
    /// Where the writer cannot be flushed.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Subject, What};
    use casemate_model::{NodeName, Timestamp};

    fn event(message: &str) -> Event {
        Event {
            time: Timestamp(1),
            subject: Subject::Node(NodeName("n".into())),
            what: What::Trapped { message: message.into() },
        }
    }

    #[test]
    fn a_message_with_newlines_stays_one_line() {
        let mut log = EventLog::new(Vec::new());
        log.append(&event("first\nsecond\u{1b}[31m")).unwrap();
        log.append(&event("third")).unwrap();
        assert_eq!(log.written(), 2);
        let text = String::from_utf8(log.finish().unwrap()).unwrap();
        assert_eq!(text.lines().count(), 2);
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["kind"], "trapped");
        }
    }

    #[test]
    fn an_event_that_could_not_be_written_is_not_counted() {
        let mut full = [0_u8; 4];
        let mut log = EventLog::new(&mut full[..]);
        assert!(log.append(&event("x")).is_err());
        assert_eq!(log.written(), 0);
    }
}
