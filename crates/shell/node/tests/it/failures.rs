//! Programs that cannot start, go wrong or want too much: each is told so clearly,
//! and the program beside it finishes.

use std::path::Path;
use std::sync::Arc;

use casemate_model::Bytes;
use casemate_node::{Image, LOG_BYTES_MAX};
use casemate_report::State;

use crate::programs::{HELLO, hello, module, program, shuffle, shuffled};
use crate::trial::{Guest, Ran, Trial, for_each_mechanism, happened};

/// Runs `guest` beside a program that pages, which has to finish.
fn beside_a_good_one(trial: Trial, guest: Guest) -> Ran {
    let ran = trial.guest(guest).guest(Guest::new("good", shuffle(4, 5_000, 5))).run();
    ran.finished("good", &shuffled(4, 5_000, 5));
    ran
}

fn bad(guest: Guest) -> Ran {
    beside_a_good_one(Trial::new(Bytes::mib(2), 2), guest)
}

/// That `bad` ended in this state and the reasons hold all of these words.
fn told(ran: &Ran, state: State, words: &[&str]) {
    let reasons = ran.reasons("bad");
    assert_eq!(ran.state("bad"), state, "{reasons}");
    for word in words {
        assert!(reasons.contains(word), "`{word}` is not in: {reasons}");
    }
    assert!(!ran.report.succeeded);
}

/// A program that never got as far as an enclave's inside.
fn never_starts(program: impl AsRef<[u8]>, words: &[&str]) {
    let ran = bad(Guest::new("bad", program));
    told(&ran, State::Failed, words);
    assert!(!ran.kinds("bad").contains(&"entered"), "{:?}", ran.kinds("bad"));
    assert_eq!(ran.of("bad").log, None);
}

/// A program that traps.
fn traps(body: &str, words: &[&str]) {
    let ran = bad(Guest::new("bad", program(body)));
    told(&ran, State::Trapped, &[&["the program trapped"], words].concat());
    assert_eq!(ran.of("bad").exit_code, None);
    assert!(ran.kinds("bad").ends_with(&["entered", "trapped", "destroyed"]), "{:?}", ran.kinds("bad"));
}

#[test]
fn a_trap_is_named() {
    traps("unreachable", &["unreachable"]);
    traps("(drop (i32.div_u (i32.const 1) (i32.const 0)))", &["divide by zero"]);
}

#[test]
fn an_access_outside_the_memory_is_a_trap_with_either_mechanism() {
    let just_outside = "(i32.store8 (i32.const 65536) (i32.const 1))";
    let in_the_guard = "(drop (i64.load offset=0xfffffff8 (i32.const -1)))";
    let reaching_over = "(i64.store (i32.const 65532) (i64.const 1))";
    for_each_mechanism("outside the memory", |mechanism| {
        for body in [just_outside, in_the_guard, reaching_over] {
            let trial = Trial::new(Bytes::mib(2), 2).paging(mechanism);
            let ran = beside_a_good_one(trial, Guest::new("bad", program(body)));
            told(&ran, State::Trapped, &["out of bounds memory access"]);
        }
    });
}

