// No trust in storage: whoever can write to the bucket, but has no key, changes no answer. A running Worker goes
// on with what it has; one that starts refuses with a clear error; both recover when the bucket is mended.

import { beforeAll, describe, expect, it } from 'vitest';
import { blobKey, channelsKey, versionKey } from '../../lib/contract/index.ts';
import { fromJson, toJson } from '../../lib/tensors/index.ts';
import { useInstance } from '../support/instance.ts';
import {
  digits,
  refusal,
  sleep,
  teachAll,
  train,
  until,
  untilVersion,
  versionsOf,
} from '../support/steps.ts';

const maxStaleMs = 500;
const hw = useInstance({ HEADWATER_REFRESH_MS: '100', HEADWATER_MAX_STALE_MS: String(maxStaleMs) });
const probe = digits(['0'], 500, 1)[0]!.png;

interface Attack {
  head: string;
  what: string;
  /** The object that is overwritten. */
  key: () => string;
  bytes: (good: Uint8Array, older: Uint8Array) => Uint8Array;
  /** What a Worker that starts says of it. */
  refusal: { status: number; type: string; detail: unknown };
  /** Whether a running Worker notices: it reads channels again and again, blobs and manifests once. */
  noticed: boolean;
}

const blobs = new Map<string, string>();
const attacks: Attack[] = [
  {
    head: 'replayed',
    what: 'channels that were true once',
    key: () => channelsKey('replayed'),
    bytes: (_, older) => older,
    refusal: { status: 502, type: 'replayed-channels', detail: expect.stringMatching(/are older/) },
    noticed: true,
  },
  {
    head: 'unsigned',
    what: 'channels without a signature of ours',
    key: () => channelsKey('unsigned'),
    bytes: (good) => toJson({ ...(fromJson(good) as object), signatures: [] }),
    refusal: { status: 502, type: 'bad-signature', detail: expect.stringMatching(/refused/) },
    noticed: true,
  },
  {
    head: 'altered',
    what: 'channels whose payload was altered under its signature',
    key: () => channelsKey('altered'),
    bytes: (good) => {
      const envelope = fromJson(good) as { payload: string };
      const payload = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
      const altered = { ...payload, sequence: payload.sequence + 1, stable: 1 };
      return toJson({ ...envelope, payload: Buffer.from(JSON.stringify(altered)).toString('base64') });
    },
    refusal: { status: 502, type: 'bad-signature', detail: expect.stringMatching(/refused/) },
    noticed: true,
  },
  {
    head: 'damaged',
    what: 'a blob with one bit flipped',
    key: () => blobKey('damaged', blobs.get('damaged')!),
    bytes: (good) => {
      const bytes = good.slice();
      bytes[bytes.length - 5]! ^= 1;
      return bytes;
    },
    refusal: { status: 502, type: 'head-refused', detail: expect.stringMatching(/refused/) },
    noticed: false,
  },
  {
    head: 'forged',
    what: "another version's manifest under this number",
    key: () => versionKey('forged', 2),
    bytes: (_, older) => older,
    refusal: {
      status: 502,
      type: 'bad-signature',
      detail: expect.stringMatching(/is not a manifest of that version/),
    },
    noticed: false,
  },
];

const good = new Map<string, Uint8Array>();

async function read(key: string): Promise<Uint8Array> {
  const object = await hw.store.get(key);
  return object!.body;
}

/** What it was before version 2: channels of the first publish, or the first manifest. */
const older = new Map<string, Uint8Array>();

beforeAll(async () => {
  const { api } = hw;
  await teachAll(api, 'safe', digits(['0', '1', '7'], 0, 8));
  for (const { head } of attacks) {
    await train(api, head, 'safe');
    older.set(head, await read(head === 'forged' ? versionKey(head, 1) : channelsKey(head)));
  }
  await teachAll(api, 'safe', digits(['4'], 0, 8));
  for (const { head } of attacks) {
    expect(await train(api, head, 'safe')).toMatchObject({ status: 'succeeded', version: 2 });
    await untilVersion(api, head, 2, probe);
    blobs.set(head, (await versionsOf(api, head)).versions[0]!.blob);
  }
  for (const { head, key, bytes } of attacks) {
    good.set(head, await read(key()));
    await hw.store.put(key(), bytes(good.get(head)!, older.get(head)!));
  }
});

const classify = (head: string) => hw.api.call('POST', `/v1/heads/${head}/classify`, probe);

describe('a running Worker', () => {
  beforeAll(() => sleep(maxStaleMs));

  it.each(attacks)('goes on with the version that it has: $what', async ({ head, noticed }) => {
    for (let i = 0; i < 5; i++) {
      const response = await classify(head);
      const answer = (await response.json()) as { version: number; predictions: { label: string }[] };
      expect(response.status).toBe(200);
      expect(answer.version).toBe(2);
      expect(answer.predictions.map(({ label }) => label).sort()).toEqual(['0', '1', '4', '7']);
    }
    // It says so, once it could not make sure for longer than it may.
    const stale = async () => {
      const response = await classify(head);
      await response.body?.cancel();
      return response.headers.get('headwater-stale') === 'true';
    };
    if (noticed) await until(`"${head}" is marked stale`, stale);
    else expect(await stale()).toBe(false);
  });
});

describe('a Worker that starts', () => {
  beforeAll(async () => {
    await hw.stop();
    await hw.start();
  });

  it.each(attacks)('refuses, and says why: $what', async ({ head, refusal: expected }) => {
    expect(await refusal(await classify(head))).toEqual(expected);
  });

  it.each(attacks)('answers again once the bucket is mended: $what', async ({ head, key }) => {
    await hw.store.put(key(), good.get(head)!);
    await until(`"${head}" answers`, async () => {
      const response = await classify(head);
      const { version } = (await response.json()) as { version?: number };
      return response.ok && version === 2 && !response.headers.has('headwater-stale');
    });
  });
});
