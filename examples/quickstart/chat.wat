;; A short program that mostly waits, as interactive ones do: 40 times it sleeps
;; for 10 ms, looks at the clock, and says something. Beside a busy loop it must
;; still get its turn soon after each sleep.
;;
;; What it prints does not depend on how long things took, so that its log is the
;; same in every run. It does check that no sleep was too short, and traps if one was.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovecs i32) (param $count i32) (param $written i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param $clock i32) (param $precision i64) (param $time i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param $in i32) (param $out i32) (param $count i32) (param $happened i32) (result i32)))

  (memory (export "memory") 1)

  ;;   0  one iovec: address and length of the text
  ;;   8  where calls put what they are not asked for
  ;;  16  the time
  ;;  32  the text
  ;;  64  what to wait for: a subscription of 48 bytes, all zero but
  ;;        64 + 16  which clock: 1, the monotonic one
  ;;        64 + 24  how long: 10,000,000 ns
  ;; 128  what happened: an event of 32 bytes
  (data (i32.const 0) "\20\00\00\00\12\00\00\00")
  (data (i32.const 32) "tick .. and awake\n")
  (data (i32.const 80) "\01\00\00\00")
  (data (i32.const 88) "\80\96\98\00\00\00\00\00")

  ;; Nanoseconds of the monotonic clock.
  (func $now (result i64)
    (if (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 16))
      (then (unreachable)))
    (i64.load (i32.const 16)))

  (func $sleep
    (if (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 8))
      (then (unreachable))))

  (func $say (param $tick i32)
    (i32.store8 (i32.const 37)
      (i32.add (i32.div_u (local.get $tick) (i32.const 10)) (i32.const 48)))
    (i32.store8 (i32.const 38)
      (i32.add (i32.rem_u (local.get $tick) (i32.const 10)) (i32.const 48)))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (unreachable))))

  (func (export "_start")
    (local $tick i32) (local $before i64)
    (loop $ticks
      (local.set $tick (i32.add (local.get $tick) (i32.const 1)))
      (local.set $before (call $now))
      (call $sleep)
      (if (i64.lt_u (i64.sub (call $now) (local.get $before)) (i64.const 10000000))
        (then (unreachable)))
      (call $say (local.get $tick))
      (br_if $ticks (i32.lt_u (local.get $tick) (i32.const 40))))))
