// The work under way in this process, by job. A connection is only a way to watch: when it drops the work goes
// on, and the same (job, epoch, pass) asked for again is handed the lines that it missed. A higher epoch, or a later
// pass of the same epoch, which asks for something else, replaces the work of a lower one; a lower one is turned away.

import type { TrainerLine } from '../../lib/contract/index.ts';
import { HeadwaterError, toErrorData } from '../../lib/errors/index.ts';

/** How long the last line of finished work is kept for whoever asks again. */
const keepMs = 10 * 60_000;

/** Does the work, telling of it line by line; the last line is `filled`, `trained` or `failed`. */
export type Work = (tell: (line: TrainerLine) => void, signal: AbortSignal) => Promise<void>;

interface Entry {
  epoch: number;
  pass: number;
  lines: TrainerLine[];
  done: boolean;
  abort: AbortController;
  watchers: Set<() => void>;
}

export type WorkBoard = ReturnType<typeof createWorkBoard>;

export function createWorkBoard(log: (text: string) => void) {
  const entries = new Map<string, Entry>();

  function begin(key: string, epoch: number, pass: number, work: Work): Entry {
    const abort = new AbortController();
    const entry: Entry = { epoch, pass, lines: [], done: false, abort, watchers: new Set() };
    entries.set(key, entry);
    const tell = (line: TrainerLine) => {
      if (line.type === 'progress') entry.lines = entry.lines.filter(({ type }) => type !== 'progress');
      entry.lines.push(line);
      for (const wake of entry.watchers) wake();
    };
    const failed = (error: unknown) => {
      if (!(error instanceof HeadwaterError)) log(`${key}: ${String(error)}`);
      tell({ type: 'failed', error: toErrorData(error) });
    };
    work(tell, entry.abort.signal)
      .catch(failed)
      .finally(() => {
        entry.done = true;
        for (const wake of entry.watchers) wake();
        setTimeout(() => entries.get(key) === entry && entries.delete(key), keepMs).unref();
      });
    return entry;
  }

  return {
    /**
     * Watches the work of a job, beginning it if it is new: lines so far, then lines as they come.
     *
     * @throws HeadwaterError `conflict` for an epoch or a pass that has been overtaken
     */
    watch(key: string, epoch: number, work: Work, pass = 0): AsyncGenerator<TrainerLine> {
      let entry = entries.get(key);
      const ahead = entry && (entry.epoch - epoch || entry.pass - pass);
      if (entry && ahead! > 0)
        throw new HeadwaterError(
          'conflict',
          `Epoch ${epoch}, pass ${pass} of this job was overtaken by ${entry.epoch}, ${entry.pass}.`,
        );
      if (!entry || ahead! < 0) {
        entry?.abort.abort();
        log(`${key}: begins (epoch ${epoch})`);
        entry = begin(key, epoch, pass, work);
      }
      return follow(entry);
    },

    /** Gives a job up, if it is still at this epoch. It stays known as given up: a request that was on its way
     *  does not begin it again. */
    stop(key: string, epoch: number): void {
      const entry = entries.get(key);
      if (entry && entry.epoch <= epoch && !entry.done) {
        entry.abort.abort();
        log(`${key}: stopped`);
      }
    },
  };
}

async function* follow(entry: Entry): AsyncGenerator<TrainerLine> {
  const told = new WeakSet<TrainerLine>();
  for (;;) {
    for (const line of [...entry.lines])
      if (!told.has(line)) {
        told.add(line);
        yield line;
      }
    if (entry.done && entry.lines.every((line) => told.has(line))) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        entry.watchers.delete(wake);
        resolve();
      };
      entry.watchers.add(wake);
      if (entry.done || entry.lines.some((line) => !told.has(line))) wake();
    });
  }
}
