import { expect, it } from 'vitest';
import { secondsOf } from './gc.ts';

it('reads a grace period, and none below a quarter of an hour', () => {
  expect(['900s', '15m', '24h', '7d'].map(secondsOf)).toEqual([900, 900, 86_400, 604_800]);
  for (const text of ['', '24', '14m', '0h', '-1h', '1w', '1.5h', 'h', '9999999d'])
    expect(() => secondsOf(text), text).toThrow('no grace period');
});
