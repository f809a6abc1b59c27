// Which build this is. Kernels ask the same constant: the compiler drops what the other build needs.

export function relaxed(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 1 : 0;
}
