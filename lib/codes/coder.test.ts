import { beforeEach, describe, expect, it } from 'vitest';
import type { TapData } from '../contract/index.ts';
import type { ImagePipeline } from '../image/index.ts';
import type { Compile, Program, Quantisation, StartProgram } from '../inference/index.ts';
import { type ParsedBackbone, parseBackbone } from './backbone.ts';
import { placeOf, type TailedPlace } from './code-place.ts';
import { type Coder, createCoder } from './coder.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { placeKey } from './plans.ts';
import { makeTiny } from './testing/tiny-node.ts';

const planBytes = 10_000;
const [one, two] = (await Promise.all(
  [1, 2].map(async (seed) => {
    const { file, digest } = await makeTiny(seed);
    return parseBackbone(file, `tiny ${seed}`, digest);
  }),
)) as [ParsedBackbone, ParsedBackbone];
const tap: TapData = { op: 'relu', pooling: 'avg', pre: false };
const before: TapData = { ...tap, pre: true };
const clock = () => 0;
const sleep = async () => {};
/** Room for so many plans, and for a compilation of these small ones. */
const roomFor = (plans: number) => createMemoryBudget({ clock, sleep, maxBytes: 1000 + plans * planBytes });

let compiled: {
  arithmetic: string;
  quantisation: Quantisation | undefined;
  size: number;
  disposed: boolean;
  runs: number;
}[];
let inside: number;
let mostInside: number;
let decoded: number;
let coder: Coder;

/** Plans whose code at a tap is [first value of the tensor, 1 if read before the activation]. */
const compile: Compile = async (_graph, { taps, size, arithmetic, quantisation, admit }) => {
  await admit?.(planBytes);
  const plan = { arithmetic, quantisation, size, disposed: false, runs: 0 };
  compiled.push(plan);
  return {
    inputShape: [size, size, 3],
    outputShapes: taps.map(({ pooling }) => (pooling === 'none' ? [1, 1, 2] : [2])),
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
    memory: roomFor(2),
  });
});

const code = async (backbone: ParsedBackbone, taps: TapData[], value = 7) => [
  ...(await coder.code(Uint8Array.of(value), placeOf(backbone, taps))).code,
];

/** A place whose tail adds up its map, which is [2]. */
function tailedPlace(key: string, inputShape: [number, number, number] = [1, 1, 2]): TailedPlace {
  const program = { key } as unknown as Program;
  const tail = { head: 'birds', key, inputShape, memoryBytes: 100, programBytes: 10, kernel: 'fake' };
  return { ...placeOf(one, [{ ...tap, pooling: 'none' }]), tail: { ...tail, program: async () => program } };
}

