import { describe, expect, it } from 'vitest';
import {
  type Backbone,
  type BackboneLibrary,
  float32,
  namedCodeSpace,
  placeOfSpace,
} from '../../lib/codes/index.ts';
import { blobKey, type Manifest } from '../../lib/contract/index.ts';
import { goldens, type Head, type OpenSet, writeHead } from '../../lib/heads/index.ts';
import { manifestOf } from '../../lib/registry/testing.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { loadHead } from './load-head.ts';

const template = manifestOf('ants', 1);
const { taps, recipe } = template.codeSpaceDocument;
const backbone = {
  name: 'net',
  digest: template.backbone.digest,
  card: { recipe },
  arithmetic: float32,
} as Backbone;
const { space, digest: codeSpace } = await namedCodeSpace(backbone, taps);

const good: Head = {
  kind: 'softmax',
  labels: ['a', 'b'],
  dims: 2,
  weight: Float32Array.of(1, 2, 3, 4),
  bias: Float32Array.of(0, 1),
  calibration: { method: 'none' },
  codeSpace,
  backbone: backbone.digest,
};

/** Of a head that knows what is none of its labels. */
const openSet: OpenSet = {
  method: 'mahalanobis',
  scale: 1,
  center: Float32Array.of(0, 0),
  basis: Float32Array.of(1, 0),
  precision: Float64Array.of(0.5, 1),
  threshold: 3,
};
const withOpenSet = {
  openSet: { method: openSet.method, threshold: openSet.threshold },
  goldens: goldens({ ...good, openSet }, [Float32Array.of(1, -1)]),
};

/** Loads a head whose blob or manifest differs from the good one in something. */
async function load(changes: {
  head?: Partial<Head>;
  manifest?: Partial<Manifest>;
  engine?: Partial<Backbone>;
}) {
  const store = memoryStore();
  const bytes = writeHead({ ...good, ...changes.head });
  const digest = await sha256(bytes);
  await store.put(blobKey('ants', digest), bytes, { contentType: 'application/octet-stream' });
  const manifest = manifestOf('ants', 1, {
    codeSpace,
    codeSpaceDocument: space,
    blob: { digest, bytes: bytes.length },
    goldens: goldens(good, [Float32Array.of(1, -1)]),
    ...changes.manifest,
  });
  const placeAt: BackboneLibrary['placeAt'] = async (_, space, use) =>
    placeOfSpace({ ...backbone, ...changes.engine }, space, use);
  // Heads without a tail ask nothing of a coder; tails.test.ts is about those with one.
  const proveTail = () => Promise.reject(new Error('there is no tail'));
  return loadHead(manifest, store, { placeAt }, { proveTail });
}

describe('loadHead', () => {
  it('answers the head with what its codes are made by', async () => {
    const loaded = await load({});
    expect(loaded.place).toMatchObject({ backbone: { digest: backbone.digest }, taps, arithmetic: float32 });
    expect(loaded.head).toEqual(good);
  });

  it('answers the open set that the manifest states', async () => {
    const { head } = await load({ head: { openSet }, manifest: withOpenSet });
    expect(head.openSet).toEqual(openSet);
  });

  const other = '1'.repeat(64);
  it.each<[string, Parameters<typeof load>[0], string]>([
    ['other labels', { head: { labels: ['b', 'a'] } }, 'head-refused'],
    [
      'another temperature',
      { head: { calibration: { method: 'temperature', temperature: 2 } } },
      'head-refused',
    ],
    [
      'another calibration',
      { head: { calibration: { method: 'temperature', temperature: 1 } } },
      'head-refused',
    ],
    ['an open set that the manifest does not state', { head: { openSet } }, 'head-refused'],
    ['no open set where the manifest states one', { manifest: withOpenSet }, 'head-refused'],
    [
      'another threshold',
      { head: { openSet: { ...openSet, threshold: 2 } }, manifest: withOpenSet },
      'head-refused',
    ],
    [
      'another open set than its goldens',
      { head: { openSet: { ...openSet, scale: 1.5 } }, manifest: withOpenSet },
      'head-refused',
    ],
    ['another kind', { head: { kind: 'svm' } }, 'head-refused'],
    ['another backbone', { head: { backbone: other } }, 'head-refused'],
    ['codes of another space', { head: { codeSpace: other } }, 'head-refused'],
    ['other sizes', { manifest: { dims: 3 } }, 'head-refused'],
    ['other weights than its goldens', { head: { bias: Float32Array.of(0, 1.001) } }, 'head-refused'],
    ['no goldens', { manifest: { goldens: [] } }, 'head-refused'],
    ['a blob that is not there', { manifest: { blob: { digest: other, bytes: 1 } } }, 'head-refused'],
    [
      'a space that its document does not describe',
      { manifest: { codeSpaceDocument: { ...space, imagePipeline: 'other' } } },
      'code-space-unavailable',
    ],
    [
      'a recipe that this engine does not follow',
      { engine: { card: { recipe: { ...recipe, size: 9 } } as Backbone['card'] } },
      'code-space-unavailable',
    ],
  ])('refuses %s', async (_, changes, type) => {
    await expect(load(changes)).rejects.toMatchObject({ type });
  });
});
