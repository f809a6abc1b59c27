// Codes of the integer arithmetics beside float32's, on pictures: how far apart they are.

import type { AllFigures } from '../contract/index.ts';
import type { Card, Graph } from '../graph/index.ts';
import type { Compile, Plan, Quantisation } from '../inference/index.ts';
import type { IntegerKind } from './quantisation-file.ts';

/** Figures are kept to so many digits, of 1 − cosine too. */
const digits = 4;

/** Distances of one arithmetic's codes so far. */
interface Gathered {
  cosines: number[];
  errors: number[];
}

/**
 * The figures of each of `kinds` at the card's default tap.
 *
 * @param pictures normalised tensors, best ones that the ranges were not measured on
 */
export async function measureArithmetics(
  { graph, card }: { graph: Graph; card: Card },
  quantisation: Quantisation,
  kinds: readonly IntegerKind[],
  pictures: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  compile: Compile,
  onPicture: (done: number) => void = () => {},
): Promise<AllFigures> {
  const options = { size: card.size, taps: [graph.taps[card.defaultTap]!], quantisation };
  const plans = new Map<IntegerKind, Plan>();
  const gathered = new Map(kinds.map((kind): [IntegerKind, Gathered] => [kind, { cosines: [], errors: [] }]));
  const reference = await compile(graph, { ...options, arithmetic: 'float32' });
  let done = 0;
  try {
    for (const kind of kinds) plans.set(kind, await compile(graph, { ...options, arithmetic: kind }));
    for await (const picture of pictures) {
      const [expected] = reference.run(picture);
      for (const [kind, plan] of plans) {
        const { cosine, error } = distance(plan.run(picture)[0]!, expected!);
        gathered.get(kind)!.cosines.push(cosine);
        gathered.get(kind)!.errors.push(error);
      }
      onPicture(++done);
    }
  } finally {
    for (const plan of [reference, ...plans.values()]) plan.dispose();
  }
  if (done === 0) return {};
  return Object.fromEntries(
    [...gathered].map(([kind, { cosines, errors }]) => [
      kind,
      {
        tap: card.defaultTap,
        pictures: done,
        cosineMean: rounded(mean(cosines)),
        cosineWorst: rounded(Math.min(...cosines)),
        relativeError: Number(mean(errors).toPrecision(digits)),
      },
    ]),
  );
}

/** Cosine of two codes, and the length of their difference as a share of `expected`'s. Two codes of nothing but zeros
 *  are the same. */
export function distance(code: Float32Array, expected: Float32Array): { cosine: number; error: number } {
  let [ab, aa, bb, dd] = [0, 0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [code[i]!, expected[i]!];
    ab += a * b;
    aa += a * a;
    bb += b * b;
    dd += (a - b) ** 2;
  }
  if (dd === 0) return { cosine: 1, error: 0 };
  if (aa === 0 || bb === 0) return { cosine: 0, error: 1 };
  return { cosine: Math.min(1, ab / Math.sqrt(aa * bb)), error: Math.sqrt(dd / bb) };
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const rounded = (cosine: number) => 1 - Number((1 - cosine).toPrecision(digits));
