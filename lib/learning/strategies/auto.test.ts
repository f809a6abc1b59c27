// `auto` on a small dataset: what it tries, what it says of it, and that what it publishes is one of those.

import { expect, it } from 'vitest';
import { TrainResultSchema } from '../../contract/index.ts';
import { adviseDataset } from '../evidence/advise-dataset.ts';
import { trainHead } from '../train-head.ts';
import { auto } from './auto.ts';
import { smallWorld } from './testing.ts';
import { trainStrategy } from './train-strategy.ts';

interface Told {
  advised: string;
  tried: { strategy: string; chosen: boolean; heldOutAccuracy?: number; reason: string | null }[];
}

const { parts, request } = await smallWorld();
/** Advice on these squares, whatever it is, but for the strategy. */
const toTuneTheTop: typeof adviseDataset = async (...asked) => ({
  ...(await adviseDataset(...asked)),
  strategy: 'fine-tune-top',
  tuning: { headRatio: 3 },
});

it('tries what the advice is, says what it tried, and publishes one that is no worse than linear', async () => {
  const { blobs, result } = await auto(request('auto'), parts, {}, toTuneTheTop);
  expect(TrainResultSchema.parse(result)).toEqual(result);
  const { tried, advised } = result.report.auto as Told;
  expect(advised).toBe('fine-tune-top');
  expect(tried.map(({ strategy }) => strategy)).toEqual(['linear', 'linear-early', 'fine-tune-top']);
  for (const attempt of tried) expect(attempt.heldOutAccuracy).toBeGreaterThan(0);
  const chosen = tried.filter((attempt) => attempt.chosen);
  expect(chosen).toHaveLength(1);
  expect(chosen[0]!.strategy).toBe(result.strategy);
  expect(chosen[0]!.heldOutAccuracy).toBeGreaterThanOrEqual(tried[0]!.heldOutAccuracy!);
  expect(blobs.some(({ digest }) => digest === result.blob.digest)).toBe(true);
  expect(result.tail === null).toBe(!result.strategy.startsWith('fine-tune'));
});

it('says why layers could not be trained, and goes on without them', async () => {
  const { result } = await auto(request('auto'), { ...parts, maxEdgeBytes: 1000 }, {}, toTuneTheTop);
  const { tried } = result.report.auto as Told;
  expect(tried[2]).toMatchObject({ strategy: 'fine-tune-top', chosen: false });
  expect(tried[2]!.reason).toContain('MiB');
});

it('publishes the linear head, as strategy linear would, where nothing is held out', async () => {
  const set = { ...parts.set, split: parts.set.split.map(() => 'train' as const) };
  const { result } = await trainStrategy(request('auto'), { ...parts, set });
  const linear = await trainHead(request('linear'), set, null, parts.linalg);
  expect(result.strategy).toBe('linear');
  expect(result.blob).toEqual(linear.result.blob);
});