#[test]
fn a_recursion_without_end_is_a_trap() {
    let endless = module(1, "", r#"(func $f (call $f) (call $f)) (func (export "_start") (call $f))"#);
    told(&bad(Guest::new("bad", endless)), State::Trapped, &["call stack exhausted"]);
}

#[test]
fn a_data_segment_outside_the_memory_is_a_trap() {
    let wat =
        r#"(module (memory (export "memory") 1) (data (i32.const 65535) "ab") (func (export "_start")))"#;
    told(&bad(Guest::new("bad", wat)), State::Trapped, &["out of bounds memory access"]);
}

#[test]
fn an_import_that_is_not_wasi_is_named() {
    let wat = r#"(module (import "env" "backdoor" (func)) (func (export "_start")))"#;
    never_starts(wat, &["bad.wat", "`env::backdoor`", "wasi_snapshot_preview1"]);
    let wat = r#"(module (import "wasi_snapshot_preview1" "fd_sing" (func)) (func (export "_start")))"#;
    never_starts(wat, &["bad.wat", "fd_sing"]);
    let wat = r#"(module (import "env" "memory" (memory 1)) (func (export "_start")))"#;
    never_starts(wat, &["bad.wat", "`env::memory`"]);
}

#[test]
fn a_library_is_told_from_a_program() {
    never_starts(r#"(module (func (export "add")))"#, &["`_start`", "a library"]);
    never_starts(r#"(module (global (export "_start") i32 (i32.const 0)))"#, &["`_start`"]);
    never_starts(r#"(module (func (export "_start") (param i32)))"#, &["`_start`"]);
}

#[test]
fn a_component_is_told_from_a_module() {
    never_starts(b"\0asm\x0d\0\x01\0", &["component", "wasm32-wasip1"]);
    never_starts("(component)", &["component", "wasm32-wasip1"]);
}

#[test]
fn what_is_not_webassembly_is_named() {
    never_starts(b"\x7fELF\x02\x01\x01", &["bad.wat", "not a WebAssembly module"]);
    never_starts(b"", &["bad.wat"]);
    never_starts(b"\0asm\x01\0\0\0\xff\xff\xff", &["bad.wat", "does not compile"]);
}

#[test]
fn what_this_node_does_not_offer_is_refused_by_name() {
    never_starts(r#"(module (memory i64 1) (func (export "_start")))"#, &["memory64"]);
    never_starts(r#"(module (memory 1) (memory 1) (func (export "_start")))"#, &["multiple memories"]);
    never_starts(r#"(module (memory 1 1 shared) (func (export "_start")))"#, &["threads"]);
}

#[test]
fn a_missing_image_is_named() {
    let missing = Path::new("/nonexistent/prog.wasm");
    let image = Image::read(missing).map(Arc::new).map_err(|error| error.to_string());
    let ran = bad(Guest::of_image("bad", image));
    told(&ran, State::Failed, &["/nonexistent/prog.wasm", "cannot be read"]);
    assert_eq!(ran.kinds("bad"), ["failed"]);
}

/// Grows its memory a page of 64 KiB at a time until it may not, touching each, and
/// ends with what is left on the stack.
fn greedy(end: &str) -> String {
    module(
        1,
        "",
        &format!(
            r#"(func (export "_start") (local $size i32)
                (block $full
                  (loop $more
                    (local.set $size (memory.grow (i32.const 1)))
                    (br_if $full (i32.eq (local.get $size) (i32.const -1)))
                    (i32.store (i32.shl (local.get $size) (i32.const 16)) (i32.const 1))
                    (br $more)))
                {end})"#
        ),
    )
}

#[test]
fn a_program_that_grows_without_bound_meets_its_limit_and_the_reasons_say_so() {
    let ran = bad(Guest::new("bad", greedy("unreachable")).limit(Bytes::mib(8)));
    told(&ran, State::Trapped, &["memory.grow was refused 1 time", "limit of 8Mi", "raise the limit"]);
    let ran = bad(Guest::new("bad", greedy("(call $proc_exit (i32.const 9))")).limit(Bytes::mib(8)));
    told(&ran, State::Failed, &["exit code 9", "memory.grow was refused"]);
}

#[test]
fn a_program_that_lives_with_its_limit_succeeds() {
    let program = greedy("(i32.store (i32.const 0) (i32.const 0))");
    let ran = bad(Guest::new("bad", program).limit(Bytes::mib(8)));
    ran.finished("bad", "");
    assert!(ran.of("bad").reasons.is_empty(), "{}", ran.reasons("bad"));
}

#[test]
fn a_module_that_starts_with_more_than_its_limit_is_told_so() {
    let guest = |wat: &str| Guest::new("bad", wat).limit(Bytes::mib(2));
    let exported = r#"(module (memory (export "memory") 33) (func (export "_start")))"#;
    let own = r#"(module (memory 33) (func (export "_start")))"#;
    for wat in [exported, own] {
        let ran = bad(guest(wat));
        told(&ran, State::Failed, &["2112Ki of memory", "limit of 2Mi", "raise the limit"]);
    }
}

#[test]
fn tables_cannot_grow_without_bound() {
    let one = module(
        1,
        "",
        r#"(table $t 0 externref)
           (func (export "_start")
             (loop $more
               (br_if $more
                 (i32.ne (table.grow $t (ref.null extern) (i32.const 65536)) (i32.const -1))))
             (call $proc_exit (i32.const 7)))"#,
    );
    told(&bad(Guest::new("bad", one)), State::Failed, &["exit code 7"]);

    let large = r#"(module (table 4000000 funcref) (func (export "_start")))"#;
    told(&bad(Guest::new("bad", large)), State::Trapped, &["table"]);

    let tables = "(table 100000 funcref)".repeat(80);
    let many = format!(r#"(module {tables} (func (export "_start")))"#);
    told(&bad(Guest::new("bad", many)), State::Trapped, &["table"]);
}

#[test]
fn exit_codes_arrive_from_wherever_they_are_given() {
    for (code, body) in [
        (1, "(call $proc_exit (i32.const 1))"),
        (42, "(loop $l (if (i64.eqz (i64.const 0)) (then (call $proc_exit (i32.const 42)))) (br $l))"),
    ] {
        let ran = bad(Guest::new("bad", program(body)));
        told(&ran, State::Failed, &[&format!("exit code {code}")]);
        assert_eq!(ran.of("bad").exit_code, Some(code));
    }
    let nested = module(
        1,
        "",
        r#"(func $down (param i32)
             (if (i32.eqz (local.get 0)) (then (call $proc_exit (i32.const 3))))
             (call $down (i32.sub (local.get 0) (i32.const 1))))
           (func (export "_start") (call $down (i32.const 1000)))"#,
    );
    let ran = bad(Guest::new("bad", nested));
    told(&ran, State::Failed, &["exit code 3"]);

    let zero = bad(Guest::new("zero", program("(call $proc_exit (i32.const 0)) unreachable")));
    zero.finished("zero", "");
    assert!(zero.of("zero").reasons.is_empty() && zero.report.succeeded);
}

#[test]
fn a_start_function_runs_before_the_program() {
    let wat = module(
        1,
        r"hello\n",
        r#"(func $first (call $say (i32.const 256) (i32.const 3)))
           (start $first)
           (func (export "_start") (call $say (i32.const 259) (i32.const 3)))"#,
    );
    bad(Guest::new("starts", wat)).finished("starts", HELLO);
    let wat = module(1, "", r#"(func $first unreachable) (start $first) (func (export "_start"))"#);
    told(&bad(Guest::new("bad", wat)), State::Trapped, &["unreachable"]);
}

#[test]
fn output_without_end_keeps_nobody_from_finishing() {
    let endless = program("(loop $again (call $say (i32.const 0) (i32.const 4096)) (br $again))");
    let ran = Trial::new(Bytes::mib(2), 1)
        .guest(Guest::new("endless", endless))
        .guest(Guest::new("good", hello()))
        .run_watched(|event, interrupt| {
            if happened(event, "exited", "good") {
                interrupt.request();
            }
        });
    ran.finished("good", HELLO);
    assert_eq!(ran.state("endless"), State::Killed);
}

#[test]
fn a_log_stops_at_its_limit_and_its_digest_goes_on() {
    let calls = LOG_BYTES_MAX / 0xf000 + 1;
    let body = format!(
        r#"(func (export "_start") (local $left i32)
            (local.set $left (i32.const {calls}))
            (loop $again
              (call $say (i32.const 4096) (i32.const 0xf000))
              (local.set $left (i32.sub (local.get $left) (i32.const 1)))
              (br_if $again (local.get $left))))"#
    );
    let ran = Trial::new(Bytes::mib(2), 1).guest(Guest::new("long", module(1, "", &body))).run();
    let long = ran.of("long");
    assert_eq!(long.state, State::Succeeded);
    let log = std::fs::metadata(long.log.as_ref().expect("it has a log")).expect("its log is there");
    assert_eq!(log.len(), LOG_BYTES_MAX);
    assert!(ran.reasons("long").contains("the log holds the first 64Mi"), "{}", ran.reasons("long"));
    let mut whole = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    (0..calls).for_each(|_| whole.update(&[0; 0xf000]));
    let whole: String = whole.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(long.log_sha256.as_ref(), Some(&whole));
}
