// Training layers, from the request to what an edge runs.

import { describe, expect, it } from 'vitest';
import { composeBackbone } from '../../codes/index.ts';
import { type TrainResult, TrainResultSchema } from '../../contract/index.ts';
import { HeadwaterError } from '../../errors/index.ts';
import { cutAtTaps, readBackbone } from '../../graph/index.ts';
import { applyHead, checkGoldens, checkTailGolden, readHead } from '../../heads/index.ts';
import { compilePlain, plainModule } from '../../inference/compile-node.ts';
import { readProgram, startWith } from '../../inference/index.ts';
import { initialParameters } from '../model/index.ts';
import { collectCodes, sideBySide } from './collect-codes.ts';
import { layersToTrain, specOf } from './fine-tune.ts';
import { pick, score } from './held-out.ts';
import { judgeTail } from './judge-tail.ts';
import { linearStart } from './linear-start.ts';
import { openMaps } from './open-maps.ts';
import type { StrategyParts, Trained } from './parts.ts';
import { publishTail } from './publish-tail.ts';
import { splitRows } from './split-rows.ts';
import { fewSteps, smallWorld } from './testing.ts';
import { trainStrategy } from './train-strategy.ts';

const { parts, request } = await smallWorld();
/** Progress of {@link top}. */
const told: number[] = [];
/** What several promises are about. */
const top = await trainStrategy(request('fine-tune-top'), parts, {
  onProgress: (progress) => told.push(progress),
});
const blobOf = ({ blobs }: Trained, digest: string) => blobs.find((blob) => blob.digest === digest)!.bytes;

/** An edge: trunk, stored program, head. */
async function edge(trained: Trained, { backbone, image, pipeline }: StrategyParts) {
  const { tail, codeSpaceDocument: space, blob } = trained.result;
  const head = readHead(blobOf(trained, blob.digest));
  const plan = startWith(plainModule())(
    readProgram(blobOf(trained, tail!.program.digest)),
    tail!.memoryBytes,
  );
  checkTailGolden(tail!, head.dims, (map) => plan.run(map)[0]!);
  checkGoldens(head, trained.result.goldens);
  const isWhole = tail!.from.op === backbone.graph.input.name;
  const { graph, quantisation } = await backbone.materials(space.arithmetic.quantisation);
  const trunk = isWhole
    ? undefined
    : await compilePlain(graph, {
        size: space.recipe.size,
        taps: space.taps,
        arithmetic: backbone.arithmetic.kind,
        quantisation,
      });
  return async (i: number) => {
    const { tensor } = await pipeline.toTensor(await image(i), space.recipe);
    return applyHead(head, plan.run(trunk ? trunk.run(tensor)[0]! : tensor)[0]!);
  };
}

it('lets others have the thread while the linear head that it begins with is fitted', async () => {
  const image = () => Promise.reject(new Error('an image was read'));
  const pause = () => Promise.reject(new Error('a pause'));
  const training = trainStrategy(request('fine-tune-top'), { ...parts, image }, { pause });
  await expect(training).rejects.toThrow('a pause');
});

describe.each(['softmax', 'svm'] as const)('fine-tuning begins with a linear head (%s)', (kind) => {
  it('and gives its logits before the first step', async () => {
    const asked = request('fine-tune-top', { kind });
    const rows = splitRows(parts.set);
    const linear = await linearStart(asked, parts.set, rows, parts.linalg);
    const layers = await layersToTrain('fine-tune-top', asked, parts);
    const spec = specOf('fine-tune-top', layers, asked, parts);
    const { parameters, statistics } = initialParameters(spec, { head: linear });
    const maps = await openMaps(layers, asked.codeSpaceDocument, parts);
    const engine = await parts.startEngine(spec, { microBatch: 8 });
    const expected = score(linear, pick(parts.set, rows.heldOut)).logits;
    const inputs = await Promise.all(rows.heldOut.map(maps.read));
    const logits = await engine.logits(
      Float32Array.from(inputs.flatMap((map) => [...map])),
      parameters,
      statistics,
    );
    await engine.close();
    maps.dispose();
    // Codes are stored in half precision.
    logits.forEach((logit, i) => {
      expect(Math.abs(logit - expected[i]!)).toBeLessThan(2e-2 * Math.max(1, Math.abs(expected[i]!)));
    });
  });
});

