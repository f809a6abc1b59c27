// The state of an isolate, made once: the engine, the backbones and heads that it has loaded, the keys that it
// trusts. Everything else in the edge is a function of a request and of this.

import { waitUntil } from 'cloudflare:workers';
import {
  createBackboneLibrary,
  createCoder,
  createMemoryBudget,
  createTurnstile,
} from '../../lib/codes/index.ts';
import { unwrap } from '../../lib/contract/index.ts';
import { loadImagePipeline } from '../../lib/image/image-workerd.ts';
import { compile, startProgram } from '../../lib/inference/compile-workerd.ts';
import { createHeadLoader } from '../../lib/registry/index.ts';
import { r2Store } from '../../lib/storage/index.ts';
import {
  createKeyRing,
  createRingCache,
  importVerifier,
  type PublicKeys,
  parseKeys,
} from '../../lib/trust/index.ts';
import { createBodyBudget } from './body-budget.ts';
import { bundledBackbone, packedPlan } from './bundled.ts';
import type { Env } from './env.ts';
import { createHeadDatasets } from './head-datasets.ts';
import { type LoadedHead, loadHead } from './load-head.ts';
import { sleep } from './sleep.ts';

const defaultRefreshMs = 2000;
const defaultMaxStaleMs = 30_000;

const clock = () => Date.now();

export type Services = Awaited<ReturnType<typeof makeServices>>;

let ready: Services | undefined;

/** The isolate's services. Several first requests may each make them; the first to finish is kept by all. */
export async function servicesOf(env: Env): Promise<Services> {
  if (!ready) {
    const made = await makeServices(env);
    ready ??= made;
  }
  return ready;
}

async function makeServices(env: Env) {
  const store = r2Store(env.BUCKET);
  const refreshMs = milliseconds(env.HEADWATER_REFRESH_MS, defaultRefreshMs);
  const maxStaleMs = milliseconds(env.HEADWATER_MAX_STALE_MS, defaultMaxStaleMs);
  const keys = parseKeys<PublicKeys>(env.HEADWATER_PUBLIC_KEYS, 'HEADWATER_PUBLIC_KEYS');
  const verifier = await importVerifier(keys.artefacts);
  const ringCache = createRingCache({
    fetch: async (revision) => unwrap(await env.CONTROL.keyRing(revision)),
    report: (error) => console.warn('the list of keys could not be read:', String(error)),
    clock,
    sleep,
    refreshMs,
    maxStaleMs,
  });
  const keyRing = createKeyRing({
    rootHash: env.HEADWATER_KEY_SHA256,
    tokenKeys: await importVerifier(keys.tokens),
    cache: ringCache,
    clock,
  });
  const headDatasets = createHeadDatasets({ store, clock, refreshMs });
  const turnstile = createTurnstile({ clock, sleep, maxWaitMs: 10_000, maxWaiting: 64, behind: waitUntil });
  const pipeline = await loadImagePipeline();
  const memory = createMemoryBudget({
    clock,
    sleep,
    fixedBytes: pipeline.heldBytes,
    letGoOfFixed: pipeline.letGo,
  });
  const coder = createCoder({ pipeline, compile, startProgram, packed: packedPlan, memory, turnstile });
  const backbones = createBackboneLibrary({
    store,
    memory,
    clock,
    sleep,
    behind: waitUntil,
    bundled: bundledBackbone(),
  });
  const heads = createHeadLoader<LoadedHead>({
    store,
    verifier,
    clock,
    sleep,
    load: (manifest) => loadHead(manifest, store, backbones, coder),
    knownSequence: async (dataset, head) => unwrap(await env.CONTROL.sequence(dataset, head)),
    report: (head, error) =>
      console.warn(`head ${head}: the older version goes on answering:`, String(error)),
    refreshMs,
    maxStaleMs,
  });
  const bodies = createBodyBudget({ clock, sleep });
  return {
    store,
    control: env.CONTROL,
    keyRing,
    ringCache,
    headDatasets,
    verifier,
    memory,
    coder,
    backbones,
    heads,
    bodies,
  };
}

function milliseconds(setting: string | undefined, fallback: number): number {
  const value = Number(setting);
  return setting && Number.isFinite(value) && value >= 0 ? value : fallback;
}
