import { mkdir, mkdtemp, readdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sweepCaches } from './strategy-parts.ts';

const now = Date.UTC(2026, 5, 15);
const daysAgo = (days: number) => new Date(now - days * 86_400_000);

it('takes away what jobs left more than a day ago, and nothing else that lies in the folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-sweep-'));
  const left = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const recent = '01ARZ3NDEKTSV4RRFFQ69G5FAW';
  const someoneElses = 'photos';
  for (const [name, days] of [
    [left, 2],
    [recent, 0.5],
    [someoneElses, 300],
  ] as const) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'a.array'), 'x');
    await utimes(join(folder, name), daysAgo(days), daysAgo(days));
  }
  await sweepCaches(folder, now);
  expect((await readdir(folder)).sort()).toEqual([recent, someoneElses].sort());
});
