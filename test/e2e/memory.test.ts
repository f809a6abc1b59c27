// Serving takes no more memory the longer it goes on, and a large photograph gives back what it took. The figures
// are printed: no limit is enforced locally, and 128 MB is what a deployed isolate has.

import { beforeAll, describe, expect, it } from 'vitest';
import { haveSampleImages, sampleImage } from '../../lib/image/testing/fixtures-node.ts';
import {
  canMeasure,
  heapUsage,
  processMemory,
  resetPeak,
  workerdOf,
} from '../../scripts/bench/workerd-memory.ts';
import { full, useInstance } from '../support/instance.ts';
import { digits, teachAll, train } from '../support/steps.ts';

const requests = full ? 500 : 120;
const warmUp = 40;
/** One tensor of 224 × 224 × 3 float32 kept by every request would be 0.57 MiB each. */
const maxGrowthMiB = Math.max(32, 0.25 * (requests - warmUp));

describe.skipIf(!canMeasure)('memory of workerd', () => {
  const hw = useInstance();
  const photo = haveSampleImages ? sampleImage('photo-500x375.jpg') : digits(['0'], 500, 1)[0]!.png;
  const measured = () => {
    const pid = workerdOf(hw.stack.workers.pid);
    return { pid, ...processMemory(pid) };
  };

  beforeAll(async () => {
    await teachAll(hw.api, 'digits', digits(['0', '1'], 0, 4));
    expect(await train(hw.api, 'head', 'digits')).toMatchObject({ status: 'succeeded' });
  });

  it(`stays flat over ${requests} classifications`, async () => {
    const figures: number[] = [];
    for (let i = 1; i <= requests; i++) {
      await hw.api.classify('head', photo);
      if (i % (requests / 10) === 0 || i === warmUp) figures.push(measured().residentMiB);
    }
    const rounded = figures.map((figure) => figure.toFixed(0)).join(' ');
    const heap = await heapUsage(measured().pid);
    console.log(`MiB resident over ${requests} classifications: ${rounded}; heap ${JSON.stringify(heap)}`);
    const warm = figures[Math.ceil(warmUp / (requests / 10)) - 1]!;
    expect(figures.at(-1)! - warm).toBeLessThan(maxGrowthMiB);
  });

  it.skipIf(!haveSampleImages)('a 12-megapixel photograph is answered within a bounded peak', async () => {
    for (const name of ['baseline', 'progressive', 'progressive-444']) {
      const { pid, residentMiB: before } = measured();
      resetPeak(pid);
      const response = await hw.api.call('POST', '/v1/codes', sampleImage(`photo-12mp-${name}.jpg`));
      expect(response.status).toBe(200);
      await response.arrayBuffer();
      const { residentMiB, peakMiB } = measured();
      const heap = await heapUsage(pid);
      console.log(
        `12 megapixels, ${name}: MiB resident ${before.toFixed(0)} → ${residentMiB.toFixed(0)}, peak ${peakMiB.toFixed(0)}; heap ${JSON.stringify(heap)}`,
      );
      // Decoded whole at 8 bits it would take 35 MiB and, progressive, 70 MiB of coefficients more.
      expect(peakMiB - before).toBeLessThan(128);
    }
  });
});
