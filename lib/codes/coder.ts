// Photo → code, for edge and trainer alike: the image pipeline and a plan put together, one image at a time,
// with plans kept under a memory budget.

import type { TapData } from '../contract/index.ts';
import type { ImageInfo, ImagePipeline, ImageTensor } from '../image/index.ts';
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

/** Where a code is read: the taps of a backbone. */
export interface CodePlace {
  backbone: Backbone;
  taps: TapData[];
}

export interface Coder {
  /** The code of an image at `taps` of a backbone. @throws HeadwaterError for an image that is none, too large, … */
  code(bytes: Uint8Array, backbone: Backbone, taps: TapData[]): Promise<Coded>;
  /** Its codes at several places, in their order: decoded once for each recipe, coded once for each place that is
   *  another. Errors as `code`. */
  codes(bytes: Uint8Array, places: CodePlace[]): Promise<Coded[]>;
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
    const key = keyOf(backbone, taps);
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

  async function codesAt(bytes: Uint8Array, places: CodePlace[]): Promise<Coded[]> {
    const tensors = new Map<string, ImageTensor>();
    const coded = new Map<string, Coded>();
    for (const { backbone, taps } of places) {
      const key = keyOf(backbone, taps);
      if (coded.has(key)) continue;
      const { recipe } = backbone.card;
      const recipeKey = JSON.stringify(recipe);
      const image = tensors.get(recipeKey) ?? (await pipeline.toTensor(bytes, recipe));
      tensors.set(recipeKey, image);
      const plan = await planFor(backbone, taps);
      coded.set(key, { code: concatenated(plan.run(image.tensor)), info: image.info });
    }
    return places.map(({ backbone, taps }) => coded.get(keyOf(backbone, taps))!);
  }

  return {
    code: (bytes, backbone, taps) => turnstile(async () => (await codesAt(bytes, [{ backbone, taps }]))[0]!),
    codes: (bytes, places) => turnstile(() => codesAt(bytes, places)),
    heldBytes: (digest) =>
      [...plans.values()].reduce(
        (sum, { plan, backbone }) => sum + (backbone === digest ? plan.bytes : 0),
        0,
      ),
  };
}

const keyOf = ({ digest }: Backbone, taps: TapData[]) => JSON.stringify([digest, taps]);

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
