// Fine-tuned versions at the edge, with everything behind them real: a trunk that heads share, a tail out of the bucket,
// one memory budget for both.

import { describe, expect, it, vi } from 'vitest';
import { makeTail, type TailWishes, type TestTail } from '../../lib/codes/testing/tail-node.ts';
import { blobKey, type Manifest, type TapData } from '../../lib/contract/index.ts';
import { predict } from '../../lib/heads/index.ts';
import { type Program, readProgram, writeProgram } from '../../lib/inference/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { currentHead } from './current-head.ts';
import { classify } from './infer.ts';
import { createTestEdge, greyPng, type TestEdge } from './infer-testing.ts';

const map: TapData = { op: 'relu', pooling: 'none', pre: false };
const picture: TapData = { op: 'input', pooling: 'none', pre: false };
const onMap: Pick<TailWishes, 'from' | 'inputShape'> = { from: map, inputShape: [8, 8, 8] };
const photo = greyPng(130);
const behind = () => {};

const edgeWith = (maxBytes?: number) => createTestEdge({ channels: 8, ...(maxBytes && { maxBytes }) });
const answering = (edge: TestEdge, head: string, minVersion?: number) =>
  currentHead(edge.services, { head, minVersion }, behind);
async function ask(edge: TestEdge, names: string[], minVersion?: number) {
  const heads = await Promise.all(names.map((name) => answering(edge, name, minVersion)));
  return { heads, verdicts: await classify(edge.services, heads, photo) };
}

/** Compares what a head says of the photo with its trunk's map and its tail, run by hand on the plain kernels: the
 *  same with integers, last bits apart with float32. */
async function expectByHand(edge: TestEdge, name: string, tail: TestTail): Promise<void> {
  const { heads, verdicts } = await ask(edge, [name]);
  const { head, place } = heads[0]!;
  const { tail: _, ...trunk } = place;
  const { code } = await edge.services.coder.code(photo, trunk);
  const expected = predict(head, tail.run(code));
  if (tail.document.arithmetic !== 'float32') expect(verdicts[0]!.predictions).toEqual(expected);
  for (const [i, { label, probability }] of verdicts[0]!.predictions.entries()) {
    expect(label).toBe(expected[i]!.label);
    expect(probability).toBeCloseTo(expected[i]!.probability, 6);
  }
}

describe('a head with a tail', () => {
  it.each<[string, Omit<TailWishes, 'seed'>]>([
    ['in float32', onMap],
    ['in int16', { ...onMap, arithmetic: 'int16' }],
    ['in int8', { ...onMap, arithmetic: 'int8' }],
    ['in int8, with a depthwise layer first', { ...onMap, arithmetic: 'int8', depthwise: true }],
    ['of all layers, over the picture itself', { from: picture, inputShape: [8, 8, 3] }],
    ['of all layers in int8', { from: picture, inputShape: [8, 8, 3], arithmetic: 'int8' }],
  ])('%s says what trunk, tail and weights give', async (_, wishes) => {
    const edge = await edgeWith();
    const tail = await makeTail({ seed: 1, ...wishes });
    await edge.publishTail('birds', 1, tail);
    await expectByHand(edge, 'birds', tail);
    const { heads } = await ask(edge, ['birds']);
    expect(heads[0]!.place.tail!.key).toBe(tail.document.program.digest);
  });

  it('answers beside a linear head and another tail of the same trunk', async () => {
    const edge = await edgeWith();
    const [one, two] = await Promise.all([1, 2].map((seed) => makeTail({ seed, ...onMap })));
    await edge.publishTail('birds', 1, one!);
    await edge.publishTail('ants', 1, two!);
    await edge.publish('bees', 1);
    const { verdicts } = await ask(edge, ['birds', 'bees', 'ants']);
    const alone = [];
    for (const name of ['birds', 'bees', 'ants']) alone.push((await ask(edge, [name])).verdicts[0]);
    expect(verdicts).toEqual(alone);
    await expectByHand(edge, 'ants', two!);
  });

  it('counts with its backbone in what an isolate holds', async () => {
    const edge = await edgeWith();
    const tail = await makeTail({ seed: 1, ...onMap });
    await edge.publishTail('birds', 1, tail);
    const { heads } = await ask(edge, ['birds']);
    const held = edge.services.coder.heldBytes(heads[0]!.place.backbone.digest);
    expect(held).toBe(edge.services.memory.heldBytes());
    expect(held).toBeGreaterThan(tail.document.memoryBytes);
  });

  it('stays within the memory budget from version to version, and so do two that take turns', async () => {
    const maxBytes = 3 * 2 ** 18;
    const edge = await edgeWith(maxBytes);
    await edge.publishTail('ants', 1, await makeTail({ seed: 1, ...onMap }));
    let published = 0;
    for (let version = 1; version <= 12; version++) {
      const tail = await makeTail({ seed: 10 + version, ...onMap });
      await edge.publishTail('birds', version, tail);
      published += tail.document.memoryBytes;
      const { heads } = await ask(edge, ['birds'], version);
      expect(heads[0]!.version).toBe(version);
      await ask(edge, ['ants']);
      expect(edge.services.memory.heldBytes()).toBeLessThanOrEqual(maxBytes);
      await expectByHand(edge, 'birds', tail);
    }
    expect(published).toBeGreaterThan(maxBytes);
  });
});

