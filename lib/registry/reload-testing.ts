// One isolate that loads heads, on virtual time, for the loader's tests. Nothing but tests imports this.

import { expect } from 'vitest';
import { createTime, turn } from '../../test/support/virtual-time.ts';
import { channelsKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { faultyStore, memoryStore, type ReadObject } from '../storage/index.ts';
import { createHeadLoader } from './reload.ts';
import { channelsOf, manifestOf, putChannels, putManifest } from './testing.ts';

export const head = 'birds';
export const [refreshMs, maxStaleMs] = [2000, 30_000];

/** Signs with nothing, so that reading awaits no thread: one turn ends whatever is not held up. */
export const keys = {
  signer: { keyId: 'k', sign: async () => new Uint8Array(64) },
  verifier: { verify: async (keyId: string) => keyId === 'k' },
} as unknown as Parameters<typeof putChannels>[2];

/** Which version answered, and whether it said that it may be stale. */
export type Answer = { version: number; stale: boolean };

/** One isolate over one bucket, with everything in reach of the test; version 1 is live. */
export async function createWorld() {
  const inner = memoryStore();
  const faulty = faultyStore(inner);
  const time = createTime();
  const world = {
    inner,
    time,
    set storageDown(down: boolean) {
      faulty.isDown = down;
    },
    /** Reads that begin while this answers a promise wait for it. */
    hold: (_key: string): Promise<unknown> | undefined => undefined,
    control: async (_head: string): Promise<number> => 0,
    load: async (version: number): Promise<string> => `loaded ${version}`,
    reads: [] as string[],
    controlAsked: 0,
    reported: [] as string[],
    behind: [] as Promise<void>[],
    loader: undefined as unknown as ReturnType<typeof createHeadLoader<string>>,
    /** A new isolate, which remembers nothing. */
    restart() {
      world.loader = createHeadLoader<string>({
        store: {
          ...faulty,
          async get(key, options): Promise<ReadObject | null> {
            world.reads.push(key);
            const object = await faulty.get(key, options);
            await world.hold(key);
            return object;
          },
        },
        verifier: keys.verifier,
        load: ({ version }) => world.load(version),
        knownSequence: (dataset, name) => {
          expect(dataset).toBe('ds');
          world.controlAsked++;
          return world.control(name);
        },
        report: (_head, error) => {
          world.reported.push(error instanceof HeadwaterError ? error.type : String(error));
        },
        clock: time.clock,
        sleep: time.sleep,
        refreshMs,
        maxStaleMs,
      });
    },
    ask: async (name = head): Promise<Answer> => {
      const { current, stale } = await world.loader.get(name, (work) => world.behind.push(work));
      expect(current.loaded).toBe(`loaded ${current.version}`);
      expect(current.manifest.version).toBe(current.version);
      // What runs behind the answer ends here, unless it is held up.
      await turn();
      return { version: current.version, stale };
    },
    /** Publishes `version` and moves stable to it. */
    async goLive(version: number, sequence = version) {
      await putManifest(inner, manifestOf(head, version), keys);
      await putChannels(inner, channelsOf(head, sequence, version), keys);
    },
    channelReads: () => world.reads.filter((key) => key === channelsKey(head)).length,
  };
  world.restart();
  await world.goLive(1);
  return world;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

export const never = new Promise<never>(() => {});
export const fresh = (version: number): Answer => ({ version, stale: false });
export const stale = (version: number): Answer => ({ version, stale: true });
