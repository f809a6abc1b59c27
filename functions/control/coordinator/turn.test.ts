import { expect, it } from 'vitest';
import { createTurn } from './turn.ts';

const [mine, yours] = [{}, {}];

it('lets one train at a time, and the next when that one has left', () => {
  const turn = createTurn();
  expect(turn.isTaken(0)).toBe(false);
  expect(turn.take(mine, 0)).toBe(true);
  expect(turn.take(yours, 1)).toBe(false);
  turn.leave(yours);
  expect(turn.take(yours, 2)).toBe(false);
  turn.leave(mine);
  expect(turn.isTaken(2)).toBe(false);
  expect(turn.take(yours, 3)).toBe(true);
});

it('passes over one that has not been heard of for a minute, which then has to stop', () => {
  const turn = createTurn();
  turn.take(mine, 0);
  expect(turn.take(mine, 50_000)).toBe(true);
  expect(turn.take(yours, 100_000)).toBe(false);
  expect(turn.take(yours, 110_000)).toBe(true);
  expect(turn.take(mine, 110_001)).toBe(false);
  turn.leave(mine);
  expect(turn.isTaken(110_002)).toBe(true);
});
