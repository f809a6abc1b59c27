// The main job on real processes: teach, train, answer, train again, roll back, start again on the same state;
// and the refusals on the way.

import { describe, expect, it } from 'vitest';
import { examplesPrefix } from '../../lib/contract/index.ts';
import { fromJson } from '../../lib/tensors/index.ts';
import { useInstance } from '../support/instance.ts';
import {
  datasetOf,
  digits,
  exampleOf,
  promote,
  refusal,
  rollBack,
  teachAll,
  train,
  until,
  untilOver,
  untilTraining,
  untilVersion,
  versionsOf,
} from '../support/steps.ts';

const hw = useInstance({ HEADWATER_REFRESH_MS: '200', SMALL_TRAININGS: 'trainer' });
const classes = ['0', '1', '7'];
const probes = digits(classes, 500, 2);
const probe = probes[0]!.png;

const answers = () =>
  Promise.all(
    probes.map(async ({ png }) => {
      const { version, predictions } = await hw.api.classify('shapes', png);
      return { version, predictions };
    }),
  );

describe('the main job', () => {
  it('a running Worker answers with a trained version, without a restart', async () => {
    const { api } = hw;
    await teachAll(api, 'main', digits(classes, 0, 8));
    expect(await datasetOf(api, 'main')).toMatchObject({ labels: { 0: 8, 1: 8, 7: 8 }, examples: 24 });
    const trained = await train(api, 'shapes', 'main');
    expect(trained).toMatchObject({ status: 'succeeded', version: 1, progress: 1 });
    expect(trained.report!.examples).toBe(24);
    const right = (await answers()).filter(
      ({ predictions }, i) => predictions[0]!.label === probes[i]!.label,
    );
    expect(right.length).toBeGreaterThanOrEqual(5);
  });

  it('a second training goes live while the Worker serves', async () => {
    const { api } = hw;
    await teachAll(api, 'main', digits(['4'], 0, 8));
    expect(await train(api, 'shapes', 'main')).toMatchObject({ status: 'succeeded', version: 2 });
    const answer = await untilVersion(api, 'shapes', 2, probe);
    expect(answer.predictions.map(({ label }) => label).sort()).toEqual(['0', '1', '4', '7']);
  });

  it('a rollback brings the earlier version back and pins it; a training that ends then is held', async () => {
    const { api } = hw;
    expect(await rollBack(api, 'shapes', { reason: 'version 2 was worse' })).toMatchObject({
      stable: 1,
      pin: { version: 1, reason: 'version 2 was worse' },
    });
    await untilVersion(api, 'shapes', 1, probe);
    const held = await train(api, 'shapes', 'main');
    expect(held).toMatchObject({ status: 'held', version: 3 });
    expect(held.reason).toContain('version 2 was worse');
    const { versions, channels } = await versionsOf(api, 'shapes');
    expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
    expect(channels).toMatchObject({ stable: 1, pin: { version: 1 } });
  });

  it('a promotion lifts the pin, and the next training goes live by itself', async () => {
    const { api } = hw;
    expect(await promote(api, 'shapes', 3)).toMatchObject({ stable: 3, pin: null });
    await untilVersion(api, 'shapes', 3, probe);
    expect(await train(api, 'shapes', 'main')).toMatchObject({ status: 'succeeded', version: 4 });
    await untilVersion(api, 'shapes', 4, probe);
  });

  it('after a restart on the same state it gives the same answers and lists the same jobs and versions', async () => {
    const job = await train(hw.api, 'shapes', 'main');
    await untilVersion(hw.api, 'shapes', 5, probe);
    const state = async () => ({
      answers: await answers(),
      versions: await versionsOf(hw.api, 'shapes'),
      dataset: await datasetOf(hw.api, 'main'),
      job: await hw.api.training(job.id),
    });
    const before = await state();
    await hw.stop();
    await hw.start();
    expect(await state()).toEqual(before);
  });
});

describe('what is refused', () => {
  it('a training of a dataset without examples, or with one label, is 409 and makes no head', async () => {
    const { api } = hw;
    await teachAll(api, 'lonely', digits(['3'], 0, 2));
    for (const dataset of ['nothing', 'lonely']) {
      const answer = await api.call('POST', '/v1/heads/never/trainings', { dataset });
      expect(await refusal(answer)).toMatchObject({ status: 409, type: 'too-few-examples' });
    }
    expect(await api.head('never')).toBeNull();
  });

  it('a head stays bound to its dataset', async () => {
    await teachAll(hw.api, 'other', [...digits(['2'], 0, 2), ...digits(['3'], 10, 2)]);
    const answer = await hw.api.call('POST', '/v1/heads/shapes/trainings', { dataset: 'other' });
    expect(await refusal(answer)).toMatchObject({ status: 409, type: 'head-bound-elsewhere' });
  });

  it('a wrong key is 401, whatever the route', async () => {
    for (const path of ['/v1/datasets/main', '/v1/heads/shapes', '/v1/backbones']) {
      const response = await fetch(new URL(path, hw.stack.url), { headers: { authorization: 'Bearer no' } });
      expect(await refusal(response)).toMatchObject({ status: 401, type: 'unauthorized' });
    }
  });
});

