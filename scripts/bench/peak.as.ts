// What the processor does in each arithmetic when nothing has to be loaded. No two products are the same, or they would
// be computed once; what a round uses fits the registers. Operands come from memory, whatever lies there: V8 makes a
// constant anew at each use.

const memory16 = memory.data(16 * 16, 16);

@inline function operand(i: i32): v128 {
  return v128.load(memory16 + (<usize>i << 4));
}

export function float32(rounds: i32): f32 {
  const x = operand(10), w = operand(11);
  let a = operand(0), b = operand(1), c = operand(2), d = operand(3), e = operand(4);
  let f = operand(5), g = operand(6), h = operand(7), i = operand(8), j = operand(9);
  for (let n = 0; n < rounds; n++) {
    a = f32x4.relaxed_madd(x, w, a); b = f32x4.relaxed_madd(x, w, b);
    c = f32x4.relaxed_madd(x, w, c); d = f32x4.relaxed_madd(x, w, d);
    e = f32x4.relaxed_madd(x, w, e); f = f32x4.relaxed_madd(x, w, f);
    g = f32x4.relaxed_madd(x, w, g); h = f32x4.relaxed_madd(x, w, h);
    i = f32x4.relaxed_madd(x, w, i); j = f32x4.relaxed_madd(x, w, j);
  }
  const low = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  const high = f32x4.add(f32x4.add(e, f), f32x4.add(g, h));
  return f32x4.extract_lane(f32x4.add(f32x4.add(low, high), f32x4.add(i, j)), 0);
}

export function int16(rounds: i32): i32 {
  let x = operand(5);
  const one = operand(6), s = operand(7), t = operand(8), u = operand(9), v = operand(10), w = operand(11);
  let a = operand(0), b = operand(1), c = operand(2), d = operand(3), e = operand(4);
  for (let n = 0; n < rounds; n++) {
    x = i16x8.add(x, one);
    a = i32x4.add(a, i32x4.dot_i16x8_s(x, s));
    b = i32x4.add(b, i32x4.dot_i16x8_s(x, t));
    c = i32x4.add(c, i32x4.dot_i16x8_s(x, u));
    d = i32x4.add(d, i32x4.dot_i16x8_s(x, v));
    e = i32x4.add(e, i32x4.dot_i16x8_s(x, w));
  }
  return i32x4.extract_lane(v128.xor(v128.xor(v128.xor(a, b), v128.xor(c, d)), e), 0);
}

@inline function quads(sum: v128, x: v128, y: v128, w: v128, ones: v128): v128 {
  const first = i16x8.relaxed_dot_i8x16_i7x16_s(w, x), second = i16x8.relaxed_dot_i8x16_i7x16_s(w, y);
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.add(first, second), ones));
}

export function int8(rounds: i32): i32 {
  let x = operand(5);
  const y = operand(4), mask = operand(6), ones = operand(7);
  const s = operand(8), t = operand(9), u = operand(10), v = operand(11);
  let a = operand(0), b = operand(1), c = operand(2), d = operand(3);
  for (let n = 0; n < rounds; n++) {
    x = v128.and(i8x16.add(x, s), mask);
    a = quads(a, x, v128.xor(x, y), s, ones);
    b = quads(b, x, v128.xor(x, y), t, ones);
    c = quads(c, x, v128.xor(x, y), u, ones);
    d = quads(d, x, v128.xor(x, y), v, ones);
  }
  return i32x4.extract_lane(v128.xor(v128.xor(a, b), v128.xor(c, d)), 0);
}
