// The request that the coordinator made of a version's job, out of its manifest.

import {
  codeSpaceDigest,
  type Manifest,
  type TapData,
  type TrainingOptions,
  TrainingOptionsSchema,
  type TrainRequest,
  TuningSchema,
} from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';

/**
 * @param headTaps of the head's document, asked for where the version reads elsewhere than what it was trained from
 * @param snapshotSpace the code space of the version's snapshot
 * @throws HeadwaterError `invalid-file` where head, manifest and snapshot do not belong together
 */
export async function requestOf(
  manifest: Manifest,
  headTaps: () => Promise<TapData[]>,
  snapshotSpace: string,
): Promise<TrainRequest> {
  const { hyperParameters, startBlob, strength, codeSpaceDocument } = manifest;
  const own = manifest.codeSpace === snapshotSpace;
  const document = own ? codeSpaceDocument : { ...codeSpaceDocument, taps: await headTaps() };
  if (!own && (await codeSpaceDigest(document)) !== snapshotSpace)
    throw new HeadwaterError(
      'invalid-file',
      'The snapshot has codes that this version was not trained from.',
    );
  return {
    job: manifest.job,
    epoch: 0,
    head: manifest.head,
    dataset: manifest.dataset,
    strategy: manifest.strategy,
    kind: manifest.kind,
    seed: manifest.seed,
    snapshot: manifest.snapshot,
    codeSpace: snapshotSpace,
    codeSpaceDocument: document,
    backbone: manifest.backbone,
    options: optionsOf(manifest),
    start: startBlob
      ? {
          version: Math.max(1, manifest.version - 1),
          blob: startBlob,
          strength,
          strengthChosenAt: Number(hyperParameters.strengthChosenAt),
        }
      : null,
  };
}

/** On the CPU, where the same request gives the same bits. Manifests of former releases do not say all of them. */
function optionsOf(manifest: Manifest): TrainingOptions {
  const { hyperParameters, report, startBlob, strength, strategy, options } = manifest;
  if (options) return { ...options, strategy, device: 'cpu', tuning: tuningOf(manifest, options) };
  return TrainingOptionsSchema.parse({
    classWeights: hyperParameters.classWeights === 'balanced' ? 'balanced' : 'none',
    strength: report.strengthFrom === 'given' ? strength : null,
    warmStart: startBlob !== null,
    device: 'cpu',
  });
}

/** What was asked for; of a training that chose for itself, what it chose. */
function tuningOf({ hyperParameters }: Manifest, { strategy, tuning }: TrainingOptions) {
  if (strategy !== 'auto') return tuning;
  const known = Object.entries(hyperParameters).filter(([name]) => Object.hasOwn(TuningSchema.shape, name));
  return TuningSchema.safeParse(Object.fromEntries(known)).data ?? tuning;
}
