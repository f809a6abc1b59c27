// The blocks of well-known ConvNets, exported by torch (scripts/fixtures/onnx_blocks.py), against torch's own outputs.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../inference/compile-node.ts';
import { referenceCodes } from '../../inference/reference.ts';
import { readSafetensors } from '../../tensors/index.ts';
import { outputsOf, type Tap } from '../index.ts';
import { cosine } from '../testing.ts';
import { importOnnx } from './onnx.ts';
import { toNhwc } from './onnx-oracle.ts';

const folder = new URL('fixtures/', import.meta.url);
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.onnx') ? [file.slice(0, -5)] : []));
const bytesOf = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));
/** Largest error, relative to the largest output. Sums of a hundred float32 products, in another order. */
const tolerance = 1e-5;

describe.each(names)('%s', (name) => {
  const { graph } = importOnnx(bytesOf(`${name}.onnx`), { recipe: { size: 20 } });
  const { tensors } = readSafetensors(bytesOf(`${name}.safetensors`));
  const input = toNhwc(tensors.get('image')!.data as Float32Array, 3);
  const scores = tensors.get('scores')!.data as Float32Array;
  const taps: Tap[] = [{ op: outputsOf(graph)[0]!, pooling: 'none' }];

  it('gives what torch gives, by the definitions of the ops', () => {
    expectSame(referenceCodes(graph, 20, taps, input)[0]!, scores);
  });

  it('gives what torch gives, compiled', async () => {
    const plan = await compile(graph, { size: 20, taps, arithmetic: 'float32' });
    expectSame(plan.run(input)[0]!, scores);
    plan.dispose();
  });
});

function expectSame(actual: ArrayLike<number>, expected: Float32Array): void {
  expect(actual).toHaveLength(expected.length);
  expect(cosine(actual, expected)).toBeGreaterThanOrEqual(0.99999);
  const most = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  expect(worst / most).toBeLessThan(tolerance);
}
