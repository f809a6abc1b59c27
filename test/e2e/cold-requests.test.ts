// An isolate that has loaded nothing yet, and a crowd before its door whose first one goes away: nobody waits for
// what died with its request.

import { beforeAll, describe, expect, it } from 'vitest';
import { useInstance } from '../support/instance.ts';
import { digits, teachAll, train } from '../support/steps.ts';

describe('ten requests at once to a cold isolate', () => {
  const hw = useInstance();
  const [probe] = digits(['0'], 500, 1);

  beforeAll(async () => {
    await teachAll(hw.api, 'digits', digits(['0', '1'], 0, 4));
    expect(await train(hw.api, 'head', 'digits')).toMatchObject({ status: 'succeeded' });
  });

  const classify = (signal?: AbortSignal) =>
    fetch(`${hw.stack.url}/v1/heads/head/classify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${hw.stack.keys.apiKey}` },
      body: probe!.png as BodyInit,
      signal,
    });

  it.each([2, 15])('are nine answers when the first is aborted after %i ms', async (ms) => {
    await hw.kill();
    await hw.start();
    const first = new AbortController();
    const gone = classify(first.signal).then(
      () => 'answered',
      () => 'aborted',
    );
    const others = Promise.all(Array.from({ length: 9 }, () => classify()));
    await new Promise((resolve) => setTimeout(resolve, ms));
    first.abort();
    const answers = await others;
    console.log(`first, aborted after ${ms} ms: ${await gone}`);
    expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200));
    for (const answer of answers) expect(await answer.json()).toMatchObject({ head: 'head', version: 1 });
  });
});
