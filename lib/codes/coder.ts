// Photo → code, for edge and trainer alike: the image pipeline and a plan put together, one image at a time,
// with plans kept under a memory budget.

import type { TapData } from '../contract/index.ts';
import type { ImageInfo, ImagePipeline } from '../image/index.ts';
import type { Compile, Plan } from '../inference/index.ts';
import type { Backbone } from './backbone.ts';
import type { Turnstile } from './turnstile.ts';

/** Memory that plans may hold together before the least recently used ones leave. */
export const planBudgetBytes = 64 * 1024 * 1024;

export interface CoderOptions {
  pipeline: ImagePipeline;
  compile: Compile;
  turnstile: Turnstile;
  budgetBytes?: number;
}

export interface Coded {
  /** The taps' codes one after the other, float32. */
  code: Float32Array;
  info: ImageInfo;
}

export interface Coder {
  /** The code of an image at `taps` of a backbone. @throws HeadwaterError for an image that is none, too large, … */
  code(bytes: Uint8Array, backbone: Backbone, taps: TapData[]): Promise<Coded>;
  /** Bytes that the plans of a backbone hold. */
  heldBytes(backboneDigest: string): number;
}

export function createCoder({
  pipeline,
  compile,
  turnstile,
  budgetBytes = planBudgetBytes,
}: CoderOptions): Coder {
  /** In order of use, latest last. */
  const plans = new Map<string, { plan: Plan; backbone: string }>();

  async function planFor(backbone: Backbone, taps: TapData[]): Promise<Plan> {
    const key = JSON.stringify([backbone.digest, taps]);
    let entry = plans.get(key);
    if (!entry) {
      const plan = await compile(backbone.graph, {
        size: backbone.card.recipe.size,
        taps,
        arithmetic: 'float32',
      });
      entry = { plan, backbone: backbone.digest };
    }
    plans.delete(key);
    plans.set(key, entry);
    makeRoom();
    return entry.plan;
  }

  function makeRoom(): void {
    for (const [key, { plan }] of plans) {
      const total = [...plans.values()].reduce((sum, entry) => sum + entry.plan.bytes, 0);
      if (total <= budgetBytes || plans.size === 1) return;
      plans.delete(key);
      plan.dispose();
    }
  }

  return {
    code: (bytes, backbone, taps) =>
      turnstile(async () => {
        const { tensor, info } = await pipeline.toTensor(bytes, backbone.card.recipe);
        const plan = await planFor(backbone, taps);
        return { code: concatenated(plan.run(tensor)), info };
      }),
    heldBytes: (digest) =>
      [...plans.values()].reduce(
        (sum, { plan, backbone }) => sum + (backbone === digest ? plan.bytes : 0),
        0,
      ),
  };
}

function concatenated(codes: Float32Array[]): Float32Array {
  if (codes.length === 1) return codes[0]!;
  const out = new Float32Array(codes.reduce((n, code) => n + code.length, 0));
  let at = 0;
  for (const code of codes) {
    out.set(code, at);
    at += code.length;
  }
  return out;
}
