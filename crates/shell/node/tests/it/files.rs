//! Programs that work with files, written as scripts.

use crate::programs::module;

const WASI: &str = "wasi_snapshot_preview1";
/// Where texts stand, and where what is read goes.
const TEXTS: usize = 256;
const BUFFER: u32 = 32 * 1024;
const BUFFER_BYTES: u32 = 16 * 1024;
/// Of path_open: FD_READ, FD_WRITE; create, truncate.
const READ: u32 = 1 << 1;
const WRITE: u32 = 1 << 6;
const CREATE: u32 = 1 | 1 << 3;

/// What a program does with files, step by step. A step that fails says so and the next is tried.
#[derive(Clone)]
pub(crate) struct Script {
    texts: String,
    body: String,
    /// The directory that paths start from: 3 is the first mount, 4 the second.
    directory: u32,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self { texts: String::new(), body: String::new(), directory: 3 }
    }

    /// What follows is about the mount of this number, from 0.
    pub(crate) fn mount(mut self, number: u32) -> Self {
        self.directory = 3 + number;
        self
    }

    /// Writes a file anew, or says `not written`.
    pub(crate) fn write(self, path: &str, contents: &str) -> Self {
        let directory = self.directory;
        let (this, path) = self.text(path);
        let (this, contents) = this.text(contents);
        let (mut this, denied) = this.text("not written\n");
        this.body += &format!(
            "(if (call $open (i32.const {directory}) {path} (i32.const {CREATE}) (i64.const {WRITE}))
               (then (call $say {denied}))
               (else (call $write {contents}) (drop (call $fd_close (i32.load (i32.const 40))))))\n"
        );
        this
    }

    /// Prints a file, or says `not read`.
    pub(crate) fn read(self, path: &str) -> Self {
        let directory = self.directory;
        let (this, path) = self.text(path);
        let (mut this, denied) = this.text("not read\n");
        this.body += &format!(
            "(if (call $open (i32.const {directory}) {path} (i32.const 0) (i64.const {READ}))
               (then (call $say {denied}))
               (else (call $print) (drop (call $fd_close (i32.load (i32.const 40))))))\n"
        );
        this
    }

    /// Calls one of WASI's functions on this path, or says `not done`.
    pub(crate) fn call(self, function: &str, path: &str) -> Self {
        let directory = self.directory;
        let (this, path) = self.text(path);
        let (mut this, denied) = this.text("not done\n");
        this.body +=
            &format!("(if (call ${function} (i32.const {directory}) {path}) (then (call $say {denied})))\n");
        this
    }

    /// Makes a symbolic link, or says `not linked`.
    pub(crate) fn link(self, target: &str, path: &str) -> Self {
        let directory = self.directory;
        let (this, target) = self.text(target);
        let (this, path) = this.text(path);
        let (mut this, denied) = this.text("not linked\n");
        this.body += &format!(
            "(if (call $path_symlink {target} (i32.const {directory}) {path}) (then (call $say {denied})))\n"
        );
        this
    }

    /// Does these steps unless the file is there.
    pub(crate) fn unless(self, path: &str, steps: impl FnOnce(Self) -> Self) -> Self {
        let directory = self.directory;
        let (mut this, path) = self.text(path);
        let before = std::mem::take(&mut this.body);
        let mut this = steps(this);
        this.body = format!(
            "{before}(if (call $open (i32.const {directory}) {path} (i32.const 0) (i64.const {READ}))
               (then {steps})
               (else (drop (call $fd_close (i32.load (i32.const 40))))))\n",
            steps = this.body
        );
        this
    }

    /// Any other instructions.
    pub(crate) fn then(mut self, instructions: &str) -> Self {
        self.body += instructions;
        self
    }

    /// The program.
    pub(crate) fn program(&self) -> String {
        let Self { texts, body, .. } = self;
        let functions = format!(
            r#"
            ;; Leaves the descriptor at 40.
            (func $open (param $directory i32) (param $at i32) (param $length i32) (param $how i32)
              (param $rights i64) (result i32)
              (call $path_open (local.get $directory) (i32.const 1) (local.get $at) (local.get $length)
                (local.get $how) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 40)))
            (func $write (param $at i32) (param $length i32)
              (i32.store (i32.const 0) (local.get $at))
              (i32.store (i32.const 4) (local.get $length))
              (if (call $fd_write (i32.load (i32.const 40)) (i32.const 0) (i32.const 1) (i32.const 8))
                (then (unreachable))))
            (func $print
              (i32.store (i32.const 0) (i32.const {BUFFER}))
              (i32.store (i32.const 4) (i32.const {BUFFER_BYTES}))
              (if (call $fd_read (i32.load (i32.const 40)) (i32.const 0) (i32.const 1) (i32.const 8))
                (then (unreachable)))
              (call $say (i32.const {BUFFER}) (i32.load (i32.const 8))))
            (func (export "_start") {body})"#
        );
        let imports = [
            ("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32"),
            ("fd_read", "i32 i32 i32 i32"),
            ("fd_close", "i32"),
            ("path_create_directory", "i32 i32 i32"),
            ("path_unlink_file", "i32 i32 i32"),
            ("path_symlink", "i32 i32 i32 i32 i32"),
        ];
        let imports = imports.map(|(name, parameters)| {
            format!(r#"(import "{WASI}" "{name}" (func ${name} (param {parameters}) (result i32)))"#)
        });
        let escaped = texts.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
        module(1, &escaped, &functions).replacen("(module", &format!("(module {}", imports.concat()), 1)
    }

    /// Keeps a text; where it stands and how long it is, as two operands.
    pub(crate) fn text(mut self, text: &str) -> (Self, String) {
        let operands = format!("(i32.const {}) (i32.const {})", TEXTS + self.texts.len(), text.len());
        self.texts += text;
        (self, operands)
    }
}
