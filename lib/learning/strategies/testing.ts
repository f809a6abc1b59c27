// A small network, a few coloured squares and everything else that a training works with, all real. Nothing but tests
// imports this.

import {
  type Arithmetic,
  codeSpaceOf,
  defaultTapOf,
  makeQuantisation,
  memoryBudgetBytes,
  type ParsedBackbone,
  parseBackbone,
} from '../../codes/index.ts';
import {
  type AskedStrategyName,
  codeSpaceDigest,
  type TrainRequest,
  TrainRequestSchema,
} from '../../contract/index.ts';
import { measureStatistics } from '../../inference/calibrate/index.ts';
import { compilePlain } from '../../inference/compile-node.ts';
import { sha256 } from '../../tensors/index.ts';
import { squares, stagesBackbone } from '../evidence/testing.ts';
import { cpuEngine } from '../gradients/cpu-engine-node.ts';
import { memoryCache } from '../tuning/index.ts';
import { collectCodes, sideBySide } from './collect-codes.ts';
import type { StrategyParts } from './parts.ts';

export interface World {
  parts: StrategyParts;
  request(strategy: AskedStrategyName, changes?: RequestChanges): TrainRequest;
}

export type RequestChanges = Partial<Pick<TrainRequest, 'kind' | 'seed'>> & { options?: object };

/** Small ones, so that each is better than none. */
export const fewSteps = { epochs: 2, batchSize: 8, augment: false, learningRate: 1e-3 };

/** @param kind in which the backbone makes its codes */
export async function smallWorld(
  kind: Arithmetic['kind'] = 'float32',
  perClass = 40,
  batchNorm: { mean: number; variance: number } | null = null,
): Promise<World> {
  const made = await stagesBackbone(batchNorm);
  const data = await squares(made, perClass);
  const backbone = kind === 'float32' ? made : await quantised(made, data, kind);
  return worldOf(backbone, data);
}

/** A world of a backbone and photos; codes are made at the backbone's default tap, and rounded as they are stored. */
export async function worldOf(
  backbone: ParsedBackbone,
  data: Pick<StrategyParts, 'image' | 'pipeline' | 'kernels' | 'linalg'> & {
    set: Omit<StrategyParts['set'], 'codes' | 'dims'>;
  },
): Promise<World> {
  const space = codeSpaceOf(backbone, [defaultTapOf(backbone)]);
  const { image, pipeline, kernels, linalg } = data;
  const shared = { image, pipeline, kernels, linalg, backbone };
  const everyone = data.set.digests.map((_, i) => i);
  const codes = sideBySide(await collectCodes(shared, space, space.taps, everyone, {}));
  const codeSpace = await codeSpaceDigest(space);
  let now = 0;
  return {
    parts: {
      ...shared,
      set: { ...data.set, ...codes },
      startEngine: cpuEngine(1),
      device: { kind: 'cpu', name: 'a test' },
      cache: memoryCache(),
      checkpoints: { load: async () => null, save: async () => {}, clear: async () => {} },
      maxEdgeBytes: memoryBudgetBytes,
      clock: () => (now += 10),
    },
    request: (strategy, { kind = 'softmax', seed = 1, options = {} } = {}) =>
      TrainRequestSchema.parse({
        job: 'job',
        epoch: 1,
        head: 'head',
        dataset: 'squares',
        strategy,
        kind,
        seed,
        snapshot: '0'.repeat(64),
        codeSpace,
        codeSpaceDocument: space,
        backbone: { name: backbone.name, digest: backbone.digest },
        options: { strategy, tuning: fewSteps, ...options },
      }),
  };
}

async function quantised(
  { graph, card, file, digest }: ParsedBackbone & { file: Uint8Array },
  { image, pipeline }: Pick<StrategyParts, 'image' | 'pipeline'>,
  kind: Arithmetic['kind'],
): Promise<ParsedBackbone> {
  const pictures = await Promise.all(
    [0, 1, 2, 3].map(async (i) => (await pipeline.toTensor(await image(i), card.recipe)).tensor),
  );
  const values = await measureStatistics(graph, card.size, pictures, compilePlain);
  const { quantisation } = await makeQuantisation({ digest, file }, values, compilePlain);
  const arithmetic = { kind, quantisation: quantisation.digest };
  return parseBackbone(file, 'stages', await sha256(file), { arithmetic, quantisation });
}