/** Lets go of every plan. */
async function evict({ services: { memory } }: TestEdge): Promise<void> {
  (await memory.reserve(memory.maxBytes, 'A test'))();
  expect(memory.heldBytes()).toBe(0);
}

describe('a tail that had to leave', () => {
  it('is fetched again, and gives the same answer', async () => {
    const edge = await edgeWith();
    await edge.publishTail('birds', 1, await makeTail({ seed: 1, ...onMap, arithmetic: 'int8' }));
    const { verdicts } = await ask(edge, ['birds']);
    await evict(edge);
    const get = vi.spyOn(edge.services.store, 'get');
    expect((await ask(edge, ['birds'])).verdicts).toEqual(verdicts);
    expect((await ask(edge, ['birds'])).verdicts).toEqual(verdicts);
    expect(get.mock.calls).toHaveLength(1);
  });

  it('is refused if somebody has written over it meanwhile, while other heads answer', async () => {
    const edge = await edgeWith();
    const tail = await makeTail({ seed: 1, ...onMap });
    await edge.publishTail('birds', 1, tail);
    await edge.publish('bees', 1);
    await ask(edge, ['birds']);
    const key = blobKey('birds', tail.document.program.digest);
    for (const bytes of [
      tail.program.slice(1),
      tail.program.map((byte, i) => (i === 999 ? byte ^ 1 : byte)),
    ]) {
      await edge.services.store.put(key, bytes);
      await evict(edge);
      await expect(ask(edge, ['birds'])).rejects.toMatchObject({ type: 'head-refused' });
    }
    expect((await ask(edge, ['bees'])).verdicts).toHaveLength(1);
    await edge.services.store.put(key, tail.program);
    expect((await ask(edge, ['birds'])).verdicts).toHaveLength(1);
  });
});

/** A tail whose program is another than its trainer has written, well signed all the same. */
async function withProgram(
  tail: TestTail,
  changes: (program: Program) => Partial<Program>,
): Promise<TestTail> {
  const good = readProgram(tail.program);
  const program = writeProgram({ ...good, ...changes(good) });
  return sealed(tail, program);
}

async function sealed(tail: TestTail, program: Uint8Array<ArrayBuffer>): Promise<TestTail> {
  const blob = { digest: await sha256(program), bytes: program.length };
  return { ...tail, program, document: { ...tail.document, program: blob } };
}

