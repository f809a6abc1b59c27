import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blobsPrefix,
  checkpointKey,
  codesPrefix,
  exampleKey,
  examplesPrefix,
  jobsPrefix,
  labelPrefix,
  parseCheckpointKey,
  parseExampleKey,
  parseLeaf,
  parseSegmentKey,
  segmentKey,
  snapshotsPrefix,
} from './index.ts';
import { anyDigest, anyName, anyUlid } from './testing.ts';

const digest = 'ab'.repeat(32);
const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

describe('a key', () => {
  it('of an example parses back, and lies under its dataset and label', () => {
    fc.assert(
      fc.property(
        anyName,
        anyName,
        anyDigest,
        fc.constantFrom('jpg', 'png'),
        (dataset, label, d, extension) => {
          const key = exampleKey(dataset, label, d, extension);
          expect(parseExampleKey(key)).toEqual({ dataset, label, digest: d, extension });
          expect(key.startsWith(labelPrefix(dataset, label))).toBe(true);
          expect(key.startsWith(examplesPrefix(dataset))).toBe(true);
        },
      ),
    );
  });

  it('of a checkpoint tells its training, and is no record of it', () => {
    fc.assert(
      fc.property(anyName, anyUlid, (dataset, u) => {
        const key = checkpointKey(dataset, u);
        expect(parseCheckpointKey(key)).toBe(u);
        expect(key.startsWith(jobsPrefix(dataset))).toBe(true);
        expect(parseLeaf(key, jobsPrefix(dataset), '.json')).toBeUndefined();
        expect(parseCheckpointKey(`${jobsPrefix(dataset)}${u}.json`)).toBeUndefined();
      }),
    );
  });

  it('of a segment parses back, and lies under its dataset and code space', () => {
    fc.assert(
      fc.property(anyName, anyDigest, anyUlid, (dataset, codeSpace, id) => {
        const key = segmentKey(dataset, codeSpace, id);
        expect(parseSegmentKey(key)).toEqual({ dataset, codeSpace, ulid: id });
        expect(key.startsWith(codesPrefix(dataset, codeSpace))).toBe(true);
        expect(key.startsWith(codesPrefix(dataset))).toBe(true);
      }),
    );
  });

  it('of one dataset never lies under the prefix of another', () => {
    fc.assert(
      fc.property(anyName, anyName, anyName, anyDigest, (a, b, label, d) => {
        fc.pre(a !== b);
        expect(exampleKey(a, label, d, 'jpg').startsWith(examplesPrefix(b))).toBe(false);
      }),
    );
  });

  it.each([
    `examples/ds/ants/${digest}`,
    `examples/ds/ants/${digest.toUpperCase()}.jpg`,
    `examples/ds/ants/x/${digest}.jpg`,
    `examples/ds/${digest}.jpg`,
    `examples/ds/../${digest}.jpg`,
    `examples/ds/ ants/${digest}.jpg`,
    `examples/ds/a\nb/${digest}.jpg`,
    `examples/ds/${'a'.repeat(65)}/${digest}.jpg`,
    // Decomposed: nothing that came through the boundary is stored so.
    `examples/ds/a\u0308/${digest}.jpg`,
    `examples/ds/ants/${digest}.jpg\n`,
    `x/examples/ds/ants/${digest}.jpg`,
    `inbox/ds/ants/${digest}.jpg`,
  ])('that others have put there is no example: %j', (key) => {
    expect(parseExampleKey(key)).toBeUndefined();
  });

  it.each([
    `codes/ds/${digest}/${ulid}`,
    `codes/ds/${digest}/${ulid.toLowerCase()}.safetensors`,
    `codes/ds/${digest}/Z${ulid.slice(1)}.safetensors`,
    `codes/ds/${digest.slice(1)}/${ulid}.safetensors`,
    `codes/ /${digest}/${ulid}.safetensors`,
    `codes/ds/x/${digest}/${ulid}.safetensors`,
  ])('that others have put there is no segment: %j', (key) => {
    expect(parseSegmentKey(key)).toBeUndefined();
  });

  it('ends with a ULID if it is a job, and with a digest if it is anything else', () => {
    for (const [prefix, name, leaf] of [
      [jobsPrefix('ds'), ulid, ulid],
      [jobsPrefix('ds'), digest, undefined],
      [snapshotsPrefix('ds'), digest, digest],
      [snapshotsPrefix('ds'), ulid, undefined],
      [blobsPrefix('birds'), digest, digest],
      [blobsPrefix('birds'), ulid, undefined],
    ] as const)
      expect(parseLeaf(`${prefix}${name}.json`, prefix, '.json'), `${prefix}${name}`).toBe(leaf);
  });
});
