// Mean over the pixels of every channel of an integer picture, as float32:
//
//   value = (float64(sum) / pixels − zero point) · scale, rounded to float32 once, at the end
//
// Sums are exact in int32: 32,767 · 65,536 pixels are the most. Output: float32 [planes · 8], contiguous.

export function mean_i16(
  input: usize, plane: usize, row: usize, height: i32, width: i32, planes: i32, output: usize, scale: f32, zeroPoint: i32,
): void {
  mean<i16>(input, plane, row, height, width, planes, output, scale, zeroPoint);
}

export function mean_u7(
  input: usize, plane: usize, row: usize, height: i32, width: i32, planes: i32, output: usize, scale: f32, zeroPoint: i32,
): void {
  mean<u8>(input, plane, row, height, width, planes, output, scale, zeroPoint);
}

function mean<In>(
  input: usize, plane: usize, row: usize, height: i32, width: i32, planes: i32, output: usize, scale: f32, zeroPoint: i32,
): void {
  const pixel = <usize>sizeof<In>() * 8;
  for (let i = 0; i < planes; i++) {
    let low = i32x4.splat(0), high = low;
    for (let y = 0; y < height; y++) {
      let p = input + <usize>i * plane + <usize>y * row;
      for (const end = p + <usize>width * pixel; p < end; p += pixel) {
        const v = sizeof<In>() == 2 ? v128.load(p) : v128.load8x8_s(p);
        low = i32x4.add(low, i32x4.extend_low_i16x8_s(v));
        high = i32x4.add(high, i32x4.extend_high_i16x8_s(v));
      }
    }
    v128.store(output, low);
    v128.store(output, high, 16);
    for (const end = output + 32; output < end; output += 4)
      store<f32>(
        output,
        <f32>((<f64>load<i32>(output) / <f64>(height * width) - <f64>zeroPoint) * <f64>scale),
      );
  }
}
