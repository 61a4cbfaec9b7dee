;; Computes over 32 MiB, all of it touched beforehand, and times itself. A round is
;; four passes; in each, first every word in order, then words here and there.
;; Prints a checksum and the nanoseconds of the fastest of eight rounds, both in
;; decimal.
(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param $clock i32) (param $precision i64) (param $time i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovecs i32) (param $count i32) (param $written i32) (result i32)))

  ;; The first page of 64 KiB:
  ;;   0  one iovec: address and length of the text
  ;;   8  where fd_write puts how much it wrote
  ;;  16  where clock_time_get puts the time
  ;;  24  the text: two numbers of 20 digits
  ;; The data follow.
  (memory (export "memory") 513)
  (data (i32.const 0) "\18\00\00\00\2a\00\00\00")
  (data (i32.const 24) "                    \20                    \0a")

  (global $data i32 (i32.const 0x10000))
  (global $end i32 (i32.const 0x2010000))
  (global $random (mut i64) (i64.const 0x9e3779b97f4a7c15))

  ;; xorshift64.
  (func $draw (result i64)
    (global.set $random (i64.xor (global.get $random) (i64.shl (global.get $random) (i64.const 13))))
    (global.set $random (i64.xor (global.get $random) (i64.shr_u (global.get $random) (i64.const 7))))
    (global.set $random (i64.xor (global.get $random) (i64.shl (global.get $random) (i64.const 17))))
    (global.get $random))

  (func $fill
    (local $at i32)
    (local.set $at (global.get $data))
    (loop $words
      (i64.store (local.get $at) (call $draw))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (global.get $end)))))

  ;; Reads, mixes and writes every word in order.
  (func $sweep (param $sum i64) (result i64)
    (local $at i32) (local $word i64)
    (local.set $at (global.get $data))
    (loop $words
      (local.set $word (i64.load (local.get $at)))
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 7)) (local.get $word)))
      (i64.store (local.get $at)
        (i64.xor (i64.mul (local.get $word) (i64.const 31)) (local.get $sum)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (global.get $end))))
    (local.get $sum))

  ;; The same to 512 Ki words anywhere: 32 MiB are 2^22 words.
  (func $jump (param $sum i64) (result i64)
    (local $at i32) (local $word i64) (local $left i32)
    (local.set $left (i32.const 524288))
    (loop $words
      (local.set $at
        (i32.add (global.get $data)
          (i32.shl (i32.wrap_i64 (i64.and (call $draw) (i64.const 0x3fffff))) (i32.const 3))))
      (local.set $word (i64.load (local.get $at)))
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 7)) (local.get $word)))
      (i64.store (local.get $at)
        (i64.xor (i64.mul (local.get $word) (i64.const 31)) (local.get $sum)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $words (local.get $left)))
    (local.get $sum))

  ;; Clock 1 is the monotonic one.
  (func $now (result i64)
    (if (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 16)) (then (unreachable)))
    (i64.load (i32.const 16)))

  ;; Writes $value in decimal, its last digit at $last.
  (func $decimal (param $last i32) (param $value i64)
    (loop $digits
      (i32.store8 (local.get $last)
        (i32.add (i32.wrap_i64 (i64.rem_u (local.get $value) (i64.const 10))) (i32.const 48)))
      (local.set $last (i32.sub (local.get $last) (i32.const 1)))
      (local.set $value (i64.div_u (local.get $value) (i64.const 10)))
      (br_if $digits (i64.ne (local.get $value) (i64.const 0)))))

  (func (export "_start")
    (local $round i32) (local $pass i32) (local $sum i64) (local $started i64)
    (local $took i64) (local $fastest i64)
    (call $fill)
    (local.set $fastest (i64.const 0x7fffffffffffffff))
    (loop $rounds
      (local.set $started (call $now))
      (local.set $pass (i32.const 0))
      (loop $passes
        (local.set $sum (call $jump (call $sweep (local.get $sum))))
        (local.set $pass (i32.add (local.get $pass) (i32.const 1)))
        (br_if $passes (i32.lt_u (local.get $pass) (i32.const 4))))
      (local.set $took (i64.sub (call $now) (local.get $started)))
      (if (i64.lt_u (local.get $took) (local.get $fastest))
        (then (local.set $fastest (local.get $took))))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (br_if $rounds (i32.lt_u (local.get $round) (i32.const 8))))
    (call $decimal (i32.const 64) (local.get $fastest))
    (call $decimal (i32.const 43) (local.get $sum))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (unreachable)))))