describe.each([
  ['fine-tune-top', 'softmax'],
  ['fine-tune-top', 'svm'],
  ['fine-tune-all', 'softmax'],
  ['from-scratch', 'softmax'],
] as const)('%s of a %s', (strategy, kind) => {
  it('publishes, where it is not fitted anew, a version that an edge runs with the report’s held-out accuracy', async () => {
    const options = { tuning: { ...fewSteps, refit: false } };
    const trained = await trainStrategy(request(strategy, { kind, options }), parts);
    const { result } = trained;
    expect(TrainResultSchema.parse(result)).toEqual(result);
    const { heldOut } = splitRows(parts.set);
    const answer = await edge(trained, parts);
    let right = 0;
    for (const i of heldOut) {
      const { probabilities } = await answer(i);
      if (probabilities.indexOf(Math.max(...probabilities)) === parts.set.labels[i]) right++;
    }
    expect(result.report.heldOut!.n).toBe(heldOut.length);
    expect(right / heldOut.length).toBe(result.report.heldOut!.accuracy);
    expect(result).toMatchObject({ strategy, report: { fittedOn: 'train', outOfFold: null, seed: 1 } });
    expect(result.report.run).toEqual({ seconds: expect.any(Number), device: 'a test' });
    expect(result.codeSpaceDocument.taps).toEqual([result.tail!.from]);
  });
});

it('is published fitted on all examples, held-out ones included, with the figures of who had not seen them', async () => {
  const options = { tuning: { ...fewSteps, refit: false } };
  const judged = await trainStrategy(request('fine-tune-top', { options }), parts);
  expect(top.result.report).toMatchObject({ fittedOn: 'all', heldOut: judged.result.report.heldOut });
  expect(top.result.report.tuning).toEqual(judged.result.report.tuning);
  expect(top.result.blob.digest).not.toBe(judged.result.blob.digest);
  const answer = await edge(top, parts);
  const { probabilities } = await answer(0);
  expect(probabilities.indexOf(Math.max(...probabilities))).toBe(parts.set.labels[0]);
});

it('publishes the linear head, and says so, where no step was better', async () => {
  const options = { tuning: { ...fewSteps, learningRate: 10, weightDecay: 0 } };
  const { result } = await trainStrategy(request('fine-tune-top', { options }), parts);
  const linear = await trainStrategy(request('linear'), parts);
  expect(result).toMatchObject({ strategy: 'linear', tail: null, blob: linear.result.blob });
  expect(result.report).toMatchObject({
    instead: expect.stringContaining('fine-tune-top'),
    tuning: { bestStep: 0 },
  });
});

it('gives the same files and the same report, but for where and how long it ran, when it is repeated', async () => {
  const again = await trainStrategy(request('fine-tune-top'), { ...parts, clock: () => 0 });
  expect(again.blobs.map(({ digest }) => digest)).toEqual(top.blobs.map(({ digest }) => digest));
  const timeless = ({ report, ...result }: TrainResult) => ({ ...result, report: { ...report, run: null } });
  expect(timeless(again.result)).toEqual(timeless(top.result));
});

it('publishes the trained model: in float32 its probabilities are those of the model within 1e-3', async () => {
  const asked = request('fine-tune-top');
  const rows = splitRows(parts.set);
  const layers = await layersToTrain('fine-tune-top', asked, parts);
  const spec = specOf('fine-tune-top', layers, asked, parts);
  const { parameters, statistics } = initialParameters(spec, {
    head: await linearStart(asked, parts.set, rows, parts.linalg),
  });
  for (let i = 0; i < parameters.length; i++) parameters[i]! += 0.02 * Math.sin(i);
  const trained = { layers, spec, parameters, statistics };
  const verdict = await judgeTail(trained, asked, parts, rows);
  const { tail, head } = await publishTail(trained, verdict, asked, parts, rows.train);
  const maps = await openMaps(layers, asked.codeSpaceDocument, parts);
  const engine = await parts.startEngine(spec, { microBatch: 8 });
  const program = tail.blobs.find(({ digest }) => digest === tail.document.program.digest)!;
  const plan = startWith(plainModule())(readProgram(program.bytes), tail.document.memoryBytes);
  for (const i of rows.heldOut.slice(0, 8)) {
    const map = await maps.read(i);
    const calibrated = readHead(head.blob);
    const published = applyHead({ ...calibrated, calibration: { method: 'none' } }, plan.run(map)[0]!);
    const logits = await engine.logits(map, parameters, statistics);
    const total = Math.exp(logits[0]!) + Math.exp(logits[1]!);
    expect(Math.abs(published.probabilities[0]! - Math.exp(logits[0]!) / total)).toBeLessThan(1e-3);
  }
  await engine.close();
  maps.dispose();
});

