// Channel multipliers of a depthwise convolution: each number `times` times, and the sums that undo it.

/** out[i·times + j] = x[i] for i < length. */
export function repeat(x: usize, times: i32, out: usize, length: i32): void {
  for (let i = 0; i < length; i++) {
    const value = load<f32>(x + (<usize>i << 2));
    for (let j = 0; j < times; j++) {
      store<f32>(out, value);
      out += 4;
    }
  }
}

/** out[i] = Σ over j < times of x[i·times + j] for i < length. */
export function sumNeighbours(x: usize, times: i32, out: usize, length: i32): void {
  for (let i = 0; i < length; i++) {
    let sum: f32 = 0;
    for (let j = 0; j < times; j++) {
      sum += load<f32>(x);
      x += 4;
    }
    store<f32>(out + (<usize>i << 2), sum);
  }
}
