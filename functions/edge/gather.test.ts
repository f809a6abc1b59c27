import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createGathered } from './gather.ts';

it('puts any pieces together in their order, however many were expected', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 6000 })), fc.nat(20_000), (pieces, expected) => {
      const gathered = createGathered(expected);
      for (const piece of pieces) gathered.add(piece);
      expect(Buffer.from(gathered.bytes())).toEqual(Buffer.concat(pieces));
    }),
  );
});

it('holds about as much as has come, and nothing of the pieces', () => {
  const gathered = createGathered();
  const read = new Uint8Array(4096);
  for (let i = 0; i < 100_000; i++) {
    read[0] = i;
    gathered.add(read.subarray(0, 1));
  }
  expect(gathered.bytes().buffer.byteLength).toBeLessThanOrEqual(200_000);
  expect([...gathered.bytes().subarray(0, 3)]).toEqual([0, 1, 2]);
});

it('copies nothing twice when it knows how much is to come', () => {
  const gathered = createGathered(10);
  gathered.add(new Uint8Array(4));
  const { buffer } = gathered.bytes();
  gathered.add(new Uint8Array(6));
  expect(gathered.bytes().buffer).toBe(buffer);
});
