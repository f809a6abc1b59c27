import { expect, it } from 'vitest';
import { loadImageModule, loadWebp } from './image-node.ts';
import { limits } from './limits.ts';
import { withMemoryLimit } from './memory-limit.ts';

/** A module that exports a memory of one page. */
const onePage = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 10, 1, 6, ...Buffer.from('memory'), 2, 0],
]);

const memoryOf = (instance: WebAssembly.Instance) => instance.exports.memory as WebAssembly.Memory;

it('lets a memory grow to its ceiling and not beyond', async () => {
  const limited = withMemoryLimit(onePage, 300 * 65_536 + 1);
  const memory = memoryOf((await WebAssembly.instantiate(limited)).instance);
  expect(memory.grow(299)).toBe(1);
  expect(() => memory.grow(1)).toThrow(RangeError);
});

it('refuses a module that has no memory, a maximum already, or more pages than allowed', () => {
  expect(() => withMemoryLimit(onePage.subarray(0, 8), 1e9)).toThrow('no memory');
  expect(() => withMemoryLimit(withMemoryLimit(onePage, 1e9), 1e9)).toThrow('a maximum already');
  expect(() => withMemoryLimit(onePage, 1000)).toThrow('needs more');
});

it.each([
  ['our own module', loadImageModule, limits.maxImageMemoryBytes],
  ['libwebp', loadWebp, limits.maxWebpMemoryBytes],
])('holds %s', async (_, load, maxBytes) => {
  const nothing = () => 0;
  const none = new Proxy({}, { get: () => nothing, has: () => true });
  const instance = new WebAssembly.Instance(await load(), { env: none, wasi_snapshot_preview1: none });
  expect(() => memoryOf(instance).grow(Math.ceil(maxBytes / 65_536))).toThrow(RangeError);
});
