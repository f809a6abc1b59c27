import { beforeEach, describe, expect, it } from 'vitest';
import { createTime, turn, watch } from '../../test/support/virtual-time.ts';
import { channelsKey, versionKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { faultyStore, memoryStore, type ReadObject } from '../storage/index.ts';
import { createHeadLoader, frontTimeoutMs, takeoverMs } from './reload.ts';
import { channelsOf, manifestOf, putChannels, putManifest } from './testing.ts';

const head = 'birds';
const [refreshMs, maxStaleMs] = [2000, 30_000];

/** Signs with nothing, so that reading awaits no thread: one turn ends whatever is not held up. */
const keys = {
  signer: { keyId: 'k', sign: async () => new Uint8Array(64) },
  verifier: { verify: async (keyId: string) => keyId === 'k' },
} as unknown as Parameters<typeof putChannels>[2];

type Answer = { version: number; stale: boolean };

/** One isolate over one bucket, with everything in reach of the test. */
function createWorld() {
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
  return world;
}

const never = new Promise<never>(() => {});
const fresh = (version: number): Answer => ({ version, stale: false });
const stale = (version: number): Answer => ({ version, stale: true });

let world: ReturnType<typeof createWorld>;
beforeEach(async () => {
  world = createWorld();
  await world.goLive(1);
});

describe('a head that was loaded', () => {
  it('answers without reading until refreshMs, then reads behind one request', async () => {
    expect(await world.ask()).toEqual(fresh(1));
    await world.goLive(2);
    await world.time.pass(refreshMs - 1);
    expect(await world.ask()).toEqual(fresh(1));
    expect(world.behind).toHaveLength(0);
    await world.time.pass(1);
    expect([await world.ask(), await world.ask()]).toEqual([fresh(1), fresh(2)]);
    expect(world.behind).toHaveLength(1);
  });

  it('is read in front of the answer after maxStaleMs', async () => {
    await world.ask();
    await world.goLive(2);
    await world.time.pass(maxStaleMs);
    expect(await world.ask()).toEqual(fresh(2));
    expect(world.behind).toHaveLength(0);
  });

  it('makes every request that comes after maxStaleMs see the newer version, with one read', async () => {
    await world.ask();
    await world.goLive(2);
    await world.time.pass(maxStaleMs);
    const before = world.channelReads();
    world.hold = () => world.time.sleep(100);
    const answers = Promise.all([world.ask(), world.ask(), world.ask()]);
    await world.time.pass(1000);
    expect(await answers).toEqual([fresh(2), fresh(2), fresh(2)]);
    expect(world.channelReads() - before).toBe(1);
  });

  it('reads once behind however many ask meanwhile', async () => {
    await world.ask();
    await world.time.pass(refreshMs);
    world.hold = () => world.time.sleep(500);
    const before = world.channelReads();
    for (let i = 0; i < 10; i++) expect(await world.ask()).toEqual(fresh(1));
    expect(world.behind).toHaveLength(1);
    expect(world.channelReads() - before).toBe(1);
  });

  it('goes on answering while storage is down, marked stale once it is too old', async () => {
    await world.ask();
    world.storageDown = true;
    await world.time.pass(refreshMs);
    expect(await world.ask()).toEqual(fresh(1));
    await world.time.pass(maxStaleMs);
    expect(await world.ask()).toEqual(stale(1));
    expect(world.reported).toEqual(['storage-unavailable', 'storage-unavailable']);
    world.storageDown = false;
    await world.goLive(2);
    await world.time.pass(refreshMs);
    expect(await world.ask()).toEqual(fresh(2));
  });

  it('answers after a short timeout, marked stale, when storage does not', async () => {
    await world.ask();
    await world.time.pass(maxStaleMs);
    world.hold = () => never;
    const answers = [watch(world.ask()), watch(world.ask())];
    await world.time.pass(frontTimeoutMs - 1);
    expect(answers).toEqual([{}, {}]);
    await world.time.pass(20);
    expect(answers.map(({ value }) => value)).toEqual([stale(1), stale(1)]);
    // Whoever comes while that read is still held up does not wait for it again.
    expect(await world.ask()).toEqual(stale(1));
  });

  it('keeps its version when older channels are played back, and says so', async () => {
    await world.goLive(2);
    await world.ask();
    await putChannels(world.inner, channelsOf(head, 1, 1), keys);
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(2));
    expect(world.reported).toEqual(['replayed-channels']);
    await world.time.pass(maxStaleMs);
    expect(await world.ask()).toEqual(stale(2));
  });

  it('keeps its version when the channels vanish, are tampered with, or name no version', async () => {
    await world.ask();
    const spoil = [
      () => world.inner.delete(channelsKey(head)),
      () => world.inner.put(channelsKey(head), new Uint8Array([1])),
      () => putChannels(world.inner, channelsOf(head, 9, null), keys),
    ];
    for (const act of spoil) {
      await world.inner.delete(channelsKey(head));
      await act();
      await world.time.pass(refreshMs);
      await world.ask();
      expect(await world.ask()).toMatchObject({ version: 1 });
    }
    expect(world.reported).toEqual(['replayed-channels', 'bad-signature', 'not-trained']);
  });

  it('keeps its version when the new one does not load, and takes it once it does', async () => {
    await world.ask();
    await world.goLive(2);
    world.load = async () => {
      throw new HeadwaterError('digest-mismatch', 'no');
    };
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(1));
    expect(world.reported).toEqual(['digest-mismatch']);
    world.load = async (version) => `loaded ${version}`;
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(2));
  });

  it('keeps its version when the new manifest is missing or of another version', async () => {
    await world.ask();
    await putChannels(world.inner, channelsOf(head, 2, 2), keys);
    await world.time.pass(refreshMs);
    await world.ask();
    await world.inner.put(versionKey(head, 2), (await world.inner.get(versionKey(head, 1)))!.body);
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toMatchObject({ version: 1 });
    expect(world.reported).toEqual(['head-refused', 'bad-signature']);
  });

  it('follows a rollback, whose version is lower and whose sequence is higher', async () => {
    await world.goLive(2);
    expect(await world.ask()).toEqual(fresh(2));
    await putChannels(world.inner, channelsOf(head, 3, 1), keys);
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(1));
  });

  it('never goes back when a slow read ends after a faster one', async () => {
    await world.ask();
    await world.goLive(2);
    await world.time.pass(refreshMs);
    let release = () => {};
    world.hold = (key) =>
      key === channelsKey(head) ? new Promise<void>((resolve) => (release = resolve)) : undefined;
    await world.ask();
    await turn();
    const releaseSlow = release;
    world.hold = () => undefined;
    await world.goLive(3);
    await world.time.pass(takeoverMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(3));
    releaseSlow();
    await world.time.pass(1);
    expect(await world.ask()).toEqual(fresh(3));
  });

  it('is read again after a refresh that was cut off in the middle', async () => {
    await world.ask();
    await world.goLive(2);
    await world.time.pass(refreshMs);
    world.hold = () => never;
    await world.ask();
    await turn();
    world.hold = () => undefined;
    await world.time.pass(takeoverMs - 1);
    expect(await world.ask()).toEqual(fresh(1));
    expect(world.behind).toHaveLength(1);
    await world.time.pass(1);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(2));
  });
});

