// Which backbone, taps and code space a training is about: what the request names, else what the head was made
// with, else the deployment's default.

import { type Backbone, codeSpaceOf, requireSize, tapOf } from '../../lib/codes/index.ts';
import type {
  AdviceRequestData,
  AskedStrategyName,
  HeadTarget,
  ReindexRequestData,
  TapData,
  TrainingRequestData,
} from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { readHeadDocument } from '../../lib/registry/index.ts';
import type { Services } from './services.ts';

/**
 * Whatever the request names wrongly is said here, before anything is queued.
 *
 * @throws HeadwaterError `unknown-backbone`, `unknown-tap`, also of `tuning.from`; `bad-request`, `unsupported-graph` for
 * a size that does not fit; `code-space-unavailable` if the head's own backbone is gone
 */
export async function trainingTarget(
  { store, backbones }: Pick<Services, 'store' | 'backbones'>,
  head: string,
  request: TrainingRequestData,
): Promise<HeadTarget> {
  const made = await readHeadDocument(store, head);
  const named = request.backbone ?? (made ? undefined : backbones.defaultName);
  const backbone = named
    ? await backbones.byName(named)
    : await backbones.byDigest(made!.backbone.name, made!.backbone.digest);
  const taps = made && request.tap === undefined ? made.taps : [await tapOf(backbone, request.tap)];
  await requireTuning(backbone, request, made?.strategy);
  return targetOf(backbone, taps, request.size);
}

/** @throws HeadwaterError `bad-request` for a tuning that the strategy would ignore; `unknown-tap` */
async function requireTuning(
  backbone: Backbone,
  { strategy, tuning = {} }: TrainingRequestData,
  usual: AskedStrategyName = 'linear',
): Promise<void> {
  const [asked, told] = [strategy ?? usual, Object.keys(tuning)];
  if (told.length > 0 && (asked === 'linear' || asked === 'linear-early'))
    throw new HeadwaterError(
      'bad-request',
      `"tuning" is for strategies that train layers, and "${asked}" trains none. Leave it out, or name another strategy.`,
    );
  if (tuning.from === undefined) return;
  if (asked !== 'fine-tune-top' && asked !== 'auto')
    throw new HeadwaterError('bad-request', `"from" is for fine-tune-top; "${asked}" trains every layer.`);
  await tapOf(backbone, tuning.from);
}

/** @throws HeadwaterError `unknown-backbone`; `bad-request`, `unsupported-graph` for a size that does not fit */
export async function adviceTarget(
  { backbones }: Pick<Services, 'backbones'>,
  request: AdviceRequestData,
): Promise<HeadTarget> {
  const backbone = await backbones.byName(request.backbone);
  return targetOf(backbone, [await tapOf(backbone)], request.size);
}

/** @throws HeadwaterError `unknown-backbone`, `unknown-tap` */
export async function reindexTarget(
  { backbones }: Pick<Services, 'backbones'>,
  request: ReindexRequestData,
): Promise<HeadTarget> {
  const backbone = await backbones.byName(request.backbone);
  return targetOf(backbone, [await tapOf(backbone, request.tap)]);
}

async function targetOf(backbone: Backbone, taps: TapData[], size?: number): Promise<HeadTarget> {
  if (size !== undefined) await requireSize(backbone, taps, size);
  return {
    backbone: { name: backbone.name, digest: backbone.digest },
    taps,
    codeSpace: codeSpaceOf(backbone, taps, { size }),
  };
}
