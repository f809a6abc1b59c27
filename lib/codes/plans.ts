// Plans that are kept: one for each place, compiled when it is first asked for, under the memory budget.

import type { Graph } from '../graph/index.ts';
import type { Compile, Plan } from '../inference/index.ts';
import type { CodePlace } from './code-place.ts';
import type { MemoryBudget } from './memory-budget.ts';

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
  memory: MemoryBudget;
  packed?: PackedPlan | undefined;
}

export interface Plans {
  /** The plan of a place. @throws HeadwaterError `backbone-too-large`, `overloaded`; whatever its materials meet */
  get(place: CodePlace): Promise<Plan>;
  /** Bytes that the plans of a backbone hold. */
  heldBytes(backboneDigest: string): number;
}

/** Tells one plan from another. */
export const placeKey = ({ backbone, taps, arithmetic }: Omit<CodePlace, 'materials'>): string =>
  JSON.stringify([
    backbone.digest,
    arithmetic.kind,
    arithmetic.quantisation,
    taps.map(({ op, pooling, pre }) => [op, pooling, pre]),
  ]);

/** Weight values that compiling goes through, whatever the card says: what layers share counts for each of them. */
const valuesOf = ({ ops, weights }: Graph): number =>
  ops
    .flatMap((op) => Object.values(op.weights))
    .reduce((sum, name) => sum + weights.get(name)!.data.length, 0);

export function createPlans({ compile, memory, packed }: PlansOptions): Plans {
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
      const { card } = place.backbone;
      const compileBytes = compileBytesPerParameter * card.parameters;
      memory.requirePossible(compileBytes, what);
      const { graph, quantisation, bytes = 0 } = await place.materials();
      // The file is read from until the end: it counts here, even if it has to leave the budget for it. Reserved
      // before it was fetched, this would leave no room to fetch it, and wait for itself.
      await admit(compileBytesPerParameter * valuesOf(graph) + bytes);
      const { taps, arithmetic } = place;
      const { size } = card.recipe;
      return await compile(graph, { size, taps, arithmetic: arithmetic.kind, quantisation, admit });
    } finally {
      release();
    }
  }

  return {
    async get(place) {
      const key = placeKey(place);
      const there = plans.get(key);
      if (there) {
        memory.touch(key);
        return there.plan;
      }
      const plan = await make(place);
      const { digest } = place.backbone;
      plans.set(key, { plan, backbone: digest });
      memory.hold(key, plan.bytes, () => {
        plans.delete(key);
        plan.dispose();
      });
      return plan;
    },
    heldBytes: (digest) =>
      [...plans.values()].reduce(
        (sum, { plan, backbone }) => sum + (backbone === digest ? plan.bytes : 0),
        0,
      ),
  };
}
