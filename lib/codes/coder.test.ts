import { beforeEach, describe, expect, it } from 'vitest';
import type { TapData } from '../contract/index.ts';
import type { ImagePipeline } from '../image/index.ts';
import type { Compile } from '../inference/index.ts';
import { type Backbone, parseBackbone } from './backbone.ts';
import { type Coder, createCoder } from './coder.ts';
import { makeTiny } from './testing/tiny-node.ts';

const planBytes = 100;
const [one, two] = (await Promise.all(
  [1, 2].map(async (seed) => {
    const { file, digest } = await makeTiny(seed);
    return parseBackbone(file, `tiny ${seed}`, digest);
  }),
)) as [Backbone, Backbone];
const tap: TapData = { op: 'relu', pooling: 'avg', pre: false };
const before: TapData = { ...tap, pre: true };

let compiled: { taps: string; disposed: boolean; runs: number }[];
let inside: number;
let mostInside: number;
let decoded: number;
let coder: Coder;

/** Plans whose code at a tap is [first value of the tensor, 1 if read before the activation]. */
const compile: Compile = async (_graph, { taps, size }) => {
  const plan = { taps: JSON.stringify(taps), disposed: false, runs: 0 };
  compiled.push(plan);
  return {
    inputShape: [size, size, 3],
    outputShapes: taps.map(() => [2]),
    kernelRevision: 'fake',
    bytes: planBytes,
    run(input) {
      if (plan.disposed) throw new Error('this plan was disposed of');
      plan.runs++;
      return taps.map(({ pre }) => Float32Array.of(input[0]!, pre ? 1 : 0));
    },
    dispose() {
      plan.disposed = true;
    },
  };
};

/** "Decodes" the first byte; 0 is no image. */
const pipeline = {
  async toTensor(bytes: Uint8Array) {
    mostInside = Math.max(mostInside, ++inside);
    decoded++;
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
    if (bytes[0] === 0) throw new Error('no image');
    return { tensor: Float32Array.of(bytes[0]!), info: { width: 1, height: 1 } };
  },
} as unknown as ImagePipeline;

beforeEach(() => {
  compiled = [];
  [inside, mostInside, decoded] = [0, 0, 0];
  let last: Promise<unknown> = Promise.resolve();
  coder = createCoder({
    pipeline,
    compile,
    turnstile: (work) => {
      const mine = last.then(work);
      last = mine.catch(() => {});
      return mine;
    },
    budgetBytes: 2 * planBytes,
  });
});

const code = async (backbone: Backbone, taps: TapData[], value = 7) => [
  ...(await coder.code(Uint8Array.of(value), backbone, taps)).code,
];

describe('a coder', () => {
  it('reads the taps that are asked for, one after the other in their order', async () => {
    expect(await code(one, [tap])).toEqual([7, 0]);
    expect(await code(one, [before, tap], 9)).toEqual([9, 1, 9, 0]);
  });

  it('compiles once for a backbone and its taps', async () => {
    for (let i = 1; i <= 5; i++) expect(await code(one, [tap], i)).toEqual([i, 0]);
    await Promise.all([code(one, [tap]), code(one, [tap])]);
    expect(compiled).toMatchObject([{ runs: 7 }]);
    await code(one, [before]);
    await code(two, [tap]);
    expect(compiled).toHaveLength(3);
  });

  it('disposes of the least recently used plan when they hold too much, and counts what is left', async () => {
    await code(one, [tap]);
    await code(two, [tap]);
    await code(one, [tap]);
    await code(one, [before]);
    expect(compiled.map(({ disposed }) => disposed)).toEqual([false, true, false]);
    expect(coder.heldBytes(one.digest)).toBe(2 * planBytes);
    expect(coder.heldBytes(two.digest)).toBe(0);
    expect(await code(two, [tap])).toEqual([7, 0]);
    expect(compiled).toHaveLength(4);
  });

  it('keeps the plan that it is about to run, however small the budget', async () => {
    coder = createCoder({ pipeline, compile, turnstile: (work) => work(), budgetBytes: 1 });
    expect(await code(one, [tap])).toEqual([7, 0]);
    expect(await code(two, [tap])).toEqual([7, 0]);
    expect(compiled.map(({ disposed }) => disposed)).toEqual([true, false]);
  });

  it('makes the codes of several places of one decoded image, each once', async () => {
    const places = [one, two, one].map((backbone) => ({ backbone, taps: [tap] }));
    const coded = await coder.codes(Uint8Array.of(5), [...places, { backbone: one, taps: [before] }]);
    expect(coded.map(({ code }) => [...code])).toEqual([
      [5, 0],
      [5, 0],
      [5, 0],
      [5, 1],
    ]);
    expect(compiled.map(({ runs }) => runs)).toEqual([1, 1, 1]);
    expect(decoded).toBe(1);
  });

  it('decodes one image at a time, and goes on after one that is none', async () => {
    const answers = await Promise.allSettled([1, 0, 2].map((value) => code(one, [tap], value)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(mostInside).toBe(1);
  });
});
