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

  it('remembers which jobs the bucket knows as they are, twenty to a turn', () => {
    const journal = createJournal(memorySql());
    const ids = Array.from({ length: 25 }, (_, i) => String(i).padStart(2, '0'));
    for (const id of ids) journal.saveJob(job(id, { status: 'failed' }));
    expect(journal.unrecordedJobs()).toHaveLength(20);
    for (const { id } of journal.unrecordedJobs()) journal.markRecorded(id, true);
    expect(journal.unrecordedJobs().map(({ id }) => id)).toEqual(ids.slice(20));
  });

  it('asks for another record when a job has ended, whatever an older record says late', () => {
    const journal = createJournal(memorySql());
    const unrecorded = () => journal.unrecordedJobs().length;
    journal.saveJob(job('a', { status: 'queued' }));
    expect(unrecorded()).toBe(1);
    journal.markRecorded('a', false);
    journal.saveJob(job('a', { status: 'running' }));
    expect(unrecorded()).toBe(0);
    journal.saveJob(job('a', { status: 'succeeded' }));
    journal.markRecorded('a', false);
    expect(unrecorded()).toBe(1);
    journal.markRecorded('a', true);
    expect(unrecorded()).toBe(0);
  });

  it('forgets ended jobs that lie in the bucket, oldest first, and no others', () => {
    const journal = createJournal(memorySql());
    const ids = ['e', 'd', 'c', 'b', 'a'];
    for (const id of ids) journal.saveJob(job(id, { status: 'failed' }));
    journal.saveJob(job('running', { status: 'running' }));
    for (const id of ['e', 'c', 'b', 'a']) journal.markRecorded(id, true);
    journal.forgetJobs(2);
    expect(ids.filter((id) => journal.job(id))).toEqual(['d', 'b', 'a']);
    expect(journal.job('running')).not.toBeNull();
  });

  it('never lowers the sequence of a head', () => {
    const journal = createJournal(memorySql());
    expect(journal.sequence('birds')).toBe(0);
    for (const sequence of [3, 1, 7, 5]) journal.sawSequence('birds', sequence);
    expect(journal.sequence('birds')).toBe(7);
    expect(journal.sequence('bees')).toBe(0);
  });
});
