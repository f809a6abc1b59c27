import { beforeEach, describe, expect, it } from 'vitest';
import { type CodeSpace, codeSpaceDigest } from '../../../lib/contract/index.ts';
import { newJob } from '../../../lib/jobs/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import { createParts, type Parts, space, teach } from './testing/parts-node.ts';
import { flushAfterMs, nextWake, retryUpkeepMs, runUpkeep } from './upkeep.ts';

const now = 1_000_000;
let parts: Parts;
beforeEach(() => {
  parts = createParts();
});
const wake = ({ pendingSince = 0, notBefore = 0 } = {}) => nextWake(parts, pendingSince, notBefore, now);

async function saveJob(status: 'queued' | 'running' | 'failed') {
  const { backbone, codeSpaceDocument } = manifestOf('birds', 1);
  const document: CodeSpace = codeSpaceDocument;
  const codeSpace = await codeSpaceDigest(document);
  const wanted = { id: 'a.1', head: 'birds', dataset: 'ds', seed: 0 };
  const job = newJob({ ...wanted, backbone, codeSpace, codeSpaceDocument: document }, now);
  parts.journal.saveJob({ ...job, status });
}

describe('when a coordinator wakes', () => {
  it('is never, with nothing to do', () => {
    expect(wake()).toBe(null);
  });

  it('is at once for an object to delete, and after a pause if that has just failed', () => {
    parts.index.doom('examples/ds/a/x.png');
    expect(wake()).toBe(now);
    expect(wake({ notBefore: now + 4000 })).toBe(now + 4000);
  });

  it('is in time for pending codes, and after a pause if writing them has just failed', async () => {
    await teach(parts, 1);
    expect(wake({ pendingSince: now - 1000 })).toBe(now - 1000 + flushAfterMs);
    expect(wake({ pendingSince: now - flushAfterMs })).toBe(now);
    expect(wake({ pendingSince: now - flushAfterMs, notBefore: now + 4000 })).toBe(now + 4000);
  });

  it('is soon for a running job, whatever else has failed', async () => {
    await saveJob('running');
    parts.index.doom('examples/ds/a/x.png');
    expect(wake({ notBefore: now + 4000 })).toBeLessThan(now + 4000);
  });

  it('comes for codes to erase once no job runs, and for a job without a record', async () => {
    const row = await teach(parts, 1);
    await teach(parts, 2);
    await parts.codes.flush();
    parts.index.remove(row.digest);
    expect(wake()).toBe(now + retryUpkeepMs);
    await saveJob('failed');
    parts.index.removeSegment(space, parts.index.segments(space)[0]!.ulid);
    expect(wake()).toBe(now + retryUpkeepMs);
    parts.journal.markRecorded('a.1', true);
    expect(wake()).toBe(null);
  });
});

const isTrainingHere = () => false;

describe('upkeep', () => {
  it('does every task that it can, and answers what failed', async () => {
    await teach(parts, 1);
    const done: string[] = [];
    const codes = {
      ...parts.codes,
      sweep: () => Promise.reject(new Error('locked')),
      erase: async () => void done.push('erase'),
      compact: async () => void done.push('compact'),
    };
    const runner = {
      busy: () => false,
      recordLeftOvers: async () => void done.push('record'),
    };
    const failures = await runUpkeep(
      { index: parts.index, codes, runner, isTrainingHere },
      now - flushAfterMs,
      now,
    );
    expect(failures.map(String)).toEqual(['Error: locked', 'Error: locked']);
    expect(done).toEqual(['erase', 'compact', 'record']);
    expect(parts.index.pendingSpaces()).toEqual([]);
  });

  it('takes no code out of a segment while a training may read it, and writes none before its time', async () => {
    await teach(parts, 1);
    const codes = { ...parts.codes, erase: () => Promise.reject(new Error('erased')) };
    const runner = { busy: () => true, recordLeftOvers: async () => {} };
    expect(await runUpkeep({ index: parts.index, codes, runner, isTrainingHere }, now - 1, now)).toEqual([]);
    expect(parts.index.pendingSpaces()).toHaveLength(1);
  });
});
