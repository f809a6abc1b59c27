// What the edge's app needs to recognise callers, with a real key vault behind it and a bucket in memory. The rest
// of control is what a test makes of it.

import {
  createVaultWorld,
  rpcOf,
  tokenKeys,
  type VaultWorld,
} from '../../functions/control/keys/testing/vault-node.ts';
import { createHeadDatasets } from '../../functions/edge/head-datasets.ts';
import { claimHead } from '../../lib/registry/index.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { createKeyRing, createRingCache } from '../../lib/trust/index.ts';

export const refreshMs = 2000;
export const maxStaleMs = 30_000;
export const rootKey = 'the-root-key';

export type EdgeWorld = Awaited<ReturnType<typeof createEdgeWorld>>;

/** `services` is what `servicesOf` is to answer; `control` holds other calls of control that a test expects. */
export async function createEdgeWorld() {
  const vault: VaultWorld = createVaultWorld();
  const clock = () => vault.now;
  const sleep = async (ms: number) => {
    await new Promise((wake) => setImmediate(wake));
    vault.now += ms;
  };
  const rpc = rpcOf(vault);
  const calls = { ring: 0 };
  const control: Record<string, unknown> = {
    ...rpc,
    keyRing(known: string | null) {
      calls.ring++;
      if (world.isDown) throw new Error('control is down');
      return rpc.keyRing(known);
    },
  };
  const rootHash = await sha256(rootKey);
  const world = {
    vault,
    calls,
    control,
    isDown: false,
    store: memoryStore(),
    services: {} as Record<string, unknown>,
    /** Another isolate, which remembers nothing. */
    freshIsolate() {
      const ringCache = createRingCache({
        fetch: async (revision) => {
          const answer = await (control.keyRing as typeof rpc.keyRing)(revision);
          if (!answer.ok) throw new Error(answer.error.detail);
          return answer.value;
        },
        report: () => {},
        clock,
        // A read that is late is none of these tests' business.
        sleep: (ms) => (ms < 100 ? sleep(ms) : new Promise(() => {})),
        refreshMs,
        maxStaleMs,
      });
      const { store } = world;
      world.services = {
        store,
        control,
        ringCache,
        keyRing: createKeyRing({ rootHash, tokenKeys, cache: ringCache, clock }),
        headDatasets: createHeadDatasets({ store, clock, refreshMs }),
      };
    },
    addHead: (head: string, dataset: string) =>
      claimHead(world.store, {
        format: 1,
        head,
        dataset,
        strategy: 'linear',
        kind: 'softmax',
        backbone: { name: 'net', digest: 'a'.repeat(64) },
        taps: [{ op: 'x', pooling: 'avg', pre: false }],
        policy: { promote: 'stable' },
        created: '2026-01-01T00:00:00.000Z',
      }),
  };
  world.freshIsolate();
  return world;
}
