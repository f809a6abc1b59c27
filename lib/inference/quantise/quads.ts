// What keeps int8 sums inside int16 where kernels add four products in it: of each quad of inputs the positive weights of
// one output, and the negative ones, have a bounded sum. Quads are inputs 0, 1, 4, 5 and 2, 3, 6, 7 of a block of eight of
// one tap (kernels/conv-u7-relaxed.as.ts).

import type { KernelValues } from './kernel-values.ts';

const blockInputs = 8;
const quads = [
  [0, 1, 4, 5],
  [2, 3, 6, 7],
] as const;

/** The rows of a kernel that share a quad somewhere. A group whose channels do not fill blocks may begin at several places
 *  of one, so all of them count. */
export function quadsOf(
  { inputs, rows }: Pick<KernelValues, 'inputs' | 'rows'>,
  isGrouped: boolean,
): Int32Array[] {
  const found: Int32Array[] = [];
  const step = isGrouped ? stepOfBeginnings(inputs) : blockInputs;
  for (let begin = 0; begin < blockInputs; begin += step)
    for (let block = -begin; block < inputs; block += blockInputs)
      for (const quad of quads) {
        const members = quad.map((i) => block + i).filter((input) => input >= 0 && input < inputs);
        if (members.length > 0)
          for (let tap = 0; tap < rows; tap += inputs)
            found.push(Int32Array.from(members, (input) => tap + input));
      }
  return found;
}

/** Groups of so many channels begin at multiples of this in their block. */
function stepOfBeginnings(inputs: number): number {
  let step = blockInputs;
  while (inputs % step) step /= 2;
  return step;
}

/** The largest sum of weights of one sign in a quad, for each output. */
export function largestQuads(
  { values, outputs }: { values: ArrayLike<number>; outputs: number },
  rowsOfQuads: readonly Int32Array[],
): Float64Array {
  const largest = new Float64Array(outputs);
  for (const rows of rowsOfQuads)
    for (let o = 0; o < outputs; o++) {
      let [positive, negative] = [0, 0];
      for (const row of rows) {
        const w = values[row * outputs + o]!;
        if (w > 0) positive += w;
        else negative -= w;
      }
      largest[o] = Math.max(largest[o]!, positive, negative);
    }
  return largest;
}

/** The same of one output's weights, `column` [rows], divided by `step` and rounded. */
export function largestRoundedQuad(
  column: Float64Array,
  rowsOfQuads: readonly Int32Array[],
  step: number,
): number {
  const rounded = column.map((w) => Math.round(w / step));
  return largestQuads({ values: rounded, outputs: 1 }, rowsOfQuads)[0]!;
}
