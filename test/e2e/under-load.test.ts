// Versions change while the Worker answers without pause: no request fails, none sees two versions at once, none
// sees an older one again until a person says so.

import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { full, useInstance } from '../support/instance.ts';
import { digits, rollBack, sleep, teachAll, train, untilVersion, versionsOf } from '../support/steps.ts';

/** Each waits for its answer before it asks again, so that the order of what it sees can be judged. */
const clients = 8;
/** Of all clients together; an answer that comes late is made up for. */
const perSecond = 50;
const loadMs = full ? 60_000 : 8_000;
const first = ['0', '1'];

const hw = useInstance({ HEADWATER_REFRESH_MS: '200' });
/** A phone's preview where it is here: as large as what an app would send. */
const photo = new URL('../../../shared/data/images/photo-500x375.jpg', import.meta.url);
const images: { bytes: Uint8Array }[] = existsSync(photo)
  ? [{ bytes: readFileSync(photo) }]
  : digits(['0', '1', '4', '7'], 500, 4).map(({ png }) => ({ bytes: png }));

interface Seen {
  status: number;
  header: number;
  version: number;
  labels: string;
  stale: boolean;
}

it(`${clients} clients, ${perSecond} requests a second, see every version whole and in order, over two publishes and a rollback`, async () => {
  const { api } = hw;
  await teachAll(api, 'busy', digits(first, 0, 8));
  await train(api, 'busy', 'busy');
  await untilVersion(api, 'busy', 1, images[0]!.bytes);

  let stop = false;
  const began = performance.now();
  const load = Array.from({ length: clients }, (_, client) => classifyUntil(() => stop, client));
  const endOf = async (share: number) => sleep(Math.max(0, began + share * loadMs - performance.now()));
  try {
    // Each version knows one label more, so that an answer mixed of two would show.
    for (const [i, label] of ['4', '7'].entries()) {
      await teachAll(api, 'busy', digits([label], 0, 8));
      const trained = await train(api, 'busy', 'busy');
      expect(trained).toMatchObject({ status: 'succeeded', version: i + 2 });
      await untilVersion(api, 'busy', i + 2, images[0]!.bytes);
      await endOf((i + 1) / 4);
    }
    await rollBack(api, 'busy', { reason: 'under load' });
    await untilVersion(api, 'busy', 2, images[0]!.bytes);
    await endOf(1);
  } finally {
    stop = true;
  }
  const seen = await Promise.all(load);
  const seconds = (performance.now() - began) / 1000;
  const all = seen.flat();
  console.log(
    `${all.length} answers in ${seconds.toFixed(1)} s: ${(all.length / seconds).toFixed(1)} a second from ${clients} clients (${perSecond} wanted), two trainings among them`,
  );

  const { versions } = await versionsOf(api, 'busy');
  const labelsOf = new Map(versions.map(({ version, labels }) => [version, [...labels].sort().join()]));
  for (const answer of all)
    expect(answer).toEqual({
      status: 200,
      header: answer.version,
      version: answer.version,
      labels: labelsOf.get(answer.version),
      stale: false,
    });
  // Settled means here: one isolate, so each client must see exactly this order.
  for (const answers of seen)
    expect(answers.map(({ version }) => version).filter((v, i, vs) => v !== vs[i - 1])).toEqual([1, 2, 3, 2]);
});

async function classifyUntil(stopped: () => boolean, client: number): Promise<Seen[]> {
  const seen: Seen[] = [];
  const began = performance.now();
  for (let i = client; !stopped(); i++) {
    await sleep(Math.max(0, began + (seen.length * clients * 1000) / perSecond - performance.now()));
    const response = await hw.api.call('POST', '/v1/heads/busy/classify', images[i % images.length]!.bytes);
    const body = (await response.json()) as { version: number; predictions: { label: string }[] };
    seen.push({
      status: response.status,
      header: Number(response.headers.get('headwater-version')),
      version: body.version,
      labels: (body.predictions ?? [])
        .map(({ label }) => label)
        .sort()
        .join(),
      stale: response.headers.has('headwater-stale'),
    });
  }
  return seen;
}
