//! The binary on a terminal: a pseudo-terminal, and an emulator that shows what a person would see.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::pty::{Winsize, openpty};
use rustix::process::{Pid, Signal, kill_process};

/// What is written before something is seen that should have been: then it never will be.
const BYTES_MAX: usize = 8 << 20;

/// A running command and its terminal.
pub(crate) struct Terminal {
    child: Child,
    master: File,
    screen: vt100::Parser,
    written: Vec<u8>,
}

/// Which of the command's streams are the terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streams {
    All,
    /// Stdout is a pipe.
    Stderr,
}

impl Terminal {
    /// Starts the command on a terminal of this size that says it is an xterm.
    pub(crate) fn start(mut command: Command, columns: u16, rows: u16, streams: Streams) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("a pseudo-terminal");
        let slave = |pty: &OwnedFd| Stdio::from(pty.try_clone().expect("a descriptor"));
        if !command.get_envs().any(|(name, _)| name == "TERM") {
            command.env("TERM", "xterm-256color");
        }
        command.stdin(slave(&pty.slave)).stderr(slave(&pty.slave));
        command.stdout(if streams == Streams::All { slave(&pty.slave) } else { Stdio::piped() });
        let child = command.spawn().expect("the binary starts");
        // The command and we keep the terminal's other end open; we must not, to see it closed.
        drop((command, pty.slave));
        let screen = vt100::Parser::new(cells(rows), cells(columns), 0);
        Self { child, master: File::from(pty.master), screen, written: Vec::new() }
    }

    /// Reads until the screen shows what is looked for; its text.
    pub(crate) fn until(&mut self, seen: impl Fn(&str) -> bool) -> String {
        loop {
            let shown = self.text();
            if seen(&shown) {
                return shown;
            }
            assert!(self.written.len() < BYTES_MAX, "it never came:\n{shown}");
            assert!(self.read(), "it ended:\n{shown}");
        }
    }

    /// Reads to the end; how the command ended.
    pub(crate) fn end(&mut self) -> ExitStatus {
        while self.read() {}
        self.child.wait().expect("it ends")
    }

    /// What the screen shows.
    pub(crate) fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// The lines of the screen.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (_, columns) = self.screen.screen().size();
        self.screen.screen().rows(0, columns.get()).map(|line| line.trim_end().to_owned()).collect()
    }

    /// Whether a line goes on in the next one.
    pub(crate) fn is_wrapped(&self, line: &str) -> bool {
        let row = self.lines().iter().position(|it| it == line).expect("it is shown");
        self.screen.screen().row_wrapped(u16::try_from(row).expect("a row"))
    }

    pub(crate) fn cursor_is_hidden(&self) -> bool {
        self.screen.screen().hide_cursor()
    }

    /// Everything written, control sequences and all.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }

    /// As a person changes the size of the window.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        let size = rustix::termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&self.master, size).expect("it has a size");
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// What the terminal's driver sends on Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")).expect("not zero");
        kill_process(pid, Signal::INT).expect("it still runs");
    }

    /// Everything it wrote to a stdout that is a pipe.
    pub(crate) fn stdout(&mut self) -> String {
        let mut text = String::new();
        self.child.stdout.take().expect("a pipe").read_to_string(&mut text).expect("UTF-8");
        text
    }

    /// False once the other end is closed, which Linux tells as an error.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.master.read(&mut bytes) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.screen.process(&bytes[..count]);
                self.written.extend_from_slice(&bytes[..count]);
                true
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended; a test that fails must leave nothing that runs.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has cells")
}