it.each(['fine-tune-top', 'fine-tune-all', 'auto'] as const)(
  '%s: a head that reads before an activation goes on to',
  async (strategy) => {
    const asked = request(strategy);
    const [tap] = asked.codeSpaceDocument.taps;
    const taps = [{ ...tap!, pre: true }];
    const codeSpaceDocument = { ...asked.codeSpaceDocument, taps };
    const everyone = parts.set.digests.map((_, i) => i);
    const bare = sideBySide(await collectCodes(parts, codeSpaceDocument, taps, everyone, {}));
    const before = { ...parts, set: { ...parts.set, ...bare } };
    const trained = await trainStrategy({ ...asked, codeSpaceDocument }, before);
    const { report, tail } = trained.result;
    expect(report.heldOut!.accuracy).toBeGreaterThan(0.9);
    if (!tail) return;
    expect(tail.to).toEqual(taps[0]);
    const { graph, card } = readBackbone(blobOf(trained, tail.graph.digest));
    expect(graph.ops.at(-1)!.attrs.activation).toBeUndefined();
    expect(card.taps.final!.codeLength).toBe(bare.dims);
  },
);

it('stores the layers in float32 beside the program, as a file to build on', () => {
  const { tail, dims } = top.result;
  const { graph, card } = readBackbone(blobOf(top, tail!.graph.digest));
  expect(graph.input.channels).toBe(tail!.inputShape[2]);
  expect(card.taps.final!.codeLength).toBe(dims);
  expect(cutAtTaps(graph, [graph.taps.final!]).graph.ops.length).toBe(graph.ops.length);
});

it('makes a backbone with its trunk, whose codes are those of the version', async () => {
  const { tail, codeSpaceDocument } = top.result;
  const { backbone } = parts;
  const tailFile = blobOf(top, tail!.graph.digest);
  const { recipe } = codeSpaceDocument;
  const facts = { name: 'shared', title: 'Shared', origin: 'a test' };
  const made = await composeBackbone({ backbone, tail: tail!, tailFile, recipe }, facts, compilePlain);
  const { graph, card } = readBackbone(made.file);
  const taps = [graph.taps[card.defaultTap]!];
  const whole = await compilePlain(graph, { size: recipe.size, taps, arithmetic: 'float32' });
  const answer = await edge(top, parts);
  const head = readHead(blobOf(top, top.result.blob.digest));
  const { tensor } = await parts.pipeline.toTensor(await parts.image(4), recipe);
  const { logits } = applyHead(head, whole.run(tensor)[0]!);
  const expected = (await answer(4)).logits;
  logits.forEach((logit, i) => {
    expect(logit).toBeCloseTo(expected[i]!, 3);
  });
});

it('quantises the tail as its trunk, and proves it to the bit', async () => {
  const { parts: integers, request: asking } = await smallWorld('int8');
  const trained = await trainStrategy(asking('fine-tune-top'), integers);
  const { tail, report } = trained.result;
  expect(report.published).toMatchObject({ arithmetic: tail!.arithmetic });
  if (!(report.published as { comparison: { suffers: boolean } }).comparison.suffers)
    expect(tail).toMatchObject({ arithmetic: 'int8', golden: { tolerance: 0 } });
  await edge(trained, integers);
});

it('ends when it is cancelled', async () => {
  const signal = { aborted: false };
  const onProgress = (progress: number) => {
    if (progress > 0.5) signal.aborted = true;
  };
  const cancelled = trainStrategy(request('fine-tune-top'), parts, { signal, onProgress });
  await expect(cancelled).rejects.toThrow(HeadwaterError);
  await expect(cancelled).rejects.toMatchObject({ type: 'cancelled' });
});

it('reads no more photos once it is cancelled, while it measures the trained layers too', async () => {
  const signal = { aborted: false };
  let readAfter = 0;
  const image = (i: number) => {
    if (signal.aborted) readAfter++;
    return parts.image(i);
  };
  const onProgress = (_: number, note?: string) => {
    if (note === 'measuring the trained layers') signal.aborted = true;
  };
  const cancelled = trainStrategy(request('fine-tune-top'), { ...parts, image }, { signal, onProgress });
  await expect(cancelled).rejects.toMatchObject({ type: 'cancelled' });
  expect(readAfter).toBe(0);
});

it('tells of progress that never falls, to the end', () => {
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBeCloseTo(1);
});
