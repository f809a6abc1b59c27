// What every importer writes into: ops, weights, and names that stand for others (a dropped Identity). It ends as
// a validated graph.

import { withOps } from '../edges.ts';
import type { ActivationKind, Graph, Op, OpAttrs, OpKind, Weight, WeightRoles } from '../graph.ts';
import { unsupported } from '../problems.ts';
import { validateGraph } from '../validate.ts';
import { sizeOf, weightValues } from '../weights.ts';

export class GraphBuilder {
  readonly ops: Op[] = [];
  readonly weights = new Map<string, Weight>();
  readonly #renamed = new Map<string, string>();
  input: Graph['input'] = { name: 'input', channels: 3 };

  /** Appends an op whose inputs are resolved through `rename`. */
  emit(op: OpKind, name: string, inputs: string[], attrs: OpAttrs = {}, weights: WeightRoles = {}): void {
    this.ops.push({ name, op, inputs: inputs.map((input) => this.source(input)), attrs, weights });
  }

  /** Says that `name` is another name of what `source` gives. */
  rename(name: string, source: string): void {
    this.#renamed.set(name, this.source(source));
  }

  source(name: string): string {
    return this.#renamed.get(name) ?? name;
  }

  /** Registers a weight and gives its name; the same name with another shape gets its own. */
  weight(name: string, weight: Weight): string {
    const existing = this.weights.get(name);
    if (existing && String(existing.shape) !== String(weight.shape)) return this.weight(`${name}#`, weight);
    if (!existing) this.weights.set(name, weight);
    return name;
  }

  /** Sum or product of any number of inputs as a chain of ops with two. */
  emitChain(op: 'add' | 'mul', name: string, inputs: string[], attrs: OpAttrs = {}): void {
    let left = inputs[0]!;
    for (let i = 1; i < inputs.length; i++) {
      const last = i === inputs.length - 1;
      const step = last ? name : `${name}#${i}`;
      this.emit(op, step, [left, inputs[i]!], last ? attrs : {});
      left = step;
    }
  }

  /** `softmax` has no fused form: the layer's scores get a name of their own in front of it. */
  emitSoftmaxed(op: OpKind, name: string, inputs: string[], attrs: OpAttrs, weights: WeightRoles): void {
    this.emit(op, `${name}#scores`, inputs, attrs, weights);
    this.emit('softmax', name, [`${name}#scores`], { axis: -1 });
  }

  /** The finished graph: checked, without weights that nobody names, without taps; with `outputs`, only what
   *  they need. */
  finish(outputs?: readonly string[]): Graph {
    const graph: Graph = { ops: this.ops, input: this.input, taps: {}, weights: this.weights };
    const needed = new Set(outputs);
    for (const op of this.ops.toReversed())
      if (needed.has(op.name)) for (const name of op.inputs) needed.add(name);
    const pruned = withOps(graph, outputs ? this.ops.filter((op) => needed.has(op.name)) : this.ops);
    validateGraph(pruned);
    return pruned;
  }
}

/** A constant that applies per channel, as a float32 vector of 1 or c values, each put through `change`. */
export function channelConstant(
  weight: Weight,
  layer: string,
  change: (value: number) => number = (v) => v,
): Weight {
  if (sizeOf(weight.shape) !== (weight.shape.at(-1) ?? 1))
    throw unsupported(
      `Layer "${layer}" has a constant [${weight.shape}]: only one per channel is supported.`,
    );
  const data = Float32Array.from(weightValues(weight), change);
  return { kind: 'float32', shape: [data.length], data };
}

/** An activation of the source format, or the error that names the layer. */
export function activationKind(
  table: Record<string, ActivationKind>,
  name: string,
  layer: string,
): ActivationKind {
  const kind = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!kind)
    throw unsupported(`Layer "${layer}" has the activation "${name}", which Headwater does not have.`, {
      layer,
    });
  return kind;
}
