import { describe, expect, it } from 'vitest';
import type { Job } from '../../../lib/contract/index.ts';
import { memorySql } from '../../../lib/datasets/testing/sql-node.ts';
import { newJob } from '../../../lib/jobs/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import { createJournal } from './journal.ts';
import { dataset } from './testing/parts-node.ts';

const { backbone, codeSpace, codeSpaceDocument } = manifestOf('birds', 1);
const job = (id: string, changes: Partial<Job> = {}): Job => ({
  ...newJob({ id, head: 'birds', dataset, seed: 0, backbone, codeSpace, codeSpaceDocument }, 1),
  ...changes,
});

describe('the journal', () => {
  it('gives back jobs and facts as they were put in, to the next instance too', () => {
    const sql = memorySql();
    const journal = createJournal(sql);
    const kept = job('a', { stages: { queued: 3 }, expectation: { stable: null }, reason: 'ünïcode' });
    journal.saveJob(kept);
    journal.setFact('dataset', 'one');
    journal.setFact('dataset', 'two');
    const next = createJournal(sql);
    expect(next.job('a')).toEqual(kept);
    expect(next.job('b')).toBeNull();
    expect(next.fact('dataset')).toBe('two');
    expect(next.fact('nothing')).toBeNull();
  });

  it('keeps jobs in the order in which they came, whatever their ids and however often they change', () => {
    const journal = createJournal(memorySql());
    for (const id of ['b', 'c', 'a']) journal.saveJob(job(id));
    journal.saveJob(job('b', { progress: 0.5 }));
    expect(journal.activeJobs().map(({ id }) => id)).toEqual(['b', 'c', 'a']);
    journal.saveJob(job('c', { status: 'cancelled' }));
    expect(journal.activeJobs().map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('remembers which ended jobs lie in the bucket, twenty to a turn', () => {
    const journal = createJournal(memorySql());
    const ids = Array.from({ length: 25 }, (_, i) => String(i).padStart(2, '0'));
    for (const id of ids) journal.saveJob(job(id, { status: 'failed' }));
    journal.saveJob(job('running', { status: 'running' }));
    expect(journal.unrecordedJobs()).toHaveLength(20);
    for (const { id } of journal.unrecordedJobs()) journal.markRecorded(id);
    expect(journal.unrecordedJobs().map(({ id }) => id)).toEqual(ids.slice(20));
  });

  it('never lowers the sequence of a head', () => {
    const journal = createJournal(memorySql());
    expect(journal.sequence('birds')).toBe(0);
    for (const sequence of [3, 1, 7, 5]) journal.sawSequence('birds', sequence);
    expect(journal.sequence('birds')).toBe(7);
    expect(journal.sequence('bees')).toBe(0);
  });
});
