// Photo → code, for edge and trainer alike: the image pipeline and a plan put together, one image at a time.

import type { ImageInfo, ImagePipeline, ImageTensor } from '../image/index.ts';
import type { CodePlace } from './code-place.ts';
import { createPlans, type PlansOptions, placeKey } from './plans.ts';
import type { Turnstile } from './turnstile.ts';

export interface CoderOptions extends PlansOptions {
  pipeline: ImagePipeline;
  turnstile: Turnstile;
}

export interface Coded {
  /** The taps' codes one after the other, float32. */
  code: Float32Array;
  info: ImageInfo;
}

export interface Coder {
  /** The code of an image at a place. @throws HeadwaterError for an image that is none, too large, … */
  code(bytes: Uint8Array, place: CodePlace): Promise<Coded>;
  /** Its codes at several places, in their order: decoded once for each recipe, coded once for each place that is
   *  another. Errors as `code`. */
  codes(bytes: Uint8Array, places: CodePlace[]): Promise<Coded[]>;
  /** Bytes that the plans of a backbone hold. */
  heldBytes(backboneDigest: string): number;
}

export function createCoder(options: CoderOptions): Coder {
  const { pipeline, turnstile } = options;
  const plans = createPlans(options);

  async function codesAt(bytes: Uint8Array, places: CodePlace[]): Promise<Coded[]> {
    const tensors = new Map<string, ImageTensor>();
    const coded = new Map<string, Coded>();
    for (const place of places) {
      const key = placeKey(place);
      if (coded.has(key)) continue;
      const { recipe } = place.backbone.card;
      const recipeKey = JSON.stringify(recipe);
      const image = tensors.get(recipeKey) ?? (await pipeline.toTensor(bytes, recipe));
      tensors.set(recipeKey, image);
      const plan = await plans.get(place);
      coded.set(key, { code: concatenated(plan.run(image.tensor)), info: image.info });
    }
    return places.map((place) => coded.get(placeKey(place))!);
  }

  return {
    code: (bytes, place) => turnstile(async () => (await codesAt(bytes, [place]))[0]!),
    codes: (bytes, places) => turnstile(() => codesAt(bytes, places)),
    heldBytes: plans.heldBytes,
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
