import { describe, expect, it } from 'vitest';
import type { TrainerLine } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { turn } from '../../test/support/virtual-time.ts';
import { createWorkBoard, type Work } from './work-board.ts';

const codes = (n: number): TrainerLine => ({ type: 'codes', digests: [], dims: n, codes: '' });
const progress = (value: number): TrainerLine => ({ type: 'progress', progress: value, stage: 'x' });
const filled: TrainerLine = { type: 'filled' };

/** Work that tells and ends as the test says. */
function worker() {
  const state = {
    begun: 0,
    tell: undefined as unknown as (line: TrainerLine) => void,
    signal: undefined as unknown as AbortSignal,
    end: () => {},
    fail: (_: unknown) => {},
  };
  const work: Work = (tell, signal) => {
    state.begun++;
    Object.assign(state, { tell, signal });
    return new Promise<void>((resolve, reject) => Object.assign(state, { end: resolve, fail: reject }));
  };
  return { state, work };
}

/** Collects what a watcher hears. */
function listen(lines: AsyncGenerator<TrainerLine>) {
  const heard = { lines: [] as TrainerLine[], over: false };
  void (async () => {
    for await (const line of lines) heard.lines.push(line);
    heard.over = true;
  })();
  return heard;
}

const board = () => createWorkBoard(() => {});

describe('the work board', () => {
  it('tells lines as they come, and is over when the work is', async () => {
    const { state, work } = worker();
    const heard = listen(board().watch('k', 1, work));
    state.tell(codes(1));
    await turn();
    expect(heard).toEqual({ lines: [codes(1)], over: false });
    state.tell(filled);
    state.end();
    await turn();
    expect(heard).toEqual({ lines: [codes(1), filled], over: true });
  });

  it('goes on when a watcher leaves, and tells the next what was said, without working twice', async () => {
    const { state, work } = worker();
    const works = board();
    const first = works.watch('k', 1, work);
    const hears = first.next();
    state.tell(codes(1));
    expect((await hears).value).toEqual(codes(1));
    await first.return(undefined);
    state.tell(codes(2));
    const second = listen(works.watch('k', 1, work));
    await turn();
    state.tell(filled);
    state.end();
    await turn();
    expect(second).toEqual({ lines: [codes(1), codes(2), filled], over: true });
    const late = listen(works.watch('k', 1, work));
    await turn();
    expect(late).toEqual({ lines: [codes(1), codes(2), filled], over: true });
    expect(state.begun).toBe(1);
  });

  it('tells two watchers the same', async () => {
    const { state, work } = worker();
    const works = board();
    const both = [listen(works.watch('k', 1, work)), listen(works.watch('k', 1, work))];
    for (let i = 1; i <= 5; i++) {
      state.tell(codes(i));
      if (i % 2) await turn();
    }
    state.end();
    await turn();
    for (const heard of both) expect(heard).toEqual({ lines: [1, 2, 3, 4, 5].map(codes), over: true });
  });

  it('keeps of progress only the last', async () => {
    const { state, work } = worker();
    const works = board();
    listen(works.watch('k', 1, work));
    for (const value of [0.1, 0.2, 0.3]) state.tell(progress(value));
    state.tell(filled);
    state.end();
    const late = listen(works.watch('k', 1, work));
    await turn();
    expect(late.lines).toEqual([progress(0.3), filled]);
  });

  it('gives the work of a lower epoch up for a higher one, and turns a lower one away', async () => {
    const [old, young] = [worker(), worker()];
    const works = board();
    const heard = listen(works.watch('k', 1, old.work));
    const next = listen(works.watch('k', 2, young.work));
    expect(old.state.signal.aborted).toBe(true);
    expect(() => works.watch('k', 1, old.work)).toThrow(expect.objectContaining({ type: 'conflict' }));
    old.state.fail(new HeadwaterError('cancelled', 'given up'));
    young.state.tell(filled);
    young.state.end();
    await turn();
    expect(heard.lines).toEqual([
      { type: 'failed', error: { type: 'cancelled', detail: 'given up', facts: {} } },
    ]);
    expect(next).toEqual({ lines: [filled], over: true });
    expect([old.state.begun, young.state.begun]).toEqual([1, 1]);
  });

  it('stops what is asked, no later epoch, and does not begin it again for a late request', async () => {
    const { state, work } = worker();
    const works = board();
    listen(works.watch('k', 2, work));
    works.stop('k', 1);
    works.stop('another', 2);
    expect(state.signal.aborted).toBe(false);
    works.stop('k', 2);
    expect(state.signal.aborted).toBe(true);
    state.fail(new HeadwaterError('cancelled', 'given up'));
    await turn();
    const late = listen(works.watch('k', 2, work));
    await turn();
    expect(late.lines).toMatchObject([{ type: 'failed', error: { type: 'cancelled' } }]);
    expect(state.begun).toBe(1);
  });

  it('tells nothing from inside when the work fails by accident, and logs it', async () => {
    const { state, work } = worker();
    const logged: string[] = [];
    const heard = listen(createWorkBoard((text) => logged.push(text)).watch('k', 1, work));
    state.fail(new TypeError('secret path'));
    await turn();
    expect(heard).toMatchObject({ lines: [{ type: 'failed', error: { type: 'internal' } }], over: true });
    expect(JSON.stringify(heard)).not.toContain('secret');
    expect(logged.join()).toContain('secret path');
  });
});
