/** WebAssembly helpers for words of more than 64 bits: little-endian arrays of 64-bit chunks, addressed absolutely. */
export const runtimeText = `(module
 (import "env" "memory" (memory 1))
 (import "env" "fail" (func $fail (param i32 i32)))
 (func $chunk (param $p i32) (param $i i32) (param $n i32) (param $fill i64) (result i64)
  (if (i32.ge_u (local.get $i) (local.get $n)) (then (return (local.get $fill))))
  (i64.load (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 3)))))
 (func $shr (param $dst i32) (param $src i32) (param $dn i32) (param $sn i32) (param $amount i32) (param $fill i64)
  (local $i i32) (local $from i32) (local $s i64) (local $v i64)
  (local.set $from (i32.shr_u (local.get $amount) (i32.const 6)))
  (local.set $s (i64.extend_i32_u (i32.and (local.get $amount) (i32.const 63))))
  (loop $next
   (local.set $v (i64.shr_u
    (call $chunk (local.get $src) (i32.add (local.get $i) (local.get $from)) (local.get $sn) (local.get $fill)) (local.get $s)))
   (if (i64.ne (local.get $s) (i64.const 0)) (then
    (local.set $v (i64.or (local.get $v) (i64.shl
     (call $chunk (local.get $src) (i32.add (i32.add (local.get $i) (local.get $from)) (i32.const 1)) (local.get $sn) (local.get $fill))
     (i64.sub (i64.const 64) (local.get $s)))))))
   (i64.store (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 3))) (local.get $v))
   (local.set $i (i32.add (local.get $i) (i32.const 1)))
   (br_if $next (i32.lt_u (local.get $i) (local.get $dn)))))
 (func $shl (param $dst i32) (param $src i32) (param $n i32) (param $amount i32)
  (local $i i32) (local $from i32) (local $s i64) (local $v i64)
  (local.set $from (i32.shr_u (local.get $amount) (i32.const 6)))
  (local.set $s (i64.extend_i32_u (i32.and (local.get $amount) (i32.const 63))))
  (loop $next
   (local.set $v (i64.shl
    (call $chunk (local.get $src) (i32.sub (local.get $i) (local.get $from)) (local.get $n) (i64.const 0)) (local.get $s)))
   (if (i64.ne (local.get $s) (i64.const 0)) (then
    (local.set $v (i64.or (local.get $v) (i64.shr_u
     (call $chunk (local.get $src) (i32.sub (i32.sub (local.get $i) (local.get $from)) (i32.const 1)) (local.get $n) (i64.const 0))
     (i64.sub (i64.const 64) (local.get $s)))))))
   (i64.store (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 3))) (local.get $v))
   (local.set $i (i32.add (local.get $i) (i32.const 1)))
   (br_if $next (i32.lt_u (local.get $i) (local.get $n)))))
 (func $add (param $dst i32) (param $a i32) (param $b i32) (param $n i32) (param $invert i64) (param $carry i64)
  (local $i i32) (local $x i64) (local $y i64) (local $sum i64)
  (loop $next
   (local.set $x (i64.load (i32.add (local.get $a) (local.get $i))))
   (local.set $y (i64.xor (i64.load (i32.add (local.get $b) (local.get $i))) (local.get $invert)))
   (local.set $sum (i64.add (local.get $x) (local.get $y)))
   (local.set $x (i64.extend_i32_u (i64.lt_u (local.get $sum) (local.get $x))))
   (local.set $sum (i64.add (local.get $sum) (local.get $carry)))
   (local.set $carry (i64.or (local.get $x) (i64.extend_i32_u (i64.lt_u (local.get $sum) (local.get $carry)))))
   (i64.store (i32.add (local.get $dst) (local.get $i)) (local.get $sum))
   (local.set $i (i32.add (local.get $i) (i32.const 8)))
   (br_if $next (i32.lt_u (i32.shr_u (local.get $i) (i32.const 3)) (local.get $n)))))
 (func $mul (param $dst i32) (param $a i32) (param $b i32) (param $n i32)
  (local $i i32) (local $j i32) (local $limbs i32) (local $x i64) (local $t i64) (local $p i32)
  (memory.fill (local.get $dst) (i32.const 0) (i32.shl (local.get $n) (i32.const 3)))
  (local.set $limbs (i32.shl (local.get $n) (i32.const 1)))
  (loop $rows
   (local.set $x (i64.load32_u (i32.add (local.get $a) (i32.shl (local.get $i) (i32.const 2)))))
   (local.set $j (i32.const 0))
   (local.set $t (i64.const 0))
   (loop $columns
    (local.set $p (i32.add (local.get $dst) (i32.shl (i32.add (local.get $i) (local.get $j)) (i32.const 2))))
    (local.set $t (i64.add (i64.add (local.get $t) (i64.load32_u (local.get $p)))
     (i64.mul (local.get $x) (i64.load32_u (i32.add (local.get $b) (i32.shl (local.get $j) (i32.const 2)))))))
    (i64.store32 (local.get $p) (local.get $t))
    (local.set $t (i64.shr_u (local.get $t) (i64.const 32)))
    (local.set $j (i32.add (local.get $j) (i32.const 1)))
    (br_if $columns (i32.lt_u (i32.add (local.get $i) (local.get $j)) (local.get $limbs))))
   (local.set $i (i32.add (local.get $i) (i32.const 1)))
   (br_if $rows (i32.lt_u (local.get $i) (local.get $limbs)))))
 (func $less (param $a i32) (param $b i32) (param $n i32) (param $flip i64) (result i32)
  (local $x i64) (local $y i64)
  (loop $next
   (local.set $n (i32.sub (local.get $n) (i32.const 1)))
   (local.set $x (i64.xor (local.get $flip) (i64.load (i32.add (local.get $a) (i32.shl (local.get $n) (i32.const 3))))))
   (local.set $y (i64.xor (local.get $flip) (i64.load (i32.add (local.get $b) (i32.shl (local.get $n) (i32.const 3))))))
   (local.set $flip (i64.const 0))
   (if (i64.ne (local.get $x) (local.get $y)) (then (return (i64.lt_u (local.get $x) (local.get $y)))))
   (br_if $next (local.get $n)))
  (i32.const 0)))`;
