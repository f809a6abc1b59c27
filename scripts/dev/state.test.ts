import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownerVariable } from './processes.ts';
import { claimState, openState, readInstance, readKeys, writeInstance } from './state.ts';

const folder = mkdtempSync(join(tmpdir(), 'headwater-state-'));
const state = openState(folder);
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A process that leads a group of its own and does nothing. */
async function idler(env: Record<string, string>, ...words: string[]): Promise<ChildProcess> {
  const script = 'console.log(); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', script, ...words], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child);
  await once(child.stdout!, 'data');
  return child;
}

describe('claiming a state folder', () => {
  it('ends what a killed instance left running, and no process that has got its number since', async () => {
    const own = await idler({ [ownerVariable]: state.path });
    const others = [
      await idler({}, 'workerd'),
      await idler({ [ownerVariable]: `${state.path}-2` }, 'functions/trainer/main.ts'),
    ];
    const ended = once(own, 'exit');
    writeInstance(state, {
      pid: 2 ** 30,
      groups: [own, ...others].map(({ pid }) => pid!),
      url: 'http://127.0.0.1:1',
      trainerUrl: 'http://127.0.0.1:2',
    });
    claimState(state);
    expect(await ended).toEqual([null, 'SIGKILL']);
    for (const other of others) expect([other.exitCode, other.signalCode]).toEqual([null, null]);
    expect(readInstance(state)).toBe(null);
  });

  it('takes a note that was cut off for none', () => {
    writeFileSync(state.file('instance.json'), '{"pid":');
    expect(() => claimState(state)).not.toThrow();
  });
});

describe('the keys of a state folder', () => {
  it('are made once, and nobody else may read them', async () => {
    const keys = await readKeys(state, undefined);
    expect(await readKeys(state, undefined)).toEqual(keys);
    expect((await readKeys(state, 'mine')).apiKey).toBe('mine');
    expect(statSync(state.file('keys.json')).mode & 0o777).toBe(0o600);
  });
});
