// Ten thousand examples of ten classes: add one, retrain. The dataset is put into the bucket and the index rebuilt from
// it, as after a move from elsewhere; codes are made up (clusters behind a ReLU), and what lies in place of the 10,000
// photographs is no image at all, so a training that read a single one of them would say so.

import { defaultTapOf, namedCodeSpace } from '../../lib/codes/index.ts';
import { exampleKey, segmentKey } from '../../lib/contract/index.ts';
import { exampleMetadata, writeSegment } from '../../lib/datasets/index.ts';
import { createRng } from '../../lib/linalg/index.ts';
import { type S3Store, s3Store } from '../../lib/storage/s3-node.ts';
import { sha256, toFloat16 } from '../../lib/tensors/index.ts';
import { type Api, createApi } from '../demo/api.ts';
import { readDigits } from '../demo/digits.ts';
import { inParallel } from '../demo/in-parallel.ts';
import { defaultBackbone, parsedBackbone } from '../dev/backbones.ts';
import type { Stack } from '../dev/stack.ts';
import { type Section, spread, table } from './report.ts';

const perClass = 1000;
const classes = 10;
const segmentRows = 512;
const dataset = 'ten thousand';
const rounds = 5;

export async function retrain(stack: Stack): Promise<Section> {
  const api = createApi(stack.url, stack.keys.apiKey);
  const store = s3Store(stack.s3);
  const digits = readDigits(0, rounds + 1);
  // The dataset's document comes with its first example.
  await api.teach(dataset, '0', digits[0]!.png);
  await placeExamples(store);
  store.close();
  const { examples, codes } = await api.json<{ examples: number; codes: number }>(
    'POST',
    `/v1/datasets/${encodeURIComponent(dataset)}/rebuild`,
  );
  const first = await trainAndWait(api, digits[0]!.png, Date.now());
  const warm: Awaited<ReturnType<typeof trainAndWait>>[] = [];
  for (let round = 1; round <= rounds; round++) {
    const { png, label } = digits[round]!;
    await api.teach(dataset, label, png);
    warm.push(await trainAndWait(api, png, Date.now()));
  }
  const last = warm.at(-1)!.training;
  return {
    title: `${examples} examples, ${classes} classes: add one, retrain`,
    text: `${table(
      ['', 'ms'],
      [
        ['first training, strength chosen by cross-validation', first.ms],
        [
          `one more photo's 201 → new head answering, ${rounds} times (min / median / max)`,
          spread(warm.map(({ ms }) => ms)),
        ],
      ],
    )}

Images read: none. What stands in place of the ${classes * perClass} photographs is no image; ${codes} codes came from the bucket, ${(last.report as { examples: number }).examples} examples were trained on. Strength ${(last.report as { strengthFrom?: string }).strengthFrom}. Stages of the last one in ms: \`${JSON.stringify(last.stages)}\`.`,
  };
}

async function trainAndWait(api: Api, probe: Uint8Array, since: number) {
  let training = await api.train('ten', dataset);
  while (['queued', 'running'].includes(training.status)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    training = await api.training(training.id);
  }
  if (training.status !== 'succeeded') throw new Error(JSON.stringify(training.error ?? training.reason));
  while ((await api.classify('ten', probe)).version < training.version!);
  return { training, ms: Date.now() - since };
}

async function placeExamples(store: S3Store): Promise<void> {
  const backbone = parsedBackbone(defaultBackbone());
  const { digest: codeSpace } = await namedCodeSpace(backbone, [defaultTapOf(backbone)]);
  const dims = backbone.card.taps[backbone.card.defaultTap]!.codeLength;
  const rng = createRng(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - rng.uniform())) * Math.cos(2 * Math.PI * rng.uniform());
  const means = Array.from({ length: classes }, () =>
    Float64Array.from({ length: dims }, () => 0.6 * normal()),
  );
  const rows = await Promise.all(
    Array.from({ length: classes * perClass }, async (_, i) => ({
      digest: await sha256(`no image ${i}`),
      label: i % classes,
      code: Float32Array.from(means[i % classes]!, (mean) => Math.max(0, mean + 1.6 * normal())),
    })),
  );
  await inParallel(rows, 32, ({ digest: image, label }) =>
    store.put(exampleKey(dataset, String(label), image, 'jpg'), new TextEncoder().encode('no image'), {
      metadata: { [exampleMetadata.uploaded]: '1780000000000' },
    }),
  );
  for (let from = 0, n = 0; from < rows.length; from += segmentRows, n++) {
    const part = rows.slice(from, from + segmentRows);
    const codes = new Uint16Array(part.length * dims);
    for (const [i, { code }] of part.entries()) codes.set(toFloat16(code), i * dims);
    const ulid = `01K0000000000000000000${String(n).padStart(4, '0')}`;
    const bytes = writeSegment({ codeSpace, dims, digests: part.map(({ digest: image }) => image), codes });
    await store.put(segmentKey(dataset, codeSpace, ulid), bytes);
  }
}