type Document = Manifest['tail'] & object;
const told = (tail: TestTail, changes: Partial<Document>): TestTail => ({
  ...tail,
  document: { ...tail.document, ...changes },
});
const far = 2 ** 30;

describe('a version whose tail does not prove itself', () => {
  it.each<[string, (tail: TestTail) => TestTail | Promise<TestTail>, string?]>([
    [
      'has other weights',
      (t) => withProgram(t, ({ constants }) => ({ constants: constants.map((b) => b ^ 64) })),
    ],
    [
      'reaches beyond its memory',
      (t) =>
        withProgram(t, ({ steps }) => ({
          steps: steps.map((step) => ({ ...step, args: step.args.map((arg, i) => (i ? arg : far)) })),
        })),
    ],
    [
      'takes more memory than is told',
      (t) => withProgram(t, ({ memoryBytes }) => ({ memoryBytes: 2 * memoryBytes })),
    ],
    [
      'calls what is none',
      (t) => withProgram(t, ({ steps }) => ({ steps: steps.map((s) => ({ ...s, args: [] })) })),
    ],
    ['does nothing', (t) => withProgram(t, () => ({ steps: [] }))],
    ['is no program', (t) => sealed(t, new Uint8Array(100))],
    ['is of another arithmetic than is told', (t) => withProgram(t, () => ({ arithmetic: 'int16' }))],
    ['reads another map than the trunk gives', (t) => told(t, { inputShape: [8, 8, 16] })],
    ['reads a map of as many numbers', (t) => told(t, { inputShape: [16, 4, 8] })],
    ['begins elsewhere', (t) => told(t, { from: { ...map, op: 'conv' } })],
    ['begins before the activation', (t) => told(t, { from: { ...map, pre: true } })],
    ['gives a code of another length', (t) => ({ ...t, dims: 5 })],
    ['would let anything pass', (t) => told(t, { golden: { ...t.document.golden, tolerance: 1e9 } })],
    ['proves nothing', (t) => told(t, { golden: { ...t.document.golden, code: '' } })],
    [
      'is written for other kernels',
      (t) => told(t, { kernel: 'headwater-float32/0' }),
      'code-space-unavailable',
    ],
  ])('is not swapped in if it %s; the older one goes on', async (_, spoil, type = 'head-refused') => {
    const edge = await edgeWith();
    const good = await makeTail({ seed: 1, ...onMap });
    await edge.publishTail('birds', 1, good);
    const before = await ask(edge, ['birds']);
    const bad = await spoil(await makeTail({ seed: 2, ...onMap }));
    await edge.publishTail('birds', 2, bad, map);
    await expect(ask(edge, ['birds'], 2)).rejects.toMatchObject({ type });
    expect(await ask(edge, ['birds'])).toMatchObject({ heads: [{ version: 1 }], verdicts: before.verdicts });
  });

  it('is told of as one to train again if its kernels are gone', async () => {
    const edge = await edgeWith();
    await edge.publishTail('birds', 1, told(await makeTail({ seed: 1, ...onMap }), { kernel: 'other/1' }));
    await expect(ask(edge, ['birds'])).rejects.toThrow(/train the head again/);
  });

  it('is refused if its program never came', async () => {
    const edge = await edgeWith();
    const tail = await makeTail({ seed: 1, ...onMap });
    await edge.publishTail('birds', 1, tail);
    await edge.services.store.delete([blobKey('birds', tail.document.program.digest)]);
    await expect(ask(edge, ['birds'])).rejects.toMatchObject({ type: 'head-refused' });
  });

  it('is refused before it is fetched if it can never fit', async () => {
    const edge = await edgeWith(2 ** 18);
    const tail = await makeTail({ seed: 1, ...onMap });
    await edge.publishTail('birds', 1, told(tail, { memoryBytes: 2 ** 20 }));
    await expect(ask(edge, ['birds'])).rejects.toMatchObject({ type: 'backbone-too-large' });
  });
});
