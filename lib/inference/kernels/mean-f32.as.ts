// Mean over the pixels of a float32 picture, for every channel: planes [C/4][pixels][4] → [C]. Lines are summed in
// float32, the sums of lines in float64, two lanes at a time; a global average of any size loses nothing that counts.

export function mean_f32(
  input: usize, plane: usize, row: usize, height: i32, width: i32, planes: i32, output: usize,
): void {
  const share = f64x2.splat(1.0 / <f64>(height * width));
  const lineBytes = <usize>width << 4;
  for (let c = 0; c < planes; c++) {
    let low = f64x2.splat(0), high = low;
    for (let y = 0; y < height; y++) {
      const line = input + <usize>y * row, end = line + lineBytes;
      let sum = v128.load(line);
      for (let p = line + 16; p < end; p += 16) sum = f32x4.add(sum, v128.load(p));
      low = f64x2.add(low, f64x2.promote_low_f32x4(sum));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(sum, sum, 2, 3, 2, 3)));
    }
    const means = f32x4.demote_f64x2_zero(f64x2.mul(low, share));
    v128.store(output, v128.shuffle<f32>(means, f32x4.demote_f64x2_zero(f64x2.mul(high, share)), 0, 1, 4, 5));
    output += 16;
    input += plane;
  }
}
