;; A program whose memory is used in no order: 40 MiB, changed at random.
;;
;; 30,000 times it picks one of its 10,239 pages at random and changes 64 words
;; in it, each depending on what was there before. Nothing can guess which page
;; comes next, so with little encrypted memory most picks are page faults, and a
;; change that got lost on the way out or in would show in the checksum at the end.
;;
;; Its manifest (shuffle.yaml) guarantees it 2 MiB. The rest is paged.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovecs i32) (param $count i32) (param $written i32) (result i32)))

  ;; 640 WebAssembly pages of 64 KiB: 10,240 pages of 4 KiB.
  (memory (export "memory") 640)

  ;; The first 4 KiB page holds what is printed; the 10,239 others are shuffled.
  ;;   0  one iovec: address and length of the text
  ;;   8  where fd_write puts how much it wrote
  ;;  16  the text
  (data (i32.const 0) "\10\00\00\00\32\00\00\00")
  (data (i32.const 16) "1920000 words shuffled, checksum ................\n")
  (global $first i32 (i32.const 4096))
  (global $end i32 (i32.const 41943040))
  (global $random (mut i64) (i64.const 0x2545f4914f6cdd1d))

  ;; xorshift64 (Marsaglia 2003).
  (func $next (result i64)
    (local $x i64)
    (local.set $x (global.get $random))
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
    (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
    (global.set $random (local.get $x))
    (local.get $x))

  ;; Changes 64 words of the page at $page, scattered over it: the index goes up
  ;; by 37 words, and the low 9 bits of it are kept.
  (func $change (param $page i32)
    (local $left i32) (local $index i32) (local $at i32)
    (local.set $left (i32.const 64))
    (loop $words
      (local.set $index (i32.and (i32.add (local.get $index) (i32.const 37)) (i32.const 511)))
      (local.set $at (i32.add (local.get $page) (i32.shl (local.get $index) (i32.const 3))))
      (i64.store (local.get $at)
        (i64.add
          (i64.rotl (i64.load (local.get $at)) (i64.const 11))
          (global.get $random)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $words (local.get $left))))

  (func $shuffle
    (local $left i32)
    (local.set $left (i32.const 30000))
    (loop $picks
      (call $change
        (i32.add (global.get $first)
          (i32.mul
            (i32.wrap_i64 (i64.rem_u (call $next) (i64.const 10239)))
            (i32.const 4096))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $picks (local.get $left))))

  (func $sum (result i64)
    (local $at i32) (local $sum i64)
    (local.set $at (global.get $first))
    (loop $words
      (local.set $sum
        (i64.mul
          (i64.rotl (i64.xor (local.get $sum) (i64.load (local.get $at))) (i64.const 23))
          (i64.const 0x9e3779b97f4a7c15)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (global.get $end))))
    (local.get $sum))

  ;; Writes $value as 16 hex digits, the last one at $at + 15.
  (func $hex (param $at i32) (param $value i64)
    (local $digit i32) (local $place i32)
    (local.set $place (i32.add (local.get $at) (i32.const 15)))
    (loop $digits
      (local.set $digit (i32.wrap_i64 (i64.and (local.get $value) (i64.const 15))))
      (i32.store8 (local.get $place)
        (i32.add (local.get $digit)
          (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
      (local.set $value (i64.shr_u (local.get $value) (i64.const 4)))
      (local.set $place (i32.sub (local.get $place) (i32.const 1)))
      (br_if $digits (i32.ge_u (local.get $place) (local.get $at)))))

  (func (export "_start")
    (call $shuffle)
    (call $hex (i32.const 49) (call $sum))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (unreachable)))))
