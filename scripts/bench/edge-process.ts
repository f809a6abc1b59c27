// A Worker of scripts/bench in a workerd of its own, and the CPU time that a request to it takes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../dev/configs.ts';
import { startService } from '../dev/processes.ts';
import { freePort } from '../dev/stack.ts';
import { cpuMs } from './cpu-time.ts';
import { workerdOf } from './workerd-memory.ts';

export interface EdgeProcess {
  url: string;
  pid: number;
  /** The answer, and what it cost the process: CPU milliseconds of all its threads, and on the clock. */
  measure(path: string, init?: RequestInit): Promise<{ response: Response; cpu: number; wall: number }>;
  stop(): Promise<void>;
}

/** @param config path of a wrangler.toml, from the repository's root */
export async function startEdgeProcess(config: string): Promise<EdgeProcess> {
  const state = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const [port, inspector] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const args = ['dev', '-c', join(root, config), '--ip', '127.0.0.1', '--port', String(port)];
  args.push('--inspector-port', String(inspector), '--persist-to', state, '--log-level', 'warn');
  args.push('--show-interactive-dev-session=false');
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
  const service = startService('bench', process.execPath, [wrangler, ...args], {
    cwd: root,
    logFile: join(state, 'log'),
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false', CI: 'true' },
  });
  const stop = async () => {
    await service.stop();
    rmSync(state, { recursive: true, force: true });
  };
  const until = Date.now() + 60_000;
  while (!(await fetch(url).catch(() => null))?.ok) {
    if (Date.now() > until) {
      await stop();
      throw new Error(`${config} did not start:\n${service.tail()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const pid = workerdOf(service.pid);
  return {
    url,
    pid,
    stop,
    async measure(path, init) {
      const [cpuBefore, before] = [cpuMs(pid), performance.now()];
      const response = await fetch(`${url}${path}`, init);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      const body = await response.arrayBuffer();
      const [cpu, wall] = [cpuMs(pid) - cpuBefore, performance.now() - before];
      return { response: new Response(body, { headers: response.headers }), cpu, wall };
    },
  };
}
