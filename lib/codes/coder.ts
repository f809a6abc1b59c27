// Photo → code, for edge and trainer alike: the image pipeline and a plan put together, one image at a time. A place
// with a tail has two plans: the trunk's, which it shares with every place that reads the same map, and its own.

import type { ImageInfo, ImagePipeline } from '../image/index.ts';
import type { CodePlace, TailedPlace } from './code-place.ts';
import { createPlans, type PlansOptions, placeKey } from './plans.ts';
import { tailRefused } from './tail-place.ts';
import type { Turnstile } from './turnstile.ts';

export interface CoderOptions extends PlansOptions {
  pipeline: ImagePipeline;
  turnstile: Turnstile;
}

export interface Coded {
  /** The taps' codes one after the other, or what the place's tail makes of its map; float32. */
  code: Float32Array;
  info: ImageInfo;
}

export interface Coder {
  /** The code of an image at a place. @throws HeadwaterError for an image that is none, too large, … */
  code(bytes: Uint8Array, place: CodePlace): Promise<Coded>;
  /** Its codes at several places, in their order: decoded once for each recipe, coded once for each place that is
   *  another. Errors as `code`. */
  codes(bytes: Uint8Array, places: CodePlace[]): Promise<Coded[]>;
  /**
   * Makes both plans of a place with a tail, and lets `prove` see what the tail makes of any map [h, w, c].
   *
   * @throws HeadwaterError `head-refused` if the tail reads another map than the trunk gives; whatever `prove` and the
   *   making of plans throw
   */
  proveTail(place: TailedPlace, prove: (run: (map: Float32Array) => Float32Array) => void): Promise<void>;
  /** Bytes that the plans of a backbone hold. */
  heldBytes(backboneDigest: string): number;
}

export function createCoder(options: CoderOptions): Coder {
  const { pipeline, turnstile } = options;
  const plans = createPlans(options);

  /** Images are decoded once for each recipe, trunks run once for each place that is another, and so are tails. */
  async function codesAt(bytes: Uint8Array, places: CodePlace[]): Promise<Coded[]> {
    const image = once(
      ({ recipe }) => JSON.stringify(recipe),
      ({ recipe }) => pipeline.toTensor(bytes, recipe),
    );
    const trunk = once(placeKey, async (place) => {
      const { tensor, info } = await image(place);
      return { code: concatenated((await plans.get(place)).run(tensor)), info };
    });
    const whole = once(
      (place) => `${placeKey(place)} ${place.tail?.key}`,
      async (place) => {
        const { code, info } = await trunk(place);
        return { code: hasTail(place) ? (await plans.tailOf(place)).run(code)[0]! : code, info };
      },
    );
    const coded: Coded[] = [];
    for (const place of places) coded.push(await whole(place));
    return coded;
  }

  async function prove(place: TailedPlace, look: Parameters<Coder['proveTail']>[1]): Promise<void> {
    const [given] = (await plans.get(place)).outputShapes;
    const { head, inputShape } = place.tail;
    if (String(given) !== String(inputShape))
      throw tailRefused(
        head,
        `reads a map of ${inputShape.join(' × ')}, and its trunk gives ${given?.join(' × ')}`,
      );
    const plan = await plans.tailOf(place);
    try {
      look((map) => plan.run(map)[0]!);
    } catch (error) {
      // Nobody will ask for it, and one that traps has left its memory in disorder.
      plans.dropTail(place);
      throw error;
    }
  }

  return {
    code: (bytes, place) => turnstile(async () => (await codesAt(bytes, [place]))[0]!),
    codes: (bytes, places) => turnstile(() => codesAt(bytes, places)),
    proveTail: (place, look) => turnstile(() => prove(place, look)),
    heldBytes: plans.heldBytes,
  };
}

const hasTail = (place: CodePlace): place is TailedPlace => place.tail !== undefined;

/** What `make` gives for a place, made once for all places of a key. */
function once<T>(keyOf: (place: CodePlace) => string, make: (place: CodePlace) => Promise<T>) {
  const made = new Map<string, T>();
  return async (place: CodePlace): Promise<T> => {
    const key = keyOf(place);
    if (!made.has(key)) made.set(key, await make(place));
    return made.get(key)!;
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
