// The part of control's RPC that advises on datasets and makes backbones of versions. Both are jobs, watched and
// cancelled as trainings are.

import type { TrainingData } from './http.ts';
import type { AdviceData } from './http-advice.ts';
import type { Share } from './jobs.ts';
import type { HeadTarget, Result } from './rpc.ts';

export interface AdviceRpc {
  /** Gathers evidence on a dataset in `target`'s space. */
  advise(dataset: string, target: HeadTarget, claim?: string): Promise<Result<TrainingData>>;
  /** The latest advice on a dataset and a backbone. */
  advice(dataset: string, backbone: string): Promise<Result<AdviceData>>;
  share(request: Share, claim?: string): Promise<Result<TrainingData>>;
}