describe('an isolate that knows nothing', () => {
  it('asks control once, and refuses older channels than control knows', async () => {
    world.control = async () => 2;
    await expect(world.ask()).rejects.toMatchObject({ type: 'replayed-channels' });
    await world.goLive(2);
    expect(await world.ask()).toEqual(fresh(2));
    const asked = world.controlAsked;
    await world.time.pass(maxStaleMs);
    await world.ask();
    expect(world.controlAsked).toBe(asked);
  });

  it('serves marked stale while control is down, and asks again with the next read', async () => {
    world.control = async () => {
      throw new Error('down');
    };
    expect(await world.ask()).toEqual(stale(1));
    expect(world.reported).toEqual(['Error: down']);
    world.control = async () => 1;
    await world.time.pass(refreshMs);
    expect(await world.ask()).toEqual(stale(1));
    expect(await world.ask()).toEqual(fresh(1));
  });

  it('serves marked stale when control does not answer', async () => {
    world.control = () => never;
    const answer = watch(world.ask());
    await world.time.pass(frontTimeoutMs);
    expect(answer.value).toEqual(stale(1));
  });

  it('loads once however many ask at the same time', async () => {
    world.hold = () => world.time.sleep(50);
    const answers = Promise.all(Array.from({ length: 20 }, () => world.ask()));
    await world.time.pass(500);
    expect(new Set((await answers).map(({ version }) => version))).toEqual(new Set([1]));
    expect(world.channelReads()).toBe(1);
    expect(world.controlAsked).toBe(1);
  });

  it('is not blocked by a request that was cancelled in the middle of its load', async () => {
    world.hold = () => never;
    const cancelled = watch(world.ask());
    await world.time.pass(10);
    world.hold = () => undefined;
    const answers = [watch(world.ask()), watch(world.ask()), watch(world.ask())];
    await world.time.pass(takeoverMs);
    expect(answers.map(({ value }) => value)).toEqual([fresh(1), fresh(1), fresh(1)]);
    expect(cancelled).toEqual({});
    expect(world.channelReads()).toBe(2);
  });

  it('tells a failure to all who wait for it, with one read', async () => {
    world.storageDown = true;
    world.control = async () => {
      await world.time.sleep(100);
      return 0;
    };
    const answers = Array.from({ length: 10 }, () => watch(world.ask()));
    await world.time.pass(500);
    for (const { error } of answers) expect(error).toMatchObject({ type: 'storage-unavailable' });
    expect(world.channelReads()).toBe(1);
    world.storageDown = false;
    const next = watch(world.ask());
    await world.time.pass(500);
    expect(next.value).toEqual(fresh(1));
  });

  it('forgets names that do not load, and loads that nobody waits for', async () => {
    await expect(world.ask('nobody')).rejects.toMatchObject({ type: 'not-trained' });
    world.hold = () => never;
    void world.ask('cancelled');
    await world.time.pass(10);
    world.hold = () => undefined;
    await world.time.pass(takeoverMs);
    await world.ask();
    expect(world.loader.loaded()).toEqual([{ head, version: 1 }]);
    expect(world.loader.known()).toBe(1);
  });
});

it('keeps the sequence of a loaded head when a request for an earlier, failed load ends', async () => {
  // The first load hangs, a second takes over and fails, which forgets the head; a third loads it.
  let fail: (error: Error) => void = () => {};
  world.hold = () => new Promise((_, reject) => (fail = reject));
  const first = watch(world.ask());
  await world.time.pass(takeoverMs);
  world.hold = () => undefined;
  world.storageDown = true;
  await expect(world.ask()).rejects.toMatchObject({ type: 'storage-unavailable' });
  world.storageDown = false;
  expect(await world.ask()).toEqual(fresh(1));
  fail(new Error('late'));
  await turn();
  expect(first.error).toEqual(new Error('late'));
  expect(world.loader.loaded()).toEqual([{ head, version: 1 }]);
});
