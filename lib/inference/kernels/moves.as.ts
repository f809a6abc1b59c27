// What only moves bytes: `copy` of pictures plane by plane, `halo` around a picture, `fill_f32` of a picture. They know
// no format; lines are whole pixels, so every count is a multiple of 8 bytes.

/** From this many bytes on, the call that memory.copy and memory.fill cost is worth it. */
const worthACall: usize = 256;

/** As `copy` of kernels.ts. */
export function copy(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize,
  planes: i32, height: i32, lineBytes: usize,
): void {
  let lines = height, bytes = lineBytes;
  if (row == lineBytes && outputRow == lineBytes) {
    bytes *= <usize>height;
    lines = 1;
  }
  for (let c = 0; c < planes; c++)
    for (let y = 0; y < lines; y++)
      copyLine(
        input + <usize>c * plane + <usize>y * row,
        output + <usize>c * outputPlane + <usize>y * outputRow,
        bytes,
      );
}

// @ts-ignore: decorator
@inline
function copyLine(from: usize, to: usize, bytes: usize): void {
  if (bytes >= worthACall) {
    memory.copy(to, from, bytes);
    return;
  }
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  if (i < bytes) store<u64>(to + i, load<u64>(from + i));
}

/** As `halo` of kernels.ts. What ends a line and begins the next is one stretch where lines follow each other. */
export function halo(
  start: usize, plane: usize, row: usize, planes: i32, above: i32, height: i32, below: i32,
  left: usize, lineBytes: usize, right: usize, value: i32,
): void {
  const whole = left + lineBytes + right;
  const follow = row == whole;
  for (let c = 0; c < planes; c++) {
    let line = start + <usize>c * plane;
    if (follow) {
      let bytes = <usize>above * row + left;
      for (let y = 0; y < height; y++) {
        setBytes(line, bytes, value);
        line += bytes + lineBytes;
        bytes = right + left;
      }
      setBytes(line, right + <usize>below * row, value);
      continue;
    }
    for (let y = 0; y < above; y++) {
      setBytes(line, whole, value);
      line += row;
    }
    for (let y = 0; y < height; y++) {
      setBytes(line, left, value);
      setBytes(line + left + lineBytes, right, value);
      line += row;
    }
    for (let y = 0; y < below; y++) {
      setBytes(line, whole, value);
      line += row;
    }
  }
}

// @ts-ignore: decorator
@inline
function setBytes(at: usize, bytes: usize, value: i32): void {
  if (bytes >= worthACall) {
    memory.fill(at, <u8>value, bytes);
    return;
  }
  const eight = <u64>(value & 255) * 0x0101010101010101;
  const end = at + bytes;
  for (; at < end; at += 8) store<u64>(at, eight);
}

/** As `fill_f32` of kernels.ts. */
export function fill_f32(
  address: usize, plane: usize, row: usize, planes: i32, height: i32, width: i32, value: f32,
): void {
  const four = f32x4.splat(value);
  for (let c = 0; c < planes; c++)
    for (let y = 0; y < height; y++) {
      const line = address + <usize>c * plane + <usize>y * row, end = line + (<usize>width << 4);
      for (let at = line; at < end; at += 16) v128.store(at, four);
    }
}
