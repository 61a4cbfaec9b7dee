//! Programs, as WebAssembly text, and what each must print.
//!
//! All share one layout: the first page of 4 KiB is for texts and calls of the
//! host, whatever follows is the program's.
//!
//! | offset | what |
//! |---|---|
//! | 0 | one iovec |
//! | 8 | where calls put what they are not asked for |
//! | 16 | 16 hex digits and a newline |
//! | 64 | a subscription of 48 bytes: to sleep |
//! | 128 | an event of 32 bytes |
//! | 256 | a program's own text |

/// Bytes of one page of WebAssembly.
const WASM_PAGE: u64 = 64 * 1024;
/// The first word after the first page of 4 KiB.
const FIRST_WORD: u64 = 512;
const FOLD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Host calls every program here may use, and what is built on them.
const PRELUDE: &str = r#"
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))

  (func $say (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (unreachable))))

  (func $say_hex (param $value i64)
    (local $at i32) (local $digit i32)
    (local.set $at (i32.const 31))
    (loop $digits
      (local.set $digit (i32.wrap_i64 (i64.and (local.get $value) (i64.const 15))))
      (i32.store8 (local.get $at)
        (i32.add (local.get $digit)
          (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
      (local.set $value (i64.shr_u (local.get $value) (i64.const 4)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $digits (i32.ge_u (local.get $at) (i32.const 16))))
    (i32.store8 (i32.const 32) (i32.const 10))
    (call $say (i32.const 16) (i32.const 17)))

  ;; Nanoseconds of the monotonic clock.
  (func $now (result i64)
    (if (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 8))
      (then (unreachable)))
    (i64.load (i32.const 8)))

  (func $sleep (param $nanos i64)
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (local.get $nanos))
    (if (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 8))
      (then (unreachable))))

  ;; xorshift64 (Marsaglia 2003).
  (func $next (param $x i64) (result i64)
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
    (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
    (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))

  ;; Folds every word from $at up to $end; each is written back as it was.
  (func $sum (param $at i32) (param $end i32) (result i64)
    (local $sum i64) (local $word i64)
    (loop $words
      (local.set $word (i64.load (local.get $at)))
      (i64.store (local.get $at) (local.get $word))
      (local.set $sum
        (i64.mul
          (i64.rotl (i64.xor (local.get $sum) (local.get $word)) (i64.const 23))
          (i64.const 0x9e3779b97f4a7c15)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $sum))
"#;

/// A module with the prelude, a text at 256 and so much memory.
pub(crate) fn module(wasm_pages: u64, text: &str, rest: &str) -> String {
    format!(
        r#"(module {PRELUDE} (memory (export "memory") {wasm_pages}) (data (i32.const 256) "{text}") {rest})"#
    )
}

/// A program that runs these instructions once.
pub(crate) fn program(body: &str) -> String {
    module(1, "", &format!(r#"(func (export "_start") {body})"#))
}

/// Says one line and ends.
pub(crate) fn hello() -> String {
    module(1, r"hello\n", r#"(func (export "_start") (call $say (i32.const 256) (i32.const 6)))"#)
}

/// What [`hello`] prints.
pub(crate) const HELLO: &str = "hello\n";

/// Computes for ever.
pub(crate) fn spin() -> String {
    program("(loop $for_ever (br $for_ever))")
}

/// Computes for at least so long, then says so.
pub(crate) fn spin_for(nanos: u64) -> String {
    let body = format!(
        r#"(func (export "_start") (local $end i64)
            (local.set $end (i64.add (call $now) (i64.const {nanos})))
            (loop $busy (br_if $busy (i64.lt_u (call $now) (local.get $end))))
            (call $say (i32.const 256) (i32.const 6)))"#
    );
    module(1, r"hello\n", &body)
}

/// Changes words of `mib` MiB at random, so many times, then prints a checksum of them all.
pub(crate) fn shuffle(mib: u64, steps: u64, seed: u64) -> String {
    let (wasm_pages, words) = (mib * 16, words(mib));
    let body = format!(
        r#"(func (export "_start") (local $x i64) (local $left i32) (local $at i32)
            (local.set $x (i64.const {seed}))
            (local.set $left (i32.const {steps}))
            (loop $steps
              (local.set $x (call $next (local.get $x)))
              (local.set $at
                (i32.shl
                  (i32.wrap_i64
                    (i64.add (i64.const {FIRST_WORD})
                      (i64.rem_u (i64.shr_u (local.get $x) (i64.const 8)) (i64.const {words}))))
                  (i32.const 3)))
              (i64.store (local.get $at)
                (i64.add (i64.rotl (i64.load (local.get $at)) (i64.const 11)) (local.get $x)))
              (local.set $left (i32.sub (local.get $left) (i32.const 1)))
              (br_if $steps (local.get $left)))
            (call $say_hex (call $sum (i32.const 4096) (i32.const {end}))))"#,
        end = wasm_pages * WASM_PAGE
    );
    module(wasm_pages, "", &body)
}

/// What [`shuffle`] prints on a machine that never pages.
pub(crate) fn shuffled(mib: u64, steps: u64, seed: u64) -> String {
    let mut memory = vec![0u64; words(mib) as usize];
    let mut x = seed;
    for _ in 0..steps {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        let word = &mut memory[((x >> 8) % words(mib)) as usize];
        *word = word.rotate_left(11).wrapping_add(x);
    }
    line(fold(memory))
}

/// Fills `mib` MiB and then sums all of it up, again and again, a line each time.
pub(crate) fn audit_for_ever(mib: u64) -> String {
    let end = mib * 16 * WASM_PAGE;
    let body = format!(
        r#"(func (export "_start") (local $at i32)
            (local.set $at (i32.const 4096))
            (loop $words
              (i64.store (local.get $at) (i64.extend_i32_u (local.get $at)))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br_if $words (i32.lt_u (local.get $at) (i32.const {end}))))
            (loop $for_ever
              (call $say_hex (call $sum (i32.const 4096) (i32.const {end})))
              (br $for_ever)))"#
    );
    module(mib * 16, "", &body)
}

/// Each line that [`audit_for_ever`] prints.
pub(crate) fn audited(mib: u64) -> String {
    line(fold((0..words(mib)).map(|word| (FIRST_WORD + word) * 8)))
}

/// Words after the first page.
fn words(mib: u64) -> u64 {
    mib * 16 * WASM_PAGE / 8 - FIRST_WORD
}

fn fold(words: impl IntoIterator<Item = u64>) -> u64 {
    words.into_iter().fold(0, |sum: u64, word| (sum ^ word).rotate_left(23).wrapping_mul(FOLD))
}

fn line(value: u64) -> String {
    format!("{value:016x}\n")
}
