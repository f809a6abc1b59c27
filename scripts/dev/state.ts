// The local state folder: keys, Workers' storage, logs, and a note of what runs. One instance at a time owns it.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateSigningKeys, publicKeysOf, type SigningKeys } from '../../lib/trust/index.ts';
import { writeAtomically } from '../write-atomically.ts';
import { isGroupOf, isOurs, signalGroup } from './processes.ts';

export interface LocalKeys {
  apiKey: string;
  signing: SigningKeys;
  s3: { accessKeyId: string; secretAccessKey: string };
}

/** What a running instance notes down for the command line tools. */
export interface Instance {
  pid: number;
  groups: number[];
  url: string;
  trainerUrl: string;
}

export interface StateFolder {
  path: string;
  file(...parts: string[]): string;
}

/** The state folder at `path`, which need not be there: for what only reads. */
export function stateAt(path: string): StateFolder {
  const root = resolve(path);
  return { path: root, file: (...parts) => join(root, ...parts) };
}

/** The state folder at `path`, made if it is not there. */
export function openState(path: string): StateFolder {
  const state = stateAt(path);
  for (const folder of ['logs', 'workers', 'backbones']) mkdirSync(state.file(folder), { recursive: true });
  return state;
}

/** The folder's keys, made at the first start. `HEADWATER_KEY` takes precedence over the key made then. */
export async function readKeys(state: StateFolder, apiKey: string | undefined): Promise<LocalKeys> {
  const file = state.file('keys.json');
  if (!existsSync(file)) {
    const keys: LocalKeys = {
      apiKey: `hw_dev_${randomBytes(18).toString('base64url')}`,
      signing: await generateSigningKeys(),
      s3: { accessKeyId: 'headwater-local', secretAccessKey: randomBytes(24).toString('hex') },
    };
    writeAtomically(file, JSON.stringify(keys, null, 2), 0o600);
  }
  const keys = JSON.parse(readFileSync(file, 'utf8')) as LocalKeys;
  return { ...keys, apiKey: apiKey || keys.apiKey };
}

export const publicKeys = (keys: LocalKeys) => publicKeysOf(keys.signing);

export function readInstance(state: StateFolder): Instance | null {
  try {
    return JSON.parse(readFileSync(state.file('instance.json'), 'utf8')) as Instance;
  } catch {
    return null;
  }
}

export function writeInstance(state: StateFolder, instance: Instance): void {
  writeAtomically(state.file('instance.json'), JSON.stringify(instance));
}

export function forgetInstance(state: StateFolder): void {
  rmSync(state.file('instance.json'), { force: true });
}

/**
 * Makes sure that nobody else uses the folder. What a killed instance has left running is ended, and only that.
 *
 * @throws Error if another instance is alive
 */
export function claimState(state: StateFolder): void {
  const old = readInstance(state);
  if (!old) return;
  if (old.pid !== process.pid && isOurs(old.pid, 'scripts/start.ts'))
    throw new Error(
      `Headwater runs already with this state, as process ${old.pid} at ${old.url}.\nStop it, or choose another folder with HEADWATER_STATE.`,
    );
  for (const group of old.groups) if (isGroupOf(group, state.path)) signalGroup(group, 'SIGKILL');
  forgetInstance(state);
}
