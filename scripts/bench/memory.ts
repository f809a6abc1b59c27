// What pictures cost the Worker in memory: `node scripts/bench/memory.ts FILE...` starts an instance of its own and
// prints, for each file, the peak of the workerd process while it makes one code, and V8's figures after it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createApi } from '../demo/api.ts';
import { freePort, startStack } from '../dev/stack.ts';
import { heapUsage, processMemory, resetPeak, workerdOf } from './workerd-memory.ts';

const statePath = mkdtempSync(join(tmpdir(), 'headwater-memory-'));
const stack = await startStack({ statePath, port: await freePort() });
try {
  const api = createApi(stack.url, stack.keys.apiKey);
  const pid = workerdOf(stack.workers.pid);
  console.log(`started: ${figure(processMemory(pid).residentMiB)} MiB resident`);
  for (const file of process.argv.slice(2)) {
    resetPeak(pid);
    const before = processMemory(pid).residentMiB;
    const response = await api.call('POST', '/v1/codes', readFileSync(file));
    await response.arrayBuffer();
    const { residentMiB, peakMiB } = processMemory(pid);
    const heap = await heapUsage(pid);
    console.log(
      `${basename(file)}: ${response.status}; MiB resident ${figure(before)} → ${figure(residentMiB)}, peak ${figure(peakMiB)}` +
        (heap
          ? `; heap ${figure(heap.usedMiB)} of ${figure(heap.totalMiB)}, buffers ${figure(heap.backingMiB)}`
          : ''),
    );
  }
} finally {
  await stack.stop();
  rmSync(statePath, { recursive: true, force: true });
}

function figure(mebibytes: number): string {
  return mebibytes.toFixed(0);
}