describe('trainings', () => {
  it('a training that runs can be cancelled, and publishes nothing', async () => {
    const { api } = hw;
    const before = await versionsOf(api, 'shapes');
    hw.freezeTrainer();
    const { id } = await api.train('shapes', 'main');
    expect(await untilTraining(api, id)).toMatchObject({ status: 'running', phase: 'training' });
    await api.json('POST', `/v1/trainings/${id}/cancel`);
    hw.thawTrainer();
    expect(await untilOver(api, id)).toMatchObject({ status: 'cancelled', phase: null });
    expect(await versionsOf(api, 'shapes')).toEqual(before);
  });

  it('one that is cancelled in the queue never begins, and the next one runs', async () => {
    const { api } = hw;
    const before = await versionsOf(api, 'shapes');
    const first = await api.train('shapes', 'main');
    const second = await api.train('shapes', 'main');
    const third = await api.train('shapes', 'main');
    await api.json('POST', `/v1/trainings/${second.id}/cancel`);
    const ended = await Promise.all([first, second, third].map(({ id }) => untilOver(api, id)));
    expect(ended.map(({ status }) => status)).toEqual(['succeeded', 'cancelled', 'succeeded']);
    expect(ended[1]!.version).toBeUndefined();
    const after = await versionsOf(api, 'shapes');
    expect(after.versions.length).toBe(before.versions.length + 2);
    expect(after.channels.stable).toBe(ended[2]!.version);
  });
});

describe('examples', () => {
  const image = digits(['8'], 0, 1)[0]!;
  const objectsOf = async (digest: string) => {
    const { objects } = await hw.store.list({ prefix: examplesPrefix('moves') });
    return objects.map(({ key }) => key).filter((key) => key.includes(digest));
  };

  it('the same image under another label moves: counts follow, its old object goes', async () => {
    const { api } = hw;
    await teachAll(api, 'moves', digits(['1'], 0, 2));
    const { digest } = await api.teach('moves', 'wrong', image.png);
    expect(await api.teach('moves', 'right', image.png)).toEqual({
      digest,
      label: 'right',
      movedFrom: 'wrong',
    });
    expect((await datasetOf(api, 'moves')).labels).toEqual({ 1: 2, right: 1 });
    expect(await exampleOf(api, 'moves', 'wrong', digest)).toBeNull();
    expect(await exampleOf(api, 'moves', 'right', digest)).toEqual(image.png);
    await until('the object under the old label is gone', async () => {
      const keys = await objectsOf(digest);
      return keys.length === 1 && keys[0]!.includes('/right/');
    });
  });

  it('a second upload is 200, and changes nothing', async () => {
    const before = await datasetOf(hw.api, 'moves');
    const response = await hw.api.call('PUT', '/v1/datasets/moves/examples/right', image.png);
    await response.body?.cancel();
    expect(response.status).toBe(200);
    expect(await datasetOf(hw.api, 'moves')).toEqual(before);
  });

  it('a deleted example is gone: 404, no object, no count', async () => {
    const { api } = hw;
    const { digest } = await api.teach('moves', 'right', image.png);
    const path = `/v1/datasets/moves/examples/right/${digest}`;
    expect((await api.call('DELETE', path)).status).toBe(204);
    expect(await refusal(await api.call('GET', path))).toMatchObject({ status: 404, type: 'not-found' });
    expect(await refusal(await api.call('DELETE', path))).toMatchObject({ status: 404 });
    expect((await datasetOf(api, 'moves')).labels).toEqual({ 1: 2 });
    await until('its object is gone', async () => (await objectsOf(digest)).length === 0);
  });

  it('pictures of one group stay on one side of the split', async () => {
    const { api } = hw;
    const groups = ['a', 'b', 'c', 'd', 'e'];
    const taught = new Map<string, string>();
    const images = digits(['5', '6'], 30, 15);
    for (const [i, { label, png }] of images.entries()) {
      const group = groups[i % groups.length]!;
      const { digest } = await api.json<{ digest: string }>(
        'PUT',
        `/v1/datasets/bursts/examples/${label}?group=${group}`,
        png,
      );
      taught.set(digest, group);
      // Sent again without its group, an image keeps the one that it has.
      if (i < 3) await api.teach('bursts', label, png);
    }
    expect(await train(api, 'bursts', 'bursts')).toMatchObject({ status: 'succeeded' });
    const { versions } = await versionsOf(api, 'bursts');
    const object = await hw.store.get(`snapshots/bursts/${versions[0]!.snapshot}.json`);
    const { examples } = fromJson(object!.body) as {
      examples: { digest: string; group: string; split: string }[];
    };
    expect(new Map(examples.map(({ digest, group }) => [digest, group]))).toEqual(taught);
    for (const group of groups)
      expect(new Set(examples.filter((e) => e.group === group).map((e) => e.split)).size).toBe(1);
  });
});
