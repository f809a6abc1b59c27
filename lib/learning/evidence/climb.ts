// What a linear head reaches at each rung of the ladder: one forward pass over a sample of the photos collects the codes
// of all rungs, and the same folds judge each.

import type { Evidence } from '../../contract/index.ts';
import { countMultiplyAdds, cutAtTaps } from '../../graph/index.ts';
import type { Linalg } from '../../linalg/index.ts';
import { each } from '../strategies/each.ts';
import { judgeCodes, type Labelled } from '../strategies/judge-codes.ts';
import { partOf, type StrategyRun } from '../strategies/parts.ts';
import { estimateAccuracy } from './accuracy-estimate.ts';
import type { Rung } from './ladder.ts';
import { settings } from './learning-curve.ts';
import type { Network } from './measure-channels.ts';

export interface Climbed {
  /** Without distances. */
  rungs: Omit<Evidence['ladder'][number], 'distance'>[];
  /** Multiply-adds a second that the pass has done, with photos decoded. */
  forwardRate: number;
}

/**
 * @param pictures example i of the sample as a normalised tensor
 * @param clock milliseconds
 */
export async function climb(
  { graph, size, compile }: Network,
  ladder: readonly Rung[],
  pictures: (i: number) => Promise<Float32Array>,
  sample: Labelled,
  seed: number,
  { linalg, clock }: { linalg: Linalg; clock(): number },
  run: StrategyRun,
): Promise<Climbed> {
  const n = sample.labels.length;
  const taps = ladder.map(({ tap }) => tap);
  const codes = ladder.map(({ dims }) => new Float32Array(n * dims));
  const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
  const began = clock();
  try {
    await each([...sample.labels.keys()], partOf(run, 0, 0.6), async (i) => {
      for (const [r, code] of plan.run(await pictures(i)).entries()) codes[r]!.set(code, i * code.length);
    });
  } finally {
    plan.dispose();
  }
  const seconds = Math.max(1e-3, (clock() - began) / 1000);
  const rungs: Climbed['rungs'] = [];
  for (const [r, { name, tap, dims, depth }] of ladder.entries()) {
    const part = partOf(run, 0.6 + (0.4 * r) / ladder.length, 0.4 / ladder.length);
    const judged = await judgeCodes({ codes: codes[r]!, dims }, sample, settings(seed, null), linalg, part);
    if (judged) rungs.push({ tap: name, op: tap.op, dims, depth, accuracy: estimateAccuracy([judged]) });
  }
  const work = countMultiplyAdds(cutAtTaps(graph, taps).graph, size);
  return { rungs, forwardRate: (n * work) / seconds };
}
