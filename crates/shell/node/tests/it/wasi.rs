//! What a program is given: arguments, environment, clocks, random bytes; and what
//! it is not: files, input.

use casemate_model::Bytes;

use crate::programs::{HELLO, hello, module, program};
use crate::trial::{Guest, Ran, Trial};

fn run(guest: Guest) -> Ran {
    Trial::new(Bytes::mib(2), 1).guest(guest).run()
}

/// A program with one more import: `name` with these parameters.
fn importing(name: &str, parameters: &str, rest: &str) -> String {
    let import = format!(
        r#"(module (import "wasi_snapshot_preview1" "{name}" (func ${name} {parameters} (result i32)))"#
    );
    module(1, r"hello\n", rest).replacen("(module", &import, 1)
}

/// A program that prints the strings a pair of calls such as `args_get` gives it.
fn prints_strings(get: &str) -> String {
    let sizes = get.replace("_get", "_sizes_get");
    let rest = format!(
        r#"(func (export "_start")
             (if (call ${get} (i32.const 4096) (i32.const 8192)) (then (unreachable)))
             (if (call $sizes (i32.const 8) (i32.const 12)) (then (unreachable)))
             (call $say (i32.const 8192) (i32.load (i32.const 12))))"#
    );
    let with_get = importing(get, "(param i32 i32)", &rest);
    let import = format!(
        r#"(module (import "wasi_snapshot_preview1" "{sizes}" (func $sizes (param i32 i32) (result i32)))"#
    );
    with_get.replacen("(module", &import, 1)
}

/// A program that prints its environment.
pub(crate) fn prints_environment() -> String {
    prints_strings("environ_get")
}

#[test]
fn arguments_arrive_in_order() {
    let ran =
        run(Guest::new("args", prints_strings("args_get")).args(&["--one", "", "two words", "drei\u{df}"]));
    ran.finished("args", "args\0--one\0\0two words\0drei\u{df}\0");
}

#[test]
fn the_environment_is_the_containers_and_nothing_of_the_hosts() {
    let ran =
        run(Guest::new("env", prints_strings("environ_get")).env("B", "2").env("A", "").env("C", "x=y"));
    ran.finished("env", "B=2\0A=\0C=x=y\0");
}

#[test]
fn standard_input_is_empty() {
    let wat = importing(
        "fd_read",
        "(param i32 i32 i32 i32)",
        r#"(func (export "_start")
             (i32.store (i32.const 0) (i32.const 4096))
             (i32.store (i32.const 4) (i32.const 100))
             (i32.store (i32.const 8) (i32.const 7))
             (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
             (if (i32.load (i32.const 8)) (then (unreachable)))
             (call $say (i32.const 256) (i32.const 6)))"#,
    );
    run(Guest::new("stdin", wat)).finished("stdin", HELLO);
}

#[test]
fn no_file_is_in_reach() {
    let wat = importing(
        "fd_prestat_get",
        "(param i32 i32)",
        r#"(func (export "_start") (local $fd i32)
             (local.set $fd (i32.const 3))
             (loop $descriptors
               (if (i32.ne (call $fd_prestat_get (local.get $fd) (i32.const 8)) (i32.const 8))
                 (then (unreachable)))
               (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
               (br_if $descriptors (i32.lt_u (local.get $fd) (i32.const 20))))
             (call $say (i32.const 256) (i32.const 6)))"#,
    );
    run(Guest::new("files", wat)).finished("files", HELLO);
}

#[test]
fn the_clocks_go_and_do_not_go_back() {
    let wat = module(
        1,
        r"hello\n",
        r#"(func (export "_start") (local $before i64)
             (local.set $before (call $now))
             (loop $until_it_moves
               (if (i64.lt_u (call $now) (local.get $before)) (then (unreachable)))
               (br_if $until_it_moves (i64.eq (call $now) (local.get $before))))
             ;; Wall time is after 2020.
             (if (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 8)) (then (unreachable)))
             (if (i64.lt_u (i64.load (i32.const 8)) (i64.const 1577836800000000000)) (then (unreachable)))
             (call $say (i32.const 256) (i32.const 6)))"#,
    );
    run(Guest::new("clock", wat)).finished("clock", HELLO);
}

#[test]
fn random_bytes_differ_from_draw_to_draw() {
    let wat = importing(
        "random_get",
        "(param i32 i32)",
        r#"(func $draw (param $at i32)
             (if (call $random_get (local.get $at) (i32.const 16)) (then (unreachable))))
           (func (export "_start")
             (call $draw (i32.const 4096))
             (call $draw (i32.const 4112))
             (call $say_hex (i64.load (i32.const 4096)))
             (call $say_hex (i64.load (i32.const 4104)))
             (call $say_hex (i64.load (i32.const 4112)))
             (call $say_hex (i64.load (i32.const 4120))))"#,
    );
    let outputs = ["one", "other"].map(|name| run(Guest::new(name, &wat)).output(name));
    let mut draws: Vec<_> = outputs.iter().flat_map(|output| output.lines()).collect();
    assert_eq!(draws.len(), 8);
    draws.sort_unstable();
    draws.dedup();
    assert_eq!(draws.len(), 8, "64 random bits do not come twice");
}

#[test]
fn both_streams_go_to_the_log_in_the_order_written() {
    let wat = module(
        1,
        r"hello\n",
        r#"(func (export "_start")
             (call $say (i32.const 256) (i32.const 3))
             (i32.store (i32.const 0) (i32.const 259))
             (i32.store (i32.const 4) (i32.const 3))
             (if (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))
               (then (unreachable))))"#,
    );
    run(Guest::new("streams", wat)).finished("streams", HELLO);
}

