import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { membersOf, signalGroup } from './dev/processes.ts';
import { freePort } from './dev/stack.ts';
import type { Instance } from './dev/state.ts';

const folder = mkdtempSync(join(tmpdir(), 'headwater-start-'));
let groups: number[] = [];
afterEach(() => {
  for (const group of groups) signalGroup(group, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('ends every child on SIGTERM, also when nothing answers yet', async () => {
  const env = {
    ...process.env,
    HEADWATER_STATE: folder,
    HEADWATER_DEMO: '0',
    PORT: String(await freePort()),
  };
  const start = spawn(process.execPath, [new URL('start.ts', import.meta.url).pathname], { env });
  const ended = once(start, 'exit');
  const note = join(folder, 'instance.json');
  // The note is written when the children have been started, seconds before the first of them answers.
  while (!existsSync(note) && start.exitCode === null) await new Promise((wake) => setTimeout(wake, 20));
  groups = (JSON.parse(readFileSync(note, 'utf8')) as Instance).groups;
  expect(groups.flatMap(membersOf).length).toBeGreaterThan(0);
  start.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  const alive = () => groups.flatMap(membersOf).filter(({ state }) => state !== 'Z');
  while (alive().length > 0 && groups.length > 0) await new Promise((wake) => setTimeout(wake, 20));
  expect(existsSync(note)).toBe(false);
});
