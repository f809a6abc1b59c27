import { expect, it } from 'vitest';
import image from '../../build/image.wasm';
import { digestOfResizes, resizeDigest } from './testing/resize-picture.ts';

it('has the bits of every other runtime', async () => {
  expect(await digestOfResizes(image)).toBe(resizeDigest);
});