describe('a coder of tails', () => {
  const started: string[] = [];
  const startProgram: StartProgram = (program) => {
    started.push((program as unknown as { key: string }).key);
    return {
      inputShape: [1, 1, 2],
      outputShapes: [[1]],
      kernelRevision: 'fake',
      bytes: 100,
      run: ([a, b]) => [Float32Array.of(a! + b!, started.length)],
      dispose() {},
    };
  };
  beforeEach(() => {
    started.length = 0;
    coder = createCoder({
      pipeline,
      compile,
      startProgram,
      turnstile: (work) => work(),
      memory: roomFor(2),
    });
  });

  it('runs the trunk that several tails share once for an image', async () => {
    const places = [tailedPlace('a'), tailedPlace('b'), tailedPlace('a')];
    const coded = await coder.codes(Uint8Array.of(5), places);
    expect(coded.map(({ code }) => [...code])).toEqual([
      [5, 1],
      [5, 2],
      [5, 1],
    ]);
    expect(compiled).toMatchObject([{ runs: 1 }]);
    await coder.codes(Uint8Array.of(6), places);
    expect(started).toEqual(['a', 'b']);
    expect(compiled).toMatchObject([{ runs: 2 }]);
  });

  it('proves no tail that reads another map than its trunk gives', async () => {
    const prove = coder.proveTail(tailedPlace('a', [2, 2, 2]), () => {});
    await expect(prove).rejects.toMatchObject({ type: 'head-refused' });
    expect(started).toEqual([]);
  });

  it('keeps no plan of a tail that does not prove itself', async () => {
    const place = tailedPlace('a');
    const fail = () => {
      throw new Error('another code');
    };
    await expect(coder.proveTail(place, fail)).rejects.toThrow('another code');
    expect(coder.heldBytes(one.digest)).toBe(planBytes);
    await coder.proveTail(place, (run) => expect([...run(Float32Array.of(2, 3))]).toEqual([5, 2]));
    expect(coder.heldBytes(one.digest)).toBe(planBytes + 100);
    expect(started).toEqual(['a', 'a']);
  });

  it('cannot be had where nothing starts programs', async () => {
    coder = createCoder({ pipeline, compile, turnstile: (work) => work(), memory: roomFor(2) });
    await expect(coder.code(Uint8Array.of(5), tailedPlace('a'))).rejects.toMatchObject({ type: 'internal' });
  });
});

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

  it('refuses a plan that can never fit, before it takes memory, and says what to do', async () => {
    coder = createCoder({ pipeline, compile, turnstile: (work) => work(), memory: roomFor(0.5) });
    await expect(code(one, [tap])).rejects.toMatchObject({
      type: 'backbone-too-large',
      message: expect.stringContaining('earlier tap'),
    });
    expect(compiled).toEqual([]);
  });

  it('compiles another plan for another arithmetic or quantisation, of that quantisation', async () => {
    const quantisation = { digest: 'q', values: new Map() };
    const materials = async (wanted: string | null) => ({
      graph: one.graph,
      ...(wanted && { quantisation }),
    });
    const backbone = { ...one, materials };
    await coder.code(Uint8Array.of(7), placeOf(backbone, [tap], { kind: 'int8', quantisation: 'q' }));
    await coder.code(Uint8Array.of(7), placeOf(backbone, [tap]));
    expect(compiled).toMatchObject([
      { arithmetic: 'int8', quantisation },
      { arithmetic: 'float32', quantisation: undefined },
    ]);
  });

  it('starts the plan that came with the program, without what it was compiled of', async () => {
    const place = { ...placeOf(one, [tap]), materials: () => Promise.reject(new Error('not asked for')) };
    const plan = await compile(one.graph, { size: 8, taps: [tap], arithmetic: 'float32' });
    const packed = { key: placeKey(place), bytes: planBytes, start: () => plan };
    coder = createCoder({ pipeline, compile, turnstile: (work) => work(), memory: roomFor(1), packed });
    expect([...(await coder.code(Uint8Array.of(3), place)).code]).toEqual([3, 0]);
    expect(coder.heldBytes(one.digest)).toBe(planBytes);
  });

  it('makes the codes of several places of one decoded image, each once', async () => {
    const places = [one, two, one].map((backbone) => placeOf(backbone, [tap]));
    const coded = await coder.codes(Uint8Array.of(5), [...places, placeOf(one, [before])]);
    expect(coded.map(({ code }) => [...code])).toEqual([
      [5, 0],
      [5, 0],
      [5, 0],
      [5, 1],
    ]);
    expect(compiled.map(({ runs }) => runs)).toEqual([1, 1, 1]);
    expect(decoded).toBe(1);
  });

  it('decodes for each input size, and compiles for each', async () => {
    const large = { ...one.card.recipe, size: 64 };
    const places = [placeOf(one, [tap]), placeOf(one, [tap], one.arithmetic, large), placeOf(one, [tap])];
    await coder.codes(Uint8Array.of(5), places);
    expect(compiled.map(({ size, runs }) => [size, runs])).toEqual([
      [8, 1],
      [64, 1],
    ]);
    expect(decoded).toBe(2);
  });

  it('decodes one image at a time, and goes on after one that is none', async () => {
    const answers = await Promise.allSettled([1, 0, 2].map((value) => code(one, [tap], value)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(mostInside).toBe(1);
  });
});
