// An edge whose parts are the real ones (image pipeline, engine, loader, signatures) over a bucket in memory, with a
// backbone small enough for a test. Nothing but tests imports this.

import {
  createBackboneLibrary,
  createCoder,
  createMemoryBudget,
  defaultTapOf,
  namedCodeSpace,
} from '../../lib/codes/index.ts';
import type { TestTail } from '../../lib/codes/testing/tail-node.ts';
import { makeTiny } from '../../lib/codes/testing/tiny-node.ts';
import {
  blobKey,
  type CodeSpace,
  codeSpaceDigest,
  type Manifest,
  type TapData,
} from '../../lib/contract/index.ts';
import { goldens, type Head, writeHead } from '../../lib/heads/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { encodePng } from '../../lib/image/testing/png-encoder-node.ts';
import { compile, startProgram } from '../../lib/inference/compile-node.ts';
import { createRng } from '../../lib/linalg/index.ts';
import { createHeadLoader } from '../../lib/registry/index.ts';
import { channelsOf, manifestOf, putChannels, putManifest, testKeys } from '../../lib/registry/testing.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { singleKey } from '../../lib/trust/index.ts';
import { createBodyBudget } from './body-budget.ts';
import { type LoadedHead, loadHead } from './load-head.ts';
import { sleep } from './sleep.ts';

const clock = () => Date.now();

/** The key of an edge under test. */
export const apiKey = 'k';

/** An 8×8 picture of one grey. */
export const greyPng = (grey: number) =>
  encodePng({ width: 8, height: 8, bitDepth: 8, colourType: 0, samples: new Uint8Array(64).fill(grey) });

export type TestEdge = Awaited<ReturnType<typeof createTestEdge>>;

/** @param options.channels of the backbone's last map
 *  @param options.maxBytes the memory budget */
export async function createTestEdge({
  channels = 4,
  maxBytes,
}: {
  channels?: number;
  maxBytes?: number;
} = {}) {
  const store = memoryStore();
  const keys = await testKeys();
  const { file, digest } = await makeTiny(1, channels);
  const memory = createMemoryBudget({ clock, sleep, maxBytes });
  const backbones = createBackboneLibrary({
    store,
    memory,
    clock,
    sleep,
    bundled: { name: 'tiny', digest, file },
  });
  /** Images that were decoded and coded, each as the number of places that it was coded at. */
  const coded: number[] = [];
  const coder = createCoder({
    pipeline: await loadImagePipeline(),
    compile,
    startProgram,
    memory,
    turnstile: (work) => work(),
  });
  const counting: typeof coder = {
    ...coder,
    codes(bytes, places) {
      coded.push(places.length);
      return coder.codes(bytes, places);
    },
  };
  const heads = createHeadLoader<LoadedHead>({
    store,
    verifier: keys.verifier,
    clock,
    sleep,
    load: (manifest) => loadHead(manifest, store, backbones, coder),
    knownSequence: async () => 0,
    report: () => {},
    refreshMs: 60_000,
    maxStaleMs: 600_000,
  });

  /** Publishes a version of a head of random weights, and makes it stable. */
  async function publish(name: string, version: number, labels = ['a', 'b', 'c']): Promise<void> {
    const backbone = await backbones.byName();
    const { space } = await namedCodeSpace(backbone, [defaultTapOf(backbone)]);
    await publishHead(name, version, { labels, dims: channels, space });
  }

  /** Publishes one with a tail, in the code space of the map at `from`. */
  async function publishTail(
    name: string,
    version: number,
    { document, dims, program, graphFile }: TestTail,
    from: TapData = document.from,
  ): Promise<void> {
    await store.put(blobKey(name, document.program.digest), program);
    await store.put(blobKey(name, document.graph.digest), graphFile);
    const { space } = await namedCodeSpace(await backbones.byName(), [from]);
    const labels = ['a', 'b', 'c'];
    await publishHead(name, version, { labels, dims, space }, { tail: document, strategy: 'fine-tune-top' });
  }

  async function publishHead(
    name: string,
    version: number,
    { labels, dims, space }: { labels: string[]; dims: number; space: CodeSpace },
    changes: Partial<Manifest> = {},
  ): Promise<void> {
    const { uniform } = createRng(version + 100 * name.length);
    const codeSpace = await codeSpaceDigest(space);
    const head: Head = {
      kind: 'softmax',
      labels,
      dims,
      weight: Float32Array.from({ length: labels.length * dims }, uniform),
      bias: Float32Array.from(labels, uniform),
      calibration: { method: 'none' },
      codeSpace,
      backbone: digest,
    };
    const blob = writeHead(head);
    const blobDigest = await sha256(blob);
    await store.put(blobKey(name, blobDigest), blob);
    const manifest = manifestOf(name, version, {
      labels,
      dims,
      backbone: { name: 'tiny', digest },
      codeSpace,
      codeSpaceDocument: space,
      blob: { digest: blobDigest, bytes: blob.length },
      goldens: goldens(head, [Float32Array.from({ length: dims }, (_, i) => i % 4)]),
      ...changes,
    });
    await putManifest(store, manifest, keys);
    await putChannels(store, channelsOf(name, version, version), keys);
  }

  return {
    services: {
      store,
      keyRing: singleKey(await sha256(apiKey)),
      verifier: keys.verifier,
      coder: counting,
      backbones,
      heads,
      bodies: createBodyBudget({ clock, sleep }),
      memory,
    },
    coded,
    publish,
    publishTail,
  };
}
