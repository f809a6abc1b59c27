// A head on another place: how the place is chosen, and that its codes are those of an edge.

import { expect, it } from 'vitest';
import { codeSpaceDigest, TrainResultSchema } from '../../contract/index.ts';
import { applyHead, checkGoldens, readHead } from '../../heads/index.ts';
import { collectCodes, sideBySide } from './collect-codes.ts';
import { linearEarly } from './linear-early.ts';
import { splitRows } from './split-rows.ts';
import { smallWorld } from './testing.ts';

const { parts, request } = await smallWorld();
const digestsOf = ({ blobs }: { blobs: { digest: string }[] }) => blobs.map(({ digest }) => digest);

it.each(['softmax', 'svm'] as const)('trains a %s on the codes of the place that it names', async (kind) => {
  const { blobs, result, codes } = await linearEarly(request('linear-early', { kind }), parts);
  expect(TrainResultSchema.parse(result)).toEqual(result);
  const { codeSpaceDocument: space } = result;
  expect(result).toMatchObject({ strategy: 'linear-early', tail: null, dims: codes.dims });
  expect(result.codeSpace).toBe(await codeSpaceDigest(space));
  const head = readHead(blobs[0]!.bytes);
  checkGoldens(head, result.goldens);
  const made = sideBySide(await collectCodes(parts, space, space.taps, [3], {}));
  expect(codes.codes.subarray(3 * codes.dims, 4 * codes.dims)).toEqual(made.codes);
  expect(applyHead(head, codes.codes.subarray(0, codes.dims)).probabilities).toHaveLength(2);
});

it('judges every rung, the best beside its neighbours, and the best before their activation function', async () => {
  const { result } = await linearEarly(request('linear-early'), parts);
  const ladder = result.report.ladder as {
    place: string;
    chosen: boolean;
    difference: { difference: number };
  }[];
  const names = ladder.map(({ place }) => place);
  expect(names).toContain('final');
  expect(names.some((name) => name.includes(' + '))).toBe(true);
  expect(names.some((name) => name.endsWith(':pre'))).toBe(true);
  expect(ladder.filter(({ chosen }) => chosen)).toHaveLength(1);
  expect(ladder.find(({ place }) => place === 'final')!.difference.difference).toBe(0);
});

it('never looks at a held-out photo to choose', async () => {
  const { heldOut } = splitRows(parts.set);
  const flipped = Int32Array.from(parts.set.labels, (label, i) => (heldOut.includes(i) ? 1 - label : label));
  const [a, b] = [
    await linearEarly(request('linear-early'), parts),
    await linearEarly(request('linear-early'), { ...parts, set: { ...parts.set, labels: flipped } }),
  ];
  expect(b.result.report.ladder).toEqual(a.result.report.ladder);
});

it('gives the same file when it is repeated', async () => {
  const [a, b] = [
    await linearEarly(request('linear-early'), parts),
    await linearEarly(request('linear-early'), parts),
  ];
  expect(digestsOf(b)).toEqual(digestsOf(a));
});

it('stays at the usual place where too few images can be judged', async () => {
  const few = await smallWorld('float32', 2);
  const { result } = await linearEarly(few.request('linear-early'), few.parts);
  expect(result.codeSpace).toBe(few.request('linear').codeSpace);
});
