import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { defaultTapOf, namedCodeSpace } from '../../lib/codes/index.ts';
import { makeTiny } from '../../lib/codes/testing/tiny-node.ts';
import { backboneKey, exampleKey, type FillRequest, type TrainerLine } from '../../lib/contract/index.ts';
import { encodePng } from '../../lib/image/testing/png-encoder-node.ts';
import { fromBase64, sha256, toFloat16 } from '../../lib/tensors/index.ts';
import { createTrainer, dataset, linesOf, signed } from './testing/trainer-node.ts';

/** A small picture, each number another. */
const picture = (n: number) =>
  encodePng({
    width: 9,
    height: 7,
    bitDepth: 8,
    colourType: 2,
    samples: Array.from({ length: 9 * 7 * 3 }, (_, i) => (i * n * 7 + n) % 256),
  });

let trainer: Awaited<ReturnType<typeof createTrainer>>;

/** The request for the codes of `images`, which lie in the bucket beside the backbone. */
async function requestFor(
  backbone: { name: string; digest: string; file: Uint8Array },
  images: Uint8Array[],
): Promise<FillRequest> {
  const { name, digest, file } = backbone;
  await trainer.store.put(backboneKey(name, digest), file);
  const loaded = await trainer.backbones.byDigest(name, digest);
  const { space, digest: codeSpace } = await namedCodeSpace(loaded, [defaultTapOf(loaded)]);
  const examples = [];
  for (const image of images) {
    const example = { digest: await sha256(image), label: 'a', extension: 'png' };
    await trainer.store.put(exampleKey(dataset, 'a', example.digest, 'png'), image);
    examples.push(example);
  }
  return {
    job: 'j',
    epoch: 1,
    pass: 1,
    dataset,
    backbone: { name, digest },
    codeSpace,
    codeSpaceDocument: space,
    examples,
  };
}

const tiny = async (seed: number) => ({ name: `tiny ${seed}`, ...(await makeTiny(seed)) });
const fillLines = async (request: FillRequest) =>
  linesOf(await trainer.app.fetch(await signed('/v1/fills', request)));

/** Codes by image digest, as float16 bits. */
function codesIn(lines: TrainerLine[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const line of lines) {
    if (line.type !== 'codes') continue;
    const all = new Uint16Array(fromBase64(line.codes).slice().buffer);
    for (const [row, digest] of line.digests.entries())
      found.set(digest, [...all.subarray(row * line.dims, (row + 1) * line.dims)]);
  }
  return found;
}

/** The code that edge and trainer alike make of an image. */
async function codeOf(request: FillRequest, image: Uint8Array): Promise<number[]> {
  const place = await trainer.backbones.placeAt(request.backbone.name, request.codeSpaceDocument, 'fill');
  const { code } = await trainer.coder.code(image, place);
  return [...toFloat16(code)];
}

beforeEach(async () => {
  trainer = await createTrainer();
});

