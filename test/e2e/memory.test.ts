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
/** Half of what an isolate has; more for progressive files, which keep coefficients. Bodies of photos before, which V8
 *  has not collected yet, are in it. */
const maxIsolateMiB = { baseline: 64, progressive: 80, 'progressive-444': 80 };
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

  it.skipIf(!haveSampleImages)(
    `a 12-megapixel photograph is answered by an isolate of ${maxIsolateMiB.baseline} MiB, a progressive one of ${maxIsolateMiB.progressive}`,
    async () => {
      for (const [name, most] of Object.entries(maxIsolateMiB)) {
        const { pid, residentMiB: before } = measured();
        resetPeak(pid);
        await hw.api.classify('head', sampleImage(`photo-12mp-${name}.jpg`));
        const { peakMiB } = measured();
        const isolate = await isolateMiB(pid);
        const rise = Math.max(0, peakMiB - before);
        console.log(
          `12 megapixels, ${name}: isolate ${figures(isolate)} MiB, and ${rise.toFixed(1)} for the moment`,
        );
        // Those of an isolate after a request, and what the process rose by within it: never less than the peak.
        expect(isolate.heap + isolate.buffers + isolate.wasm + rise).toBeLessThan(most);
      }
    },
  );

  /** What counts against an isolate's 128 MB: V8's heap, array buffers, and every WebAssembly memory. */
  async function isolateMiB(pid: number) {
    const usage = await heapUsage(pid);
    if (!usage) throw new Error("The edge's inspector does not answer.");
    const { memory } = await hw.api.json<{ memory: { bytes: number } }>('GET', '/v1/backbones');
    return { heap: usage.totalMiB, buffers: usage.backingMiB, wasm: memory.bytes / 2 ** 20 };
  }
});

const figures = (parts: Record<string, number>) =>
  Object.entries(parts)
    .map(([name, mebibytes]) => `${name} ${mebibytes.toFixed(1)}`)
    .join(' + ');
