import { expect, it } from 'vitest';
import { several } from './several.ts';

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

it('answers in the order of the items, with a few under way at once', async () => {
  let now = 0;
  let most = 0;
  const doubled = await several([...Array(23).keys()], async (n) => {
    most = Math.max(most, ++now);
    for (let i = n % 3; i >= 0; i--) await turn();
    now--;
    return 2 * n;
  });
  expect(doubled).toEqual([...Array(23).keys()].map((n) => 2 * n));
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
});

it('throws what one of them threw, begins none after that, and leaves none under way', async () => {
  const begun: number[] = [];
  let now = 0;
  const all = several([...Array(50).keys()], async (n) => {
    begun.push(n);
    now++;
    await turn();
    now--;
    if (n === 5) throw new Error('five');
  });
  await expect(all).rejects.toThrow('five');
  expect(begun.length).toBeLessThan(12);
  expect(now).toBe(0);
});