describe('filling codes', () => {
  it('tells the code of every image, in batches, and that it is done', async () => {
    const images = Array.from({ length: 70 }, (_, i) => picture(i + 1));
    const request = await requestFor(await tiny(1), images);
    const lines = await fillLines(request);
    expect(lines.at(-1)).toEqual({ type: 'filled' });
    const batches = lines.flatMap((line) => (line.type === 'codes' ? [line.digests.length] : []));
    expect(batches).toEqual([32, 32, 6]);
    const codes = codesIn(lines);
    for (const [i, image] of images.entries())
      expect(codes.get(request.examples[i]!.digest)).toEqual(await codeOf(request, image));
  });

  it('skips an image that is broken, missing or not what its digest says, and goes on', async () => {
    const good = picture(2);
    const images = [
      picture(1).subarray(0, 60),
      new TextEncoder().encode('no image'),
      good,
      picture(3),
      picture(4),
    ];
    const request = await requestFor(await tiny(1), images);
    const key = (i: number) => exampleKey(dataset, 'a', request.examples[i]!.digest, 'png');
    await trainer.store.delete(key(3));
    await trainer.store.put(key(4), picture(5));
    const lines = await fillLines(request);
    const skipped = lines.flatMap((line) =>
      line.type === 'skipped' ? [[line.digest, line.error.type]] : [],
    );
    const digests = request.examples.map(({ digest }) => digest);
    expect(skipped).toEqual([
      [digests[0], 'invalid-image'],
      [digests[1], 'unsupported-image'],
      [digests[3], 'not-found'],
      [digests[4], 'digest-mismatch'],
    ]);
    expect([...codesIn(lines).keys()]).toEqual([digests[2]]);
    expect(lines.at(-1)).toEqual({ type: 'filled' });
  });

  it('fails as a whole on what is no fault of an image, so that none is left out for a passing trouble', async () => {
    const request = await requestFor(await tiny(1), [picture(1), picture(2)]);
    const code = trainer.coder.code;
    trainer.coder.code = async (...all) => {
      if (trainer.begun.fill === 1) throw new Error('out of memory');
      return code(...all);
    };
    const lines = await fillLines(request);
    expect(lines).toMatchObject([{ type: 'failed', error: { type: 'internal' } }]);
    expect((await fillLines({ ...request, epoch: 2 })).at(-1)).toEqual({ type: 'filled' });
  });

  it('is new work in every pass, also within an epoch: an image may have come, or been moved, since', async () => {
    const moved = picture(1);
    const request = await requestFor(await tiny(1), [moved, picture(2)]);
    const digest = request.examples[0]!.digest;
    await trainer.store.delete(exampleKey(dataset, 'a', digest, 'png'));
    expect((await fillLines(request)).map(({ type }) => type)).toContain('skipped');
    await trainer.store.put(exampleKey(dataset, 'b', digest, 'png'), moved);
    const examples = [{ ...request.examples[0]!, label: 'b' }];
    const lines = await fillLines({ ...request, pass: 2, examples });
    expect(lines.map(({ type }) => type)).not.toContain('skipped');
    expect([...codesIn(lines).keys()]).toEqual([digest]);
    const late = await trainer.app.fetch(await signed('/v1/fills', request));
    expect(late.status).toBe(409);
  });

  it('makes nothing in a code space that is not its own', async () => {
    const request = await requestFor(await tiny(1), [picture(1)]);
    for (const changes of [
      { codeSpace: 'f'.repeat(64) },
      { backbone: { name: 'x', digest: 'e'.repeat(64) } },
    ])
      expect(await fillLines({ ...request, job: JSON.stringify(changes), ...changes })).toMatchObject([
        { type: 'failed', error: { type: 'code-space-unavailable' } },
      ]);
  });

  it('stops in the middle when it is given up', async () => {
    const request = await requestFor(
      await tiny(1),
      Array.from({ length: 8 }, (_, i) => picture(i + 1)),
    );
    const code = trainer.coder.code;
    let coded = 0;
    trainer.coder.code = async (...all) => {
      if (++coded === 3) await trainer.app.fetch(await signed('/v1/stop', { job: 'j', epoch: 1 }));
      return code(...all);
    };
    const lines = await fillLines(request);
    expect(lines.at(-1)).toMatchObject({ type: 'failed', error: { type: 'cancelled' } });
    expect(coded).toBe(3);
  });
});

const file = new URL('../../build/backbone.safetensors', import.meta.url);
const note = new URL('../../build/backbone.json', import.meta.url);

describe.skipIf(!existsSync(file))('the default backbone (npm run build makes it)', () => {
  it('fills codes of 1,344 numbers, the same again', async () => {
    const { name, digest } = JSON.parse(readFileSync(note, 'utf8'));
    const request = await requestFor({ name, digest, file: readFileSync(file) }, [picture(1), picture(2)]);
    const codes = codesIn(await fillLines(request));
    expect(codes.size).toBe(2);
    for (const code of codes.values()) expect(code).toHaveLength(1344);
    const [one, two] = [...codes.values()];
    expect(one).not.toEqual(two);
    expect(codesIn(await fillLines({ ...request, epoch: 2 }))).toEqual(codes);
  });
});
