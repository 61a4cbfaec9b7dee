;; A program that only computes: no memory to speak of, no calls of the host
;; until it is done. It would keep its CPU for itself for a second or two. It
;; cannot: its time slice runs out, the enclave is left asynchronously (AEX), and
;; others run.
;;
;; It finds the number below 5,000,000 with the longest Collatz chain: halve what
;; is even, treble what is odd and add one, until it is 1.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovecs i32) (param $count i32) (param $written i32) (result i32)))

  (memory (export "memory") 1)

  ;;   0  one iovec: address and length of the text
  ;;   8  where fd_write puts how much it wrote
  ;;  16  the text, with room for two numbers
  (data (i32.const 0) "\10\00\00\00\4c\00\00\00")
  (data (i32.const 16) "the longest Collatz chain below 5000000 begins at ....... and has ... terms\n")

  ;; Numbers in the chain that begins at $n, 1 included.
  (func $chain (param $n i64) (result i32)
    (local $terms i32)
    (local.set $terms (i32.const 1))
    (block $done
      (loop $steps
        (br_if $done (i64.eq (local.get $n) (i64.const 1)))
        (local.set $n
          (select
            (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1))
            (i64.shr_u (local.get $n) (i64.const 1))
            (i32.wrap_i64 (i64.and (local.get $n) (i64.const 1)))))
        (local.set $terms (i32.add (local.get $terms) (i32.const 1)))
        (br $steps)))
    (local.get $terms))

  ;; Writes $value in decimal, its last digit at $last.
  (func $decimal (param $last i32) (param $value i32)
    (loop $digits
      (i32.store8 (local.get $last)
        (i32.add (i32.rem_u (local.get $value) (i32.const 10)) (i32.const 48)))
      (local.set $last (i32.sub (local.get $last) (i32.const 1)))
      (local.set $value (i32.div_u (local.get $value) (i32.const 10)))
      (br_if $digits (local.get $value))))

  (func (export "_start")
    (local $n i32) (local $terms i32) (local $best i32) (local $best_terms i32)
    (local.set $n (i32.const 1))
    (loop $numbers
      (local.set $terms (call $chain (i64.extend_i32_u (local.get $n))))
      (if (i32.gt_u (local.get $terms) (local.get $best_terms))
        (then
          (local.set $best (local.get $n))
          (local.set $best_terms (local.get $terms))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $numbers (i32.lt_u (local.get $n) (i32.const 5000000))))
    (call $decimal (i32.const 72) (local.get $best))
    (call $decimal (i32.const 84) (local.get $best_terms))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (unreachable)))))
