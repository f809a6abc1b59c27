// What the deployment carries of its default backbone: its file, and beside it the card and the plan of its default
// tap as `npm run build` has made them of it. The plan is there before the first request: a Worker's global scope may
// instantiate what it imports.

import note from '../../build/backbone.json';
import facts from '../../build/backbone.program.json';
import program from '../../build/backbone.program.safetensors';
import quantisation from '../../build/backbone.quantisation.safetensors';
import file from '../../build/backbone.safetensors';
import { arithmeticIn, type BundledBackbone, type PackedPlan } from '../../lib/codes/index.ts';
import type { CurrentBackbone } from '../../lib/contract/index.ts';
import type { Card } from '../../lib/graph/index.ts';
import { kernelModule } from '../../lib/inference/compile-workerd.ts';
import { instantiate, type Plan, readProgram } from '../../lib/inference/index.ts';

type Note = Pick<CurrentBackbone, 'name' | 'digest'> & Partial<CurrentBackbone>;

/** Scripts write one file after the other: a program of another backbone is passed over. */
const isOfThis = facts.digest === note.digest;

/** The default backbone. */
export function bundledBackbone(): BundledBackbone {
  const { name, digest, figures, ...rest } = note as Note;
  return {
    name,
    digest,
    file: new Uint8Array(file),
    arithmetic: arithmeticIn(rest),
    quantisation: new Uint8Array(quantisation),
    figures,
    card: isOfThis ? (facts.card as unknown as Card) : undefined,
  };
}

const startPlan = () => instantiate(readProgram(new Uint8Array(program)), kernelModule);

/** The first plan, until somebody asks for it; later ones are started when they are. */
let first: Plan | undefined = isOfThis ? startPlan() : undefined;
const planBytes = first?.bytes ?? 0;

/** The plan of its default tap. */
export const packedPlan: PackedPlan | undefined = isOfThis
  ? {
      key: facts.place,
      bytes: planBytes,
      start() {
        const plan = first ?? startPlan();
        first = undefined;
        return plan;
      },
    }
  : undefined;
