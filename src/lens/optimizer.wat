;; The passes over all parameters of a step, four at a time: adam.ts and moveToward of parameterSpace.ts, in float32.
;; Pointers are byte offsets; counts are of floats, multiples of 4.
(module
  (memory (import "space" "memory") 1)

  (func (export "adam")
    (param $parameters i32) (param $gradient i32) (param $means i32) (param $squares i32) (param $count i32)
    (param $scale f32) (param $kept f32) (param $stepSize f32) (param $squareScale f32)
    (param $meanShare f32) (param $squareKept f32) (param $squareShare f32) (param $epsilon f32)
    (local $end i32) (local $g v128) (local $mean v128) (local $square v128)
    (local.set $end (i32.add (local.get $parameters) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (if (i32.lt_u (local.get $parameters) (local.get $end))
        (then
          (local.set $g (f32x4.mul (f32x4.splat (local.get $scale)) (v128.load (local.get $gradient))))
          (local.set $mean (v128.load (local.get $means)))
          (local.set $mean
            (f32x4.add
              (local.get $mean)
              (f32x4.mul
                (f32x4.splat (local.get $meanShare))
                (f32x4.sub (local.get $g) (local.get $mean)))))
          (v128.store (local.get $means) (local.get $mean))
          (local.set $square
            (f32x4.add
              (f32x4.mul (f32x4.splat (local.get $squareKept)) (v128.load (local.get $squares)))
              (f32x4.mul
                (f32x4.splat (local.get $squareShare))
                (f32x4.mul (local.get $g) (local.get $g)))))
          (v128.store (local.get $squares) (local.get $square))
          (v128.store (local.get $parameters)
            (f32x4.sub
              (f32x4.mul (f32x4.splat (local.get $kept)) (v128.load (local.get $parameters)))
              (f32x4.div
                (f32x4.mul (f32x4.splat (local.get $stepSize)) (local.get $mean))
                (f32x4.add
                  (f32x4.sqrt (f32x4.mul (f32x4.splat (local.get $squareScale)) (local.get $square)))
                  (f32x4.splat (local.get $epsilon))))))
          (local.set $parameters (i32.add (local.get $parameters) (i32.const 16)))
          (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
          (local.set $means (i32.add (local.get $means) (i32.const 16)))
          (local.set $squares (i32.add (local.get $squares) (i32.const 16)))
          (br $next)))))

  (func (export "moveToward")
    (param $average i32) (param $values i32) (param $count i32) (param $share f32)
    (local $end i32) (local $before v128)
    (local.set $end (i32.add (local.get $average) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (if (i32.lt_u (local.get $average) (local.get $end))
        (then
          (local.set $before (v128.load (local.get $average)))
          (v128.store (local.get $average)
            (f32x4.add
              (local.get $before)
              (f32x4.mul
                (f32x4.splat (local.get $share))
                (f32x4.sub (v128.load (local.get $values)) (local.get $before)))))
          (local.set $average (i32.add (local.get $average) (i32.const 16)))
          (local.set $values (i32.add (local.get $values) (i32.const 16)))
          (br $next))))))
