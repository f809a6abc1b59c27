// Advice on a dataset, from its photos to sentences: what the trainer runs for `POST /v1/datasets/{ds}/advice`.

import { type AdviceFacts, advise } from '../../advice/index.ts';
import type { Advice, AdviseRequest } from '../../contract/index.ts';
import type { StrategyRun } from '../strategies/parts.ts';
import { type EvidenceParts, gatherEvidence } from './gather-evidence.ts';

/** Errors as {@link gatherEvidence}. */
export async function adviseDataset(
  request: Pick<AdviseRequest, 'dataset' | 'snapshot' | 'seed' | 'backbone' | 'codeSpaceDocument'>,
  parts: EvidenceParts,
  run: StrategyRun,
  options: Pick<AdviceFacts, 'budgetSeconds'> = {},
): Promise<Advice> {
  const { dataset, snapshot, seed, backbone, codeSpaceDocument } = request;
  const { taps, recipe } = codeSpaceDocument;
  const evidence = await gatherEvidence(parts, { output: taps[0]!, seed, recipe }, run);
  const { defaultTap } = parts.backbone.card;
  return advise(evidence, { dataset, snapshot, backbone, defaultTap, ...options });
}
