// Plans that are kept: one for each place, compiled when it is first asked for, and one for each tail, started from its
// program; all under the memory budget.

import { HeadwaterError } from '../errors/index.ts';
import type { Graph } from '../graph/index.ts';
import type { Compile, Plan, StartProgram } from '../inference/index.ts';
import type { CodePlace, TailedPlace } from './code-place.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { type TailPlace, tailRefused } from './tail-place.ts';
import { wholePicture } from './whole-picture.ts';

/** Folded weights and the packed ones: what compiling takes for a moment, in bytes for each weight value. */
const compileBytesPerParameter = 8;

/** A plan that comes with the program, made when it was built. */
export interface PackedPlan {
  /** The key of its place, {@link placeKey}. */
  key: string;
  /** What its plan takes. */
  bytes: number;
  start(): Plan;
}

export interface PlansOptions {
  compile: Compile;
  /** Runs tails: nothing that only makes codes for training meets one. */
  startProgram?: StartProgram | undefined;
  memory: MemoryBudget;
  packed?: PackedPlan | undefined;
}

export interface Plans {
  /** The plan of a place, up to its taps. @throws HeadwaterError `backbone-too-large`, `overloaded`; whatever its
   *  materials meet */
  get(place: CodePlace): Promise<Plan>;
  /** The plan of a place's tail. @throws HeadwaterError `backbone-too-large`, `overloaded`, `head-refused`,
   *  `storage-unavailable` */
  tailOf(place: TailedPlace): Promise<Plan>;
  /** Lets the plan of a place's tail go, if there is one. */
  dropTail(place: TailedPlace): void;
  /** Bytes that the plans of a backbone hold, those of its heads' tails included. */
  heldBytes(backboneDigest: string): number;
}

/** Tells one plan from another: where taps are read, whatever is made of it. */
export const placeKey = ({
  backbone,
  taps,
  arithmetic,
  recipe,
}: Omit<CodePlace, 'materials' | 'tail'>): string =>
  JSON.stringify([
    backbone.digest,
    arithmetic.kind,
    arithmetic.quantisation,
    taps.map(({ op, pooling, pre }) => [op, pooling, pre]),
    recipe.size,
  ]);

const tailKey = ({ key }: TailPlace) => `tail ${key}`;

/** Weight values that compiling goes through, whatever the card says: what layers share counts for each of them. */
const valuesOf = ({ ops, weights }: Graph): number =>
  ops
    .flatMap((op) => Object.values(op.weights))
    .reduce((sum, name) => sum + weights.get(name)!.data.length, 0);

export function createPlans({ compile, startProgram, memory, packed }: PlansOptions): Plans {
  const plans = new Map<string, { plan: Plan; backbone: string }>();

  async function make(place: CodePlace): Promise<Plan> {
    const what = `The plan of "${place.backbone.name}"`;
    let release = () => {};
    // Each need replaces the one before: what compiling took is garbage by the time that the plan begins.
    const admit = async (bytes: number) => {
      release();
      release = await memory.reserve(bytes, what);
    };
    try {
      if (packed && placeKey(place) === packed.key) {
        await admit(packed.bytes);
        return packed.start();
      }
      const compileBytes = compileBytesPerParameter * place.backbone.card.parameters;
      memory.requirePossible(compileBytes, what);
      const { graph, quantisation, bytes = 0 } = await place.materials();
      const { taps, arithmetic, recipe } = place;
      const { size } = recipe;
      const picture = wholePicture(graph, taps, size);
      if (picture) return picture;
      // The file is read from until the end: it counts here, even if it has to leave the budget for it. Reserved
      // before it was fetched, this would leave no room to fetch it, and wait for itself.
      await admit(compileBytesPerParameter * valuesOf(graph) + bytes);
      return await compile(graph, { size, taps, arithmetic: arithmetic.kind, quantisation, admit });
    } finally {
      release();
    }
  }

  async function startTail(tail: TailPlace): Promise<Plan> {
    const { head, memoryBytes, programBytes } = tail;
    if (!startProgram) throw new HeadwaterError('internal', `The tail of "${head}" cannot be run here.`);
    const release = await memory.reserve(memoryBytes + programBytes, `The tail of "${head}"`);
    try {
      return startProgram(await tail.program(), memoryBytes);
    } catch (error) {
      if (error instanceof HeadwaterError && error.type === 'invalid-file')
        throw tailRefused(head, 'is not one that this release can run', error);
      throw error;
    } finally {
      release();
    }
  }

  /** The plan under a key, made if it is not here. */
  async function kept(key: string, backbone: string, make: () => Promise<Plan>): Promise<Plan> {
    const there = plans.get(key);
    if (there) {
      memory.touch(key);
      return there.plan;
    }
    const plan = await make();
    plans.set(key, { plan, backbone });
    // One that takes nothing is never in the way, and to make it again would take its backbone's file.
    if (plan.bytes === 0) return plan;
    memory.hold(key, plan.bytes, () => {
      plans.delete(key);
      plan.dispose();
    });
    return plan;
  }

  return {
    get: (place) => kept(placeKey(place), place.backbone.digest, () => make(place)),
    tailOf: ({ backbone, tail }) => kept(tailKey(tail), backbone.digest, () => startTail(tail)),
    dropTail({ tail }) {
      const key = tailKey(tail);
      memory.drop(key);
      plans.get(key)?.plan.dispose();
      plans.delete(key);
    },
    heldBytes: (digest) =>
      [...plans.values()].reduce(
        (sum, { plan, backbone }) => sum + (backbone === digest ? plan.bytes : 0),
        0,
      ),
  };
}
