// A picture through the kernels of a module, in whatever runtime compiled it.

import type { Orientation } from '../exif.ts';
import type { Recipe } from '../recipe.ts';
import { beginResize, finishResize, type Span } from '../resize.ts';
import { createImageInstances, type ImageWasm } from '../wasm.ts';

export interface Picture {
  across: Span;
  down: Span;
  /** [down.inSize, across.inSize, 3] */
  values: ArrayLike<number>;
}

export const asItIs = {
  channelOrder: 'rgb',
  mean: [0, 0, 0],
  scale: [1, 1, 1],
} satisfies Partial<Recipe>;

/** The tensor of a picture given as floats, row by row. */
export function resizePicture(
  wasm: ImageWasm,
  { across, down, values }: Picture,
  size: number,
  { orientation = 1 as Orientation, recipe = asItIs as Pick<Recipe, 'channelOrder' | 'mean' | 'scale'> } = {},
): Float32Array {
  const resizer = beginResize(wasm, { across, down }, size);
  for (let y = 0; y < down.inSize; y++) {
    if (!resizer.needs(y)) continue;
    resizer.row.set(Array.from({ length: 3 * across.inSize }, (_, i) => values[3 * across.inSize * y + i]!));
    resizer.addRow(y);
  }
  const tensor = finishResize(wasm, size, orientation, recipe);
  wasm.release();
  return tensor;
}

/** The same from bytes in WebAssembly memory, as the JPEG decoder hands them over. */
export function resizeBytes(wasm: ImageWasm, { across, down, values }: Picture, size: number): Float32Array {
  beginResize(wasm, { across, down }, size);
  const rowBytes = 3 * across.inSize;
  const row = wasm.allocate(rowBytes);
  for (let y = 0; y < down.inSize; y++) {
    const bytes = new Uint8Array(wasm.memory.buffer, row, rowBytes);
    for (let i = 0; i < rowBytes; i++) bytes[i] = values[rowBytes * y + i]!;
    wasm.consumeRow(row, y);
  }
  const tensor = finishResize(wasm, size, 1, asItIs);
  wasm.release();
  return tensor;
}

/** Digest of what the kernels make of a few pictures; the same on every machine and in every runtime. */
export const resizeDigest = 'c1f9916f69b9e1fc2b023814f527098878dc0028bda2dd647ed3ba6540be89a9';

/** Computes {@link resizeDigest}: shrunk, enlarged, fractional spans, every orientation, a recipe. */
export async function digestOfResizes(module: WebAssembly.Module): Promise<string> {
  const tensors = await createImageInstances(module).use((wasm) =>
    ([1, 2, 3, 4, 5, 6, 7, 8] as const).map((orientation) => {
      const across = { inSize: 37 * orientation, start: 1.25, end: 37 * orientation - 0.3 };
      const down = { inSize: 50, start: 0, end: 50 };
      let state = orientation;
      const values = Array.from({ length: 3 * across.inSize * down.inSize }, () => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return (state >>> 8) / 65793.003;
      });
      const recipe = { channelOrder: 'bgr', mean: [103.9, 116.8, 123.7], scale: [0.017, 0.018, 0.0171] };
      return resizePicture(wasm, { across, down, values }, 9 * orientation, {
        orientation,
        recipe: recipe as Pick<Recipe, 'channelOrder' | 'mean' | 'scale'>,
      });
    }),
  );
  const all = await new Blob(tensors as BlobPart[]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
