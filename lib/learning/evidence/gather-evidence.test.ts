import { describe, expect, it } from 'vitest';
import { AdviceSchema } from '../../contract/index.ts';
import { compilePlain } from '../../inference/compile-node.ts';
import type { StartEngine } from '../gradients/gradient-engine.ts';
import { adviseDataset } from './advise-dataset.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { measureChannels } from './measure-channels.ts';
import { statisticsPlaces } from './places.ts';
import { size, squares, stagesBackbone } from './testing.ts';

const backbone = await stagesBackbone(null);
const about = { output: backbone.graph.taps.final!, seed: 1 };
const digest = '0'.repeat(64);

describe('evidence on a dataset', () => {
  it('has the curve, the ladder and the cost, and says why there is no similarity', async () => {
    const parts = await squares(backbone, 40);
    const evidence = await gatherEvidence(parts, about, {});
    expect(evidence).toMatchObject({
      examples: 80,
      classes: 2,
      perClass: { least: 40, median: 40, most: 40 },
      device: 'a test',
    });
    expect(evidence.learningCurve.map(({ share, examples }) => [share, examples])).toEqual([
      [0.25, 16],
      [0.5, 32],
      [1, 64],
    ]);
    expect(evidence.learningCurve.at(-1)!.accuracy.value).toBeGreaterThan(0.9);
    expect(evidence.ladder.at(-1)).toMatchObject({ tap: 'final', depth: 1, dims: 12, distance: null });
    expect(evidence.cost.map(({ strategy }) => strategy)).toEqual([
      'linear',
      'linear-early',
      'fine-tune-top',
      'fine-tune-all',
      'from-scratch',
    ]);
    for (const { seconds } of evidence.cost) expect(seconds).toBeGreaterThan(0);
    expect(evidence.similarity.verdict).toBe('unavailable');
    expect(evidence.similarity.reason).toContain('--reference');
  });

  it('is the same for the same seed', async () => {
    const parts = await squares(backbone, 15);
    const timeless = { ...parts, clock: () => 0 };
    expect(await gatherEvidence(timeless, about, {})).toEqual(await gatherEvidence(timeless, about, {}));
  });

  it('never looks at held-out photos', async () => {
    const parts = await squares(backbone, 15);
    const seen = new Set<number>();
    const image = (i: number) => {
      seen.add(i);
      return parts.image(i);
    };
    await gatherEvidence({ ...parts, image }, about, {});
    expect([...seen].filter((i) => parts.set.split[i] === 'heldout')).toEqual([]);
    expect(seen.size).toBe(24);
  });

  it('compares with the reference that it is given: near to the like, far from the unlike', async () => {
    const parts = await squares(backbone, 15);
    const { graph, card } = backbone;
    const places = statisticsPlaces(graph, card);
    const referenceOfSquares = async () => {
      async function* pictures() {
        for (let i = 0; i < 30; i++)
          yield (await parts.pipeline.toTensor(await parts.image(i), card.recipe)).tensor;
      }
      const network = { graph, size, compile: compilePlain };
      const statistics = await measureChannels(network, places, pictures());
      return {
        backbone: backbone.digest,
        name: '30 squares',
        images: 30,
        places: new Map(places.map(({ name }, i) => [name, statistics[i]!])),
      };
    };
    const reference = await referenceOfSquares();
    const { similarity, ladder } = await gatherEvidence({ ...parts, reference }, about, {});
    expect(similarity).toMatchObject({ verdict: 'similar', reference: '30 squares', score: 0, reason: null });
    expect(ladder.every(({ distance }) => distance !== null && distance < 0.1)).toBe(true);
    const shifted = new Map(
      [...reference.places].map(([name, { mean, variance }]) => [
        name,
        { mean: mean.map((value, c) => value + 3 * Math.sqrt(variance[c]!)), variance },
      ]),
    );
    const far = await gatherEvidence({ ...parts, reference: { ...reference, places: shifted } }, about, {});
    expect(far.similarity.verdict).toBe('unlike');
  });

  it('takes the original data from batch-norm, whatever reference is given', async () => {
    const unfolded = await stagesBackbone({ mean: 0.1, variance: 1.5 });
    const { similarity } = await gatherEvidence(await squares(unfolded, 15), about, {});
    expect(similarity.reference).toBe('its own training data (batch-norm)');
    expect(similarity.scale.map(({ name }) => name)).toEqual([
      'photographs of one subject',
      'these pictures',
      'noise',
    ]);
  });

  it('is of the size that the photos are trained at', async () => {
    const parts = await squares(backbone, 15);
    const costOf = async (side: number) => {
      const recipe = { ...backbone.card.recipe, size: side };
      const { cost } = await gatherEvidence(parts, { ...about, recipe }, {});
      return cost.find(({ strategy }) => strategy === 'fine-tune-all')!.seconds;
    };
    const [own, twice] = [await costOf(size), await costOf(2 * size)];
    expect(twice / own).toBeGreaterThan(2);
  });

  it('stops when it is told to', async () => {
    const parts = await squares(await stagesBackbone({ mean: 0.1, variance: 1.5 }), 15);
    for (const after of [0, 0.2, 0.5, 0.8]) {
      const signal = { aborted: false };
      const onProgress = (progress: number) => {
        if (progress >= after) signal.aborted = true;
      };
      await expect(gatherEvidence(parts, about, { signal, onProgress })).rejects.toMatchObject({
        type: 'cancelled',
      });
    }
  });

  it('stops between two steps of those that are timed, and leaves no engine behind', async () => {
    const parts = await squares(await stagesBackbone({ mean: 0.1, variance: 1.5 }), 15);
    const signal = { aborted: false };
    const seen = { steps: 0, open: 0 };
    const startEngine: StartEngine = async () => {
      seen.open++;
      return {
        device: { kind: 'cpu', name: 'a test' },
        async step() {
          seen.steps++;
          signal.aborted = true;
          return { loss: 0, right: 0, gradients: new Float32Array(), statistics: new Float32Array() };
        },
        logits: async () => new Float32Array(),
        async close() {
          seen.open--;
        },
      };
    };
    const stopped = gatherEvidence({ ...parts, startEngine }, about, { signal });
    await expect(stopped).rejects.toMatchObject({ type: 'cancelled' });
    expect(seen).toEqual({ steps: 1, open: 0 });
  });

  it('tells of its progress, never backwards', async () => {
    const told: number[] = [];
    const notes = new Set<string | undefined>();
    await gatherEvidence(await squares(backbone, 15), about, {
      onProgress: (progress, note) => {
        told.push(progress);
        notes.add(note);
      },
    });
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    expect(notes.size).toBeGreaterThan(3);
  });
});

describe('advice on a dataset', () => {
  it('is a document that can be stored', async () => {
    const parts = await squares(backbone, 15);
    const request = {
      dataset: 'squares',
      snapshot: digest,
      seed: 1,
      backbone: { name: 'stages', digest: backbone.digest },
      codeSpaceDocument: { taps: [{ op: 'four_relu', pooling: 'avg' as const, pre: false }] },
    };
    const advice = await adviseDataset(request as Parameters<typeof adviseDataset>[0], parts, {});
    expect(AdviceSchema.parse(advice)).toEqual(advice);
    expect(advice).toMatchObject({ dataset: 'squares', case: 'unknown', strategy: 'linear' });
  });

  it('needs two labels', async () => {
    const parts = await squares(backbone, 5);
    const set = { ...parts.set, labels: new Int32Array(10), labelNames: ['red'] };
    await expect(gatherEvidence({ ...parts, set }, about, {})).rejects.toMatchObject({
      type: 'too-few-examples',
    });
  });

  it('says so where there is too little to judge by', async () => {
    const parts = await squares(backbone, 1);
    const { learningCurve, ladder } = await gatherEvidence(parts, about, {});
    expect([learningCurve, ladder]).toEqual([[], []]);
  });
});