#[test]
fn pointers_outside_the_memory_are_refused_and_break_nothing() {
    let wat = module(
        1,
        r"hello\n",
        r#"(func (export "_start")
             (i32.store (i32.const 0) (i32.const -16))
             (i32.store (i32.const 4) (i32.const 64))
             (if (i32.eqz (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
               (then (unreachable)))
             (call $say (i32.const 256) (i32.const 6)))"#,
    );
    let ran = run(Guest::new("pointers", wat));
    let (state, reasons) = (ran.state("pointers"), ran.reasons("pointers"));
    // WASI leaves open whether the call fails or the program is ended.
    assert!(["Succeeded", "Trapped"].contains(&state.as_str()), "{state} {reasons}");
    assert!([HELLO, ""].contains(&ran.output("pointers").as_str()));
}

#[test]
fn each_call_of_the_host_is_one_exit_and_a_busy_program_makes_none() {
    let calls = 500;
    let body = format!(
        r#"(func (export "_start") (local $left i32)
             (local.set $left (i32.const {calls}))
             (loop $again
               (drop (call $now))
               (local.set $left (i32.sub (local.get $left) (i32.const 1)))
               (br_if $again (local.get $left))))"#
    );
    // The last exit is the program's own end.
    assert_eq!(run(Guest::new("calls", module(1, "", &body))).of("calls").eexit, Some(calls + 1));
    assert_eq!(run(Guest::new("hello", hello())).of("hello").eexit, Some(2));
    let helpers = program("(memory.fill (i32.const 4096) (i32.const 7) (i32.const 60000))");
    assert_eq!(run(Guest::new("fill", helpers)).of("fill").eexit, Some(1));
}

/// Throws and catches so many exceptions, each with a payload, and keeps all of them in
/// a table; then throws each again and adds their payloads up.
fn throws(exceptions: u32) -> String {
    module(
        1,
        "",
        &format!(
            r#"(tag $e (param i64))
               (table $kept {exceptions} exnref)
               (func $catch (param $payload i64) (result exnref)
                 (block $caught (result exnref)
                   (try_table (catch_all_ref $caught) (throw $e (local.get $payload)))
                   (unreachable)))
               (func $payload (param $kept exnref) (result i64)
                 (block $caught (result i64)
                   (try_table (catch $e $caught) (throw_ref (local.get $kept)))
                   (unreachable)))
               (func (export "_start") (local $at i32) (local $sum i64)
                 (loop $throw
                   (table.set $kept (local.get $at) (call $catch (i64.extend_i32_u (local.get $at))))
                   (local.set $at (i32.add (local.get $at) (i32.const 1)))
                   (br_if $throw (i32.lt_u (local.get $at) (i32.const {exceptions}))))
                 (loop $again
                   (local.set $at (i32.sub (local.get $at) (i32.const 1)))
                   (local.set $sum
                     (i64.add (local.get $sum) (call $payload (table.get $kept (local.get $at)))))
                   (br_if $again (local.get $at)))
                 (call $say_hex (local.get $sum)))"#
        ),
    )
}

#[test]
fn exceptions_work_and_their_heap_is_paged_too() {
    let exceptions = 100_000;
    // One page of linear memory cannot cause any of this.
    let ran = Trial::new(Bytes::mib(1), 1).guest(Guest::new("throws", throws(exceptions))).run();
    let sum: u64 = (0..u64::from(exceptions)).sum();
    ran.finished("throws", &format!("{sum:016x}\n"));
    assert!(ran.of("throws").page_outs > Some(256), "{:?}", ran.of("throws"));
    assert!(ran.of("throws").page_ins > Some(256), "{:?}", ran.of("throws"));
}

#[test]
fn exceptions_take_nothing_from_the_linear_memory() {
    let wat = throws(1000).replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 640)");
    let ran = run(Guest::new("throws", wat).limit(Bytes::mib(40)));
    let sum: u64 = (0..1000).sum();
    ran.finished("throws", &format!("{sum:016x}\n"));
}

#[test]
fn the_limit_of_the_linear_memory_is_not_the_exceptions() {
    let exceptions = 100_000;
    let ran = run(Guest::new("throws", throws(exceptions)).limit(Bytes::mib(1)));
    let sum: u64 = (0..u64::from(exceptions)).sum();
    ran.finished("throws", &format!("{sum:016x}\n"));
    let ran = run(Guest::new("throws", throws(1_000_000)).limit(Bytes::mib(1)));
    assert_eq!(ran.state("throws"), casemate_report::State::Trapped);
    assert!(!ran.reasons("throws").contains("memory.grow"), "{}", ran.reasons("throws"));
}

#[test]
fn an_exception_nobody_catches_ends_the_program() {
    let wat = module(1, "", r#"(tag $e) (func (export "_start") (throw $e))"#);
    let ran = run(Guest::new("throws", wat));
    assert_eq!(ran.state("throws"), casemate_report::State::Trapped);
    assert!(ran.reasons("throws").contains("exception"), "{}", ran.reasons("throws"));
}

#[test]
fn exceptions_without_end_meet_the_heaps_limit() {
    let ran = Trial::new(Bytes::mib(4), 1).guest(Guest::new("throws", throws(1_000_000))).run();
    assert_eq!(ran.state("throws"), casemate_report::State::Trapped);
    assert!(ran.reasons("throws").contains("heap"), "{}", ran.reasons("throws"));
}
