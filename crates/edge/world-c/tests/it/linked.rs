//! The static library, linked with programs of C.
//!
//! It is built as docs/world-c.md says, with a target folder of its own below that of the tests. That the
//! programs link shows that nothing in it can panic: a panic would call a function that nobody defines.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::{header, scenario};

/// Warnings are errors, as for everything else here.
const FLAGS: [&str; 6] = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"];

#[test]
fn a_program_of_c_sees_what_rust_sees() {
    let Some(printed) = run("scenario.c", "plain", &[]) else { return };
    assert_eq!(printed, scenario::log());
}

#[test]
fn it_needs_three_functions_of_memory_and_no_operating_system() {
    let freestanding = ["-ffreestanding", "-nostdlib", "-static", "-fno-stack-protector"];
    if let Err(why) = compiles(&[]) {
        println!("skipped: freestanding.c: {why}");
        return;
    }
    // It links; it has nowhere to run.
    link("freestanding.c", "freestanding", &freestanding);
}

#[test]
fn what_c_gets_wrong_is_refused_by_name() {
    let Some(printed) = run("misuse.c", "plain", &[]) else { return };
    insta::assert_snapshot!(printed);
}

#[test]
fn sanitizers_find_nothing() {
    let sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];
    for program in ["scenario.c", "misuse.c"] {
        if run(program, "sanitized", &sanitize).is_none() {
            return;
        }
    }
}

/// What a program prints; `None`, and said so, where this machine cannot compile it.
fn run(program: &str, name: &str, flags: &[&str]) -> Option<String> {
    if let Err(why) = compiles(flags) {
        println!("skipped: {program}, {name}: {why}");
        return None;
    }
    let ran = Command::new(link(program, name, flags)).output().unwrap();
    assert!(ran.status.success(), "{program}: {:?} {}", ran.status, String::from_utf8_lossy(&ran.stderr));
    Some(String::from_utf8(ran.stdout).unwrap())
}

/// A program, linked with the library.
fn link(program: &str, name: &str, flags: &[&str]) -> PathBuf {
    let binary = folder().join(format!("{program}-{name}"));
    let mut cc = Command::new("cc");
    cc.args(FLAGS).args(flags).arg("-I").arg(header::folder());
    cc.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(program));
    cc.arg(library()).arg("-o").arg(&binary);
    let compiled = cc.output().unwrap();
    assert!(compiled.status.success(), "{program}: {}", String::from_utf8_lossy(&compiled.stderr));
    binary
}

/// Whether there is a compiler that takes these flags, and can link with them.
fn compiles(flags: &[&str]) -> Result<(), String> {
    let (source, binary) = (folder().join("empty.c"), folder().join(format!("empty{}", flags.len())));
    std::fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let output = Command::new("cc").args(flags).arg(&source).arg("-o").arg(&binary).output();
    let output = output.map_err(|error| format!("no C compiler, `cc`: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("`cc` does not take {flags:?}")) }
}

/// The static library, built once.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let target = folder();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", &target);
        cargo.args(["rustc", "--offline", "--locked", "--profile", "freestanding"]);
        cargo.args(["--features", "panic-handler", "--crate-type", "staticlib"]);
        let built = cargo.output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        target.join("freestanding/libcasemate_world_c.a")
    })
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("world-c");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
