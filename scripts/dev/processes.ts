// Child processes that leave nothing behind. Each runs in a process group of its own, since wrangler, when it
// is killed, leaves workerd alive and answering; ending the group ends both.

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs';

/** Stands in the environment of whatever runs for a state folder, and is inherited: it names the folder. */
export const ownerVariable = 'HEADWATER_OWNER';
/** A group gets this long to end by itself. */
const graceMs = 4000;

export interface Service {
  name: string;
  pid: number;
  /** The end of what it has printed, for an error message. */
  tail(): string;
  /** Resolves when it has ended, for whatever reason. */
  ended: Promise<void>;
  stop(): Promise<void>;
  kill(): void;
}

export function startService(
  name: string,
  command: string,
  args: string[],
  options: { env: NodeJS.ProcessEnv; cwd: string; logFile: string },
): Service {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  let recent = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => {
      log.write(chunk);
      recent = (recent + chunk.toString()).slice(-4000);
    });
  child.on('error', (error) => {
    recent += String(error);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    name,
    pid: child.pid ?? 0,
    tail: () => recent,
    ended,
    kill: () => signalGroup(child.pid, 'SIGKILL'),
    stop: () => stopGroup(child, ended),
  };
}

async function stopGroup(child: ChildProcess, ended: Promise<void>): Promise<void> {
  signalGroup(child.pid, 'SIGTERM');
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), graceMs).unref());
  await Promise.race([ended, late]);
  // What the leader has started may outlive it.
  signalGroup(child.pid, 'SIGKILL');
}

/** Sends a signal to a whole process group; one that is gone already is no error. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (!pid) return;
  try {
    process.kill(-pid, signal);
  } catch {}
}

/** A process as /proc tells of it. */
export interface Member {
  pid: number;
  /** `R`, `S`, …; `Z` has died and was not yet collected by its parent. */
  state: string;
  commandLine: string;
}

/** The processes of a group, which may outlive its leader. Empty where there is no /proc. */
export function membersOf(group: number): Member[] {
  if (!existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        // The name before these fields stands in brackets and may hold anything.
        const [state = '', , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (Number(processGroup) !== group) return [];
        return [{ pid: Number(pid), state, commandLine: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** Whether a group still has a process that was started for `owner`: its number may be another's by now. */
export function isGroupOf(group: number, owner: string): boolean {
  return membersOf(group).some(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${ownerVariable}=${owner}`);
    } catch {
      return false;
    }
  });
}

/** Whether a process runs and was started with `marker` on its command line, so that a reused pid is left alone. */
export function isOurs(pid: number, marker: string): boolean {
  const file = `/proc/${pid}/cmdline`;
  try {
    return existsSync(file) && readFileSync(file, 'utf8').includes(marker);
  } catch {
    return false;
  }
}
