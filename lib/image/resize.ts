// From rows to the tensor: kernels/resize.as.ts and normalise.as.ts, called from TypeScript.

import type { Orientation } from './exif.ts';
import type { Recipe } from './recipe.ts';
import { found, type ImageWasm } from './wasm.ts';

/** The part of an axis that is resized: [start, end) in pixels of an input of `inSize`; may be fractional. */
export interface Span {
  inSize: number;
  start: number;
  end: number;
}

export interface Resizer {
  /** Row of the input to fill, [width, 3] RGB, 0..255: a view that is valid until memory is allocated. */
  readonly row: Float32Array<ArrayBuffer>;
  /** Whether row `y` counts at all; rows outside the crop need not be added. */
  needs(y: number): boolean;
  /** Adds what is in `row` as row `y`. Every needed pixel must be added once; absent ones of a row are zero. */
  addRow(y: number): void;
}

/**
 * Begins the resize of the rectangle `across` × `down` to `size` × `size` pixels.
 *
 * @throws HeadwaterError `overloaded` if memory does not suffice
 */
export function beginResize(
  wasm: ImageWasm,
  { across, down }: { across: Span; down: Span },
  size: number,
): Resizer {
  const { inSize: width, start: left, end: right } = across;
  const { inSize: height, start: top, end: bottom } = down;
  found(wasm.beginResize(width, height, size, left, right, top, bottom));
  let view: Float32Array<ArrayBuffer> | undefined;
  return {
    get row() {
      const buffer = wasm.memory.buffer as ArrayBuffer;
      if (view?.buffer !== buffer) view = new Float32Array(buffer, wasm.row(), 3 * width);
      return view;
    },
    needs: (y) => wasm.needsRow(y) !== 0,
    addRow: (y) => wasm.addRow(y),
  };
}

/**
 * The rows that were added as the network wants them: turned upright, in the recipe's channel order, mean and scale.
 *
 * @returns float32 [size, size, 3]
 * @throws HeadwaterError `overloaded` if memory does not suffice
 */
export function finishResize(
  wasm: ImageWasm,
  size: number,
  orientation: Orientation,
  { channelOrder, mean, scale }: Pick<Recipe, 'channelOrder' | 'mean' | 'scale'>,
): Float32Array<ArrayBuffer> {
  const blueFirst = channelOrder === 'bgr' ? 1 : 0;
  const tensor = found(wasm.finishResize(orientation, blueFirst, ...mean, ...scale));
  return new Float32Array(wasm.memory.buffer as ArrayBuffer, tensor, size * size * 3).slice();
}
