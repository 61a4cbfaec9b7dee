;; A program that uses all of its 96 MiB of memory, three times over.
;;
;; It fills the memory with pseudo-random words, then folds every word into a
;; checksum twice: once from the first page to the last, once in strides, so
;; that no two neighbouring pages are visited after one another. A page that
;; came back from sealed memory with one wrong bit would change what is printed.
;;
;; Its manifest (checksum.yaml) guarantees it 2 MiB. The rest is paged.
(module
  ;; Everything a WASI program can ask of its host is an imported function.
  ;; Each call of one is an exit from the enclave (EEXIT).
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovecs i32) (param $count i32) (param $written i32) (result i32)))

  ;; 1536 WebAssembly pages of 64 KiB: 24,576 pages of 4 KiB.
  (memory (export "memory") 1536)

  ;; The first 4 KiB page holds what is printed; the 24,575 others are data.
  ;;   0  one iovec: address and length of the text
  ;;   8  where fd_write puts how much it wrote
  ;;  16  the text
  (data (i32.const 0) "\10\00\00\00\40\00\00\00")
  (data (i32.const 16) "checksum in order ................, in strides ................\n")
  (global $first i32 (i32.const 4096))
  (global $end i32 (i32.const 100663296))
  (global $pages i32 (i32.const 24575))

  ;; xorshift64 (Marsaglia 2003): the next of a sequence of 2^64 - 1 words.
  (func $next (param $x i64) (result i64)
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
    (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
    (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))

  ;; One step of the checksum. Multiplying by an odd number and rotating loses
  ;; nothing, so any changed word changes the result, and so does their order.
  (func $fold (param $sum i64) (param $word i64) (result i64)
    (i64.mul
      (i64.rotl (i64.xor (local.get $sum) (local.get $word)) (i64.const 23))
      (i64.const 0x9e3779b97f4a7c15)))

  (func $fill
    (local $at i32) (local $word i64)
    (local.set $at (global.get $first))
    (local.set $word (i64.const 0x2545f4914f6cdd1d))
    (loop $words
      (local.set $word (call $next (local.get $word)))
      (i64.store (local.get $at) (local.get $word))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (global.get $end)))))

  ;; Folds the words from $at up to $to into $sum.
  (func $sum_range (param $sum i64) (param $at i32) (param $to i32) (result i64)
    (loop $words
      (local.set $sum (call $fold (local.get $sum) (i64.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (local.get $to))))
    (local.get $sum))

  ;; Every page once, each 641 pages after the one before, around the end. 641
  ;; and 24,575 have no common divisor, so none is missed and none comes twice.
  (func $sum_strides (result i64)
    (local $sum i64) (local $page i32) (local $left i32) (local $at i32)
    (local.set $left (global.get $pages))
    (loop $each
      (local.set $at (i32.add (global.get $first) (i32.mul (local.get $page) (i32.const 4096))))
      (local.set $sum
        (call $sum_range (local.get $sum) (local.get $at) (i32.add (local.get $at) (i32.const 4096))))
      (local.set $page
        (i32.rem_u (i32.add (local.get $page) (i32.const 641)) (global.get $pages)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $each (local.get $left)))
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

  ;; Where a WASI program begins. Returning from it is exit code 0.
  (func (export "_start")
    (call $fill)
    (call $hex (i32.const 34)
      (call $sum_range (i64.const 0) (global.get $first) (global.get $end)))
    (call $hex (i32.const 63) (call $sum_strides))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (unreachable)))))
