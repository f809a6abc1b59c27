// The order in which a model computes: one step for a convolution with the batch-norm and the activation that follow it,
// where nobody else reads what lies between, since one kernel does them all.

import { type ActivationKind, consumersOf, type Op } from '../../graph/index.ts';
import type { ModelSpec } from './model-spec.ts';

export interface Step {
  op: Op;
  /** Name of its output: that of the last op in it. */
  name: string;
  /** Frozen batch-norm, folded into the layer. */
  norm?: Op;
  activation?: { kind: ActivationKind; alpha?: number | undefined };
}

export function stepsOf(spec: ModelSpec): Step[] {
  const consumers = consumersOf(spec.graph);
  const taken = new Set<string>();
  /** The op that alone reads `name`, if it is of this kind. */
  const next = (name: string, kind: Op['op']): Op | undefined => {
    const readers = consumers.get(name) ?? [];
    if (name === spec.output.op || readers.length !== 1 || readers[0]!.op !== kind) return undefined;
    taken.add(readers[0]!.name);
    return readers[0];
  };
  const steps: Step[] = [];
  for (const op of spec.graph.ops) {
    if (taken.has(op.name)) continue;
    const step: Step = { op, name: op.name };
    const layer = op.op === 'conv2d' || op.op === 'dense';
    if (layer && !op.attrs.activation && spec.batchNorm === 'frozen') {
      const norm = next(step.name, 'batchNorm');
      if (norm) Object.assign(step, { norm, name: norm.name });
    }
    const source = op.attrs.activation ? op : layer ? next(step.name, 'activation') : undefined;
    if (source) {
      step.activation = { kind: source.attrs.activation!, alpha: source.attrs.alpha };
      step.name = source.name;
    }
    steps.push(step);
  }
  return steps;
}
