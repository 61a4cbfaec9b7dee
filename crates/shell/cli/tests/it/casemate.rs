//! The binary, in a home and a directory of its own.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A program that says `hello`, or what it is made to say instead.
pub(crate) const HELLO: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "hello\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

/// SHA-256 of what [`HELLO`] prints.
pub(crate) const HELLO_SHA256: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

/// A program that never ends.
pub(crate) const SPIN: &str = r#"(module (func (export "_start") (loop $for_ever (br $for_ever))))"#;

/// A home without anything in it, and files beside it.
pub(crate) struct Casemate {
    home: TempDir,
    files: TempDir,
}

/// What a finished run left.
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Casemate {
    pub(crate) fn new() -> Self {
        let directory = || tempfile::tempdir().expect("a temporary directory");
        let this = Self { home: directory(), files: directory() };
        this.file("hello.wat", HELLO);
        this
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.files.path().join(name);
        fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("it can be made");
        fs::write(&path, content).expect("it can be written");
        path
    }

    /// Writes the manifest of a pod that runs `image` and guarantees itself 1Mi, with
    /// more lines of its spec before its containers.
    pub(crate) fn pod(&self, name: &str, image: &str, spec: &str) -> PathBuf {
        self.file(&format!("{name}.yaml"), pod(name, image, "1Mi", spec))
    }

    /// Where its files are.
    pub(crate) fn files(&self) -> &Path {
        self.files.path()
    }

    /// Where it is at home.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// `casemate run` among its files, in an environment with nothing but a home.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.subcommand("run");
        command.args(arguments);
        command
    }

    /// The same for another command.
    pub(crate) fn subcommand(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_casemate"));
        command.env_clear().env("HOME", self.home.path()).current_dir(self.files.path());
        command.arg(name).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().expect("the binary starts").into()
    }

    /// Runs with `-o json` and reads the document.
    pub(crate) fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let ran = self.run(&[arguments, &["-o", "json"]].concat());
        (ran.status.code(), ran.document())
    }

    /// Starts it, with pipes.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
    }
}

impl Ran {
    /// Its exit code.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The one document on its stdout.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\nstdout: {}\nstderr: {}", self.stdout, self.stderr))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("what is printed is UTF-8");
        Self { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// The manifest of a pod.
pub(crate) fn pod(name: &str, image: &str, epc: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n  restartPolicy: Never\n{spec}  \
         containers:\n  - name: app\n    image: {image}\n    resources:\n      requests:\n        \
         sgx.intel.com/epc: {epc}\n      limits:\n        sgx.intel.com/epc: 64Mi\n"
    )
}

/// The one workload of this name.
pub(crate) fn workload<'a>(document: &'a Value, name: &str) -> &'a Value {
    let workloads = document["workloads"].as_array().expect("a list");
    let found = workloads.iter().find(|workload| workload["name"] == name);
    found.unwrap_or_else(|| panic!("no workload {name} in {document:#}"))
}

/// A list of texts, in one.
pub(crate) fn joined(list: &Value) -> String {
    let texts = list.as_array().expect("a list").iter();
    texts.map(|text| text.as_str().expect("a text")).collect::<Vec<_>>().join("\n")
}

/// Reads until the text has come; what came so far.
pub(crate) fn read_until(from: &mut impl Read, text: &str) -> String {
    let mut read = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&read).contains(text) {
        assert_ne!(from.read(&mut byte).expect("the pipe is open"), 0, "no `{text}`");
        read.push(byte[0]);
    }
    String::from_utf8_lossy(&read).into_owned()
}
