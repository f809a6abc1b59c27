// Evidence for advice: measured on the training split alone, so that the held-out one can still judge what comes of it.

import type { ReferenceStatistics } from '../../codes/index.ts';
import type { Evidence } from '../../contract/index.ts';
import { HeadwaterError } from '../../errors/index.ts';
import type { Card, Recipe, Tap } from '../../graph/index.ts';
import { compileWith } from '../../inference/index.ts';
import { createRng } from '../../linalg/index.ts';
import type { StartEngine } from '../gradients/gradient-engine.ts';
import { judgeCodes } from '../strategies/judge-codes.ts';
import { partOf, type StrategyParts, type StrategyRun } from '../strategies/parts.ts';
import { splitRows, unitsOf } from '../strategies/split-rows.ts';
import type { LabelledCodes } from '../train-head.ts';
import { climb } from './climb.ts';
import { costs, trainingRates } from './cost.ts';
import { ladderTaps, topPlace } from './ladder.ts';
import { learningCurve, settings } from './learning-curve.ts';
import type { Network } from './measure-channels.ts';
import { statisticsPlaces } from './places.ts';
import { examplesOf, rowsOf, sampleExamples } from './sample.ts';
import { type Compared, compareWithReference } from './similarity.ts';

/** Photos that heads are compared on along the ladder, and photos that statistics are measured on, at most. */
const mostClimbing = 1000;
const mostMeasured = 200;

export interface EvidenceParts
  extends Pick<
    StrategyParts,
    'set' | 'image' | 'backbone' | 'pipeline' | 'kernels' | 'linalg' | 'device' | 'clock'
  > {
  /** Null where nobody has measured any; batch-norm statistics stand in the backbone itself. */
  reference: ReferenceStatistics | null;
  /** Measures what training costs; without one the cost is estimated. */
  startEngine?: StartEngine;
}

/**
 * Gathers the evidence on a dataset and a backbone. The photos are read, at most {@link mostClimbing} of them once and
 * {@link mostMeasured} once more; codes are taken from the set.
 *
 * @param about.output the tap that the set's codes were read at, @param about.recipe how photos were fed for them; the
 * backbone's own if left out
 * @throws HeadwaterError `too-few-examples`, `cancelled`; what the image pipeline throws for a photo that is none
 */
export async function gatherEvidence(
  parts: EvidenceParts,
  about: { output: Tap; seed: number; recipe?: Recipe },
  run: StrategyRun,
): Promise<Evidence> {
  const { set, backbone, linalg, clock, device } = parts;
  const { graph, card } = backbone;
  const { output, seed, recipe = card.recipe } = about;
  const { size } = recipe;
  const { train } = splitRows(set);
  const units = unitsOf(set);
  const network = { graph, card, size, compile: compileWith(parts.kernels) };
  const picture = async (i: number) => (await parts.pipeline.toTensor(await parts.image(i), recipe)).tensor;
  const sampleOf = (most: number) =>
    sampleExamples(train, set.labels, units, most / train.length, createRng(seed));

  const data = rowsOf(set, units, train);
  const began = clock();
  const linear = partOf(run, 0, 0.15, 'linear head on all of the training data');
  const full = await judgeCodes(data, data, settings(seed, null), linalg, linear);
  const linearSeconds = secondsSince(began, clock);
  const curve = full
    ? await learningCurve(data, full, seed, linalg, partOf(run, 0.15, 0.15, 'learning curve'))
    : [];

  const climbing = sampleOf(mostClimbing);
  const ladder = ladderTaps(graph, card);
  const climbBegan = clock();
  const climbed = await climb(
    network,
    ladder,
    (i) => picture(climbing[i]!),
    examplesOf(set, units, climbing),
    seed,
    { linalg, clock },
    partOf(run, 0.3, 0.45, 'linear heads along the ladder'),
  );
  const ladderSeconds = secondsSince(climbBegan, clock);

  const similar = partOf(run, 0.75, 0.15, 'distance to the reference');
  const { similarity, distances } = await compare(network, parts, picture, sampleOf(mostMeasured), similar);

  run.onProgress?.(0.9, 'what training costs here');
  const top = topPlace(graph, card, output);
  const shared = { graph, size, output, top, examples: train.length, classes: set.labelNames.length };
  const { onProgress: _, ...quietly } = run;
  const rates = await trainingRates(shared, parts.startEngine, clock, quietly);
  const { forwardRate } = climbed;
  run.onProgress?.(1);
  return {
    examples: set.labels.length,
    classes: set.labelNames.length,
    perClass: perClassOf(set),
    learningCurve: curve,
    ladder: climbed.rungs.map((rung) => ({ ...rung, distance: distances.get(rung.tap) ?? null })),
    similarity,
    cost: costs({ ...shared, linearSeconds, ladderSeconds, forwardRate }, rates),
    device: device.name,
  };
}

/** The photos named, beside the backbone's reference. */
async function compare(
  network: Network & { card: Card },
  { reference }: EvidenceParts,
  picture: (i: number) => Promise<Float32Array>,
  photos: number[],
  run: StrategyRun,
): Promise<Compared> {
  const { graph, card } = network;
  async function* pictures() {
    for (const i of photos) {
      if (run.signal?.aborted) throw new HeadwaterError('cancelled', 'The training was cancelled.');
      yield await picture(i);
    }
  }
  const onPicture = (done: number) => {
    run.onProgress?.(done / photos.length);
    return run.pause?.();
  };
  return compareWithReference(network, statisticsPlaces(graph, card), reference, pictures(), onPicture);
}

function perClassOf({ labels, labelNames }: LabelledCodes): Evidence['perClass'] {
  const counts = new Array<number>(labelNames.length).fill(0);
  for (const label of labels) counts[label]!++;
  counts.sort((a, b) => a - b);
  const middle = counts.length >> 1;
  const median = counts.length % 2 ? counts[middle]! : (counts[middle - 1]! + counts[middle]!) / 2;
  return { least: counts[0]!, median, most: counts.at(-1)! };
}

const secondsSince = (began: number, clock: () => number) => Math.max(0.01, (clock() - began) / 1000);
