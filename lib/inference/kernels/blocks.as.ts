// Between memory order and planes: block_* lays a picture [h, w, c] out in planes of channel blocks
// [C / B][pixels][B], zeros in the channels that are none; unblock_* takes it back. `channels_*` copies single
// channels from planes to planes. All move numbers of T as they are.

/** As `block_f32` of kernels.ts. */
export function block_f32(
  input: usize, h: i32, w: i32, c: i32, output: usize, plane: usize, row: usize,
): void {
  block<f32>(input, h, w, c, output, plane, row, 4);
}

export function block_i16(
  input: usize, h: i32, w: i32, c: i32, output: usize, plane: usize, row: usize,
): void {
  block<i16>(input, h, w, c, output, plane, row, 8);
}

export function block_u7(
  input: usize, h: i32, w: i32, c: i32, output: usize, plane: usize, row: usize,
): void {
  block<u8>(input, h, w, c, output, plane, row, 8);
}

/** As `unblock_f32` of kernels.ts. */
export function unblock_f32(
  input: usize, plane: usize, row: usize, h: i32, w: i32, c: i32, output: usize,
): void {
  unblock<f32>(input, plane, row, h, w, c, output, 4);
}

export function unblock_i16(
  input: usize, plane: usize, row: usize, h: i32, w: i32, c: i32, output: usize,
): void {
  unblock<i16>(input, plane, row, h, w, c, output, 8);
}

export function unblock_u7(
  input: usize, plane: usize, row: usize, h: i32, w: i32, c: i32, output: usize,
): void {
  unblock<u8>(input, plane, row, h, w, c, output, 8);
}

/** As `channels_f32` of kernels.ts. */
export function channels_f32(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize,
  height: i32, width: i32, from: usize, to: usize, n: i32,
): void {
  channels<f32>(input, plane, row, output, outputPlane, outputRow, height, width, from, to, n, 4);
}

export function channels_i16(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize,
  height: i32, width: i32, from: usize, to: usize, n: i32,
): void {
  channels<i16>(input, plane, row, output, outputPlane, outputRow, height, width, from, to, n, 8);
}

export function channels_u7(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize,
  height: i32, width: i32, from: usize, to: usize, n: i32,
): void {
  channels<u8>(input, plane, row, output, outputPlane, outputRow, height, width, from, to, n, 8);
}

/** Block by block: whole ones vector by vector, what is left number by number. */
// @ts-ignore: decorator
@inline
function block<T>(
  input: usize, h: i32, w: i32, c: i32, output: usize, plane: usize, row: usize, size: i32,
): void {
  const pixel = <usize>c * sizeof<T>(), blockBytes = <usize>size * sizeof<T>();
  const blocks = ((c + 7) & ~7) / size;
  for (let b = 0; b < blocks; b++) {
    const first = b * size, real = min(size, c - first);
    for (let y = 0; y < h; y++) {
      let from = input + <usize>(y * w) * pixel + <usize>first * sizeof<T>();
      let to = output + <usize>b * plane + <usize>y * row;
      for (const end = to + <usize>w * blockBytes; to < end; to += blockBytes) {
        if (real == size) moveBlock<T>(from, to);
        else for (let k = 0; k < size; k++)
          store<T>(to + <usize>k * sizeof<T>(), k < real ? load<T>(from + <usize>k * sizeof<T>()) : 0);
        from += pixel;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function unblock<T>(
  input: usize, plane: usize, row: usize, h: i32, w: i32, c: i32, output: usize, size: i32,
): void {
  const pixel = <usize>c * sizeof<T>(), blockBytes = <usize>size * sizeof<T>();
  for (let first = 0; first < c; first += size) {
    const real = min(size, c - first);
    for (let y = 0; y < h; y++) {
      let from = input + <usize>(first / size) * plane + <usize>y * row;
      let to = output + <usize>(y * w) * pixel + <usize>first * sizeof<T>();
      for (const end = from + <usize>w * blockBytes; from < end; from += blockBytes) {
        if (real == size) moveBlock<T>(from, to);
        else for (let k: usize = 0; k < <usize>real; k++) store<T>(to + k * sizeof<T>(), load<T>(from + k * sizeof<T>()));
        to += pixel;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function moveBlock<T>(from: usize, to: usize): void {
  if (sizeof<T>() == 1) store<u64>(to, load<u64>(from));
  else v128.store(to, v128.load(from));
}

// @ts-ignore: decorator
@inline
function channels<T>(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize,
  height: i32, width: i32, from: usize, to: usize, n: i32, size: i32,
): void {
  const blockBytes = <usize>size * sizeof<T>();
  for (let i: usize = 0; i < <usize>n; i++) {
    const f = load<i32>(from + (i << 2)), t = load<i32>(to + (i << 2));
    const source = input + <usize>(f / size) * plane + <usize>(f % size) * sizeof<T>();
    const target = output + <usize>(t / size) * outputPlane + <usize>(t % size) * sizeof<T>();
    for (let y: usize = 0; y < <usize>height; y++) {
      let p = source + y * row, q = target + y * outputRow;
      for (const end = q + <usize>width * blockBytes; q < end; q += blockBytes) {
        store<T>(q, load<T>(p));
        p += blockBytes;
      }
    }
  }
}
