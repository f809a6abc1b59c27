// Many images, or many heads, in one request to the running Worker: what each would answer by itself, in order, with
// an error beside an answer where there has to be one; and no more held or computed than one image needs.

import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../lib/image/testing/png-encoder-node.ts';
import { inParallel } from '../../scripts/demo/in-parallel.ts';
import { useInstance } from '../support/instance.ts';
import { digits, refusal, teachAll, train } from '../support/steps.ts';

const hw = useInstance();
const images = digits(['0', '1'], 500, 8).map(({ png }) => png);
const [one, two] = images as [Uint8Array, Uint8Array];
const text = new TextEncoder().encode('no image');

beforeAll(async () => {
  await teachAll(hw.api, 'two', digits(['0', '1'], 0, 8));
  await Promise.all(
    ['a', 'b', 'c'].map(async (head) =>
      expect(await train(hw.api, head, 'two')).toMatchObject({ status: 'succeeded' }),
    ),
  );
});

function send(path: string, body: Uint8Array | FormData, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${hw.stack.keys.apiKey}`;
  return fetch(`${hw.stack.url}${path}`, {
    method: 'POST',
    headers: { authorization, ...headers },
    body: body as BodyInit,
  });
}

function form(parts: Uint8Array[]): FormData {
  const data = new FormData();
  for (const [i, bytes] of parts.entries()) data.append('image', new Blob([bytes as BlobPart]), `${i}.png`);
  return data;
}

async function json<T>(response: Promise<Response>): Promise<T> {
  const answer = await response;
  expect(answer.status, await answer.clone().text()).toBe(200);
  return (await answer.json()) as T;
}

interface Verdict {
  predictions: { label: string; probability: number }[];
}
interface Many {
  head: string;
  version: number;
  results: (Verdict & { name: string; error?: { type: string; status: number } })[];
}
const classify = (body: Uint8Array | FormData) => json<Many & Verdict>(send('/v1/heads/a/classify', body));

describe('a form of images', () => {
  it('of sixteen is answered like sixteen requests', async () => {
    const { head, version, results } = await classify(form(images));
    expect(results).toHaveLength(16);
    await inParallel(images, 4, async (image, i) => {
      expect({ head, version, ...results[i] }).toEqual({ name: `${i}.png`, ...(await classify(image)) });
    });
  });

  it('answers for the good ones beside the bad, the large and the empty', async () => {
    const large = new Uint8Array(17 * 1024 * 1024).fill(7);
    const bomb = encodePng({ width: 9000, height: 9000, bitDepth: 1, colourType: 0, samples: [] });
    const { results } = await classify(form([one, text, large, bomb, new Uint8Array(), two]));
    expect(results.map(({ error }) => error?.status ?? 200)).toEqual([200, 415, 413, 422, 422, 200]);
    expect(results[5]!.predictions).toEqual((await classify(two)).predictions);
  });

  it('gives codes in rows, bit for bit those of each image', async () => {
    interface Codes {
      codes: (number[] | null)[];
      errors: { index: number }[];
    }
    const { codes, errors } = await json<Codes>(send('/v1/codes', form([one, text, two])));
    const each = [one, two].map(async (image) => (await json<Codes>(send('/v1/codes', image))).codes[0]);
    expect(codes).toEqual([await each[0], null, await each[1]]);
    expect(errors).toMatchObject([{ index: 1 }]);
    const rows = await send('/v1/codes', form([one, two]), { accept: 'application/octet-stream' });
    expect(Array.from(new Float32Array(await rows.arrayBuffer()))).toEqual([...codes[0]!, ...codes[2]!]);
  });

  it.each([
    ['seventeen images', form([...images, one]), 413, 'too-many-images'],
    ['no image', form([]), 400, 'invalid-multipart'],
  ])('of %s is refused, and the next is answered', async (_, body, status, type) => {
    expect(await refusal(await send('/v1/heads/a/classify', body))).toMatchObject({ status, type });
    expect((await classify(form([one]))).results).toHaveLength(1);
  });

  it('may be as large as sixteen phone photos, from several clients at once', async () => {
    const photo = new Uint8Array(3 * 1024 * 1024).fill(1);
    photo.set(one);
    await inParallel([1, 2, 3], 3, async () => {
      const { results } = await classify(form(Array(16).fill(photo)));
      expect(results).toHaveLength(16);
      expect(results.every(({ error }) => !error || error.status < 500)).toBe(true);
    });
    expect((await classify(one)).head).toBe('a');
  });
});

describe('several heads', () => {
  it('answer as each does by itself, with their versions in one header and a tag that spares the work', async () => {
    const response = await send('/v1/classify?heads=a,b,c', one);
    const { heads } = (await response.json()) as { heads: object[] };
    for (const [i, head] of ['a', 'b', 'c'].entries())
      expect(heads[i]).toEqual(await json(send(`/v1/heads/${head}/classify`, one)));
    expect(response.headers.get('headwater-version')).toBe('a=1, b=1, c=1');
    const etag = response.headers.get('etag')!;
    expect(etag).toBe(`"1.1.1:${createHash('sha256').update(one).digest('hex')}"`);
    const again = await send('/v1/classify?heads=a,b,c', one, { 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});

describe('a version that has just been published', () => {
  it('answers whoever asks for it at once', async () => {
    for (const version of [2, 3]) {
      await train(hw.api, 'a', 'two');
      const path = `/v1/heads/a/classify?minVersion=${version}&topK=1`;
      const answer = await json<Many & Verdict>(send(path, one));
      expect(answer.version).toBe(version);
      expect(answer.predictions).toHaveLength(1);
    }
    expect(await refusal(await send('/v1/heads/a/classify?minVersion=9', one))).toMatchObject({
      status: 409,
      type: 'version-not-live',
    });
  });
});

describe('what a head is', () => {
  it('has a tag, until something of it changes', async () => {
    const get = (path: string, etag = '') =>
      fetch(`${hw.stack.url}${path}`, {
        headers: { authorization: `Bearer ${hw.stack.keys.apiKey}`, 'if-none-match': etag },
      });
    for (const path of ['/v1/heads/b', '/v1/heads/b/versions']) {
      const etag = (await get(path)).headers.get('etag')!;
      expect(etag).toMatch(/^"\d+:[0-9a-f]{64}"$/);
      expect((await get(path, etag)).status).toBe(304);
      await train(hw.api, 'b', 'two');
      expect((await get(path, etag)).status).toBe(200);
    }
  });
});
