// Reading backbones/<name>/current.json: which file a name stands for.

import { type CurrentBackbone, CurrentBackboneSchema } from '../contract/index.ts';
import { fromJson } from '../tensors/index.ts';

/** The note in these bytes, or undefined if they are none. */
export function parseCurrent(bytes: Uint8Array): CurrentBackbone | undefined {
  try {
    return CurrentBackboneSchema.parse(fromJson(bytes));
  } catch {
    return undefined;
  }
}
