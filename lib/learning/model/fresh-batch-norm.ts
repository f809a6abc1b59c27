// Gives a network whose batch-norm was folded away its batch-norm back, untrained: from scratch, a net without one would
// be a weak opponent.

import { consumersOf, type Graph, type Op, type Weight } from '../../graph/index.ts';
import { weightOf } from '../../graph/weights.ts';

/** Keeps a variance of zero from dividing; Keras's and TensorFlow's usual value. */
const epsilon = 1e-3;

/**
 * The graph with a batch-norm after every convolution that has none, before its activation; the convolution's bias, which
 * the batch-norm would take out again, goes. Names still mean what they meant: `<name>` is what the layer gives, read
 * after its activation. Convolutions of pooled vectors (squeeze and excite) stay as they are: a batch has too few
 * numbers there.
 */
export function freshBatchNorm(graph: Graph): Graph {
  const consumers = consumersOf(graph);
  const pooled = pooledNames(graph);
  const weights = new Map(graph.weights);
  const ops = graph.ops.flatMap((op) => {
    const followed = consumers.get(op.name)?.some((reader) => reader.op === 'batchNorm') ?? false;
    if (op.op !== 'conv2d' || followed || pooled.has(op.name)) return [op];
    const channels = weightOf(graph, op.weights.kernel, op.name).shape.at(-1)!;
    return normalised(op, channels, weights);
  });
  const used = new Set(ops.flatMap((op) => Object.values(op.weights)));
  return { ...graph, ops, weights: new Map([...weights].filter(([name]) => used.has(name))) };
}

function normalised(op: Op, channels: number, weights: Map<string, Weight>): Op[] {
  const { activation, alpha, ...attrs } = op.attrs;
  const { bias: _, ...roles } = op.weights;
  const bare = `${op.name}:conv`;
  const end = activation ? `${op.name}:pre` : op.name;
  const put = (role: string, value: number) => {
    const name = `${op.name}#${role}`;
    weights.set(name, { kind: 'float32', shape: [channels], data: new Float32Array(channels).fill(value) });
    return name;
  };
  const norm: Op = {
    name: end,
    op: 'batchNorm',
    inputs: [bare],
    attrs: { epsilon },
    weights: {
      gamma: put('gamma', 1),
      beta: put('beta', 0),
      mean: put('mean', 0),
      variance: put('variance', 1),
    },
  };
  const ops: Op[] = [{ ...op, name: bare, attrs, weights: roles }, norm];
  if (!activation) return ops;
  const slope = alpha === undefined ? {} : { alpha };
  return [
    ...ops,
    { name: op.name, op: 'activation', inputs: [end], attrs: { activation, ...slope }, weights: {} },
  ];
}

/** Outputs that come from pooled vectors alone. */
function pooledNames(graph: Graph): Set<string> {
  const pooled = new Set<string>();
  for (const op of graph.ops)
    if (op.op === 'globalAvgPool' || op.inputs.every((name) => pooled.has(name))) pooled.add(op.name);
  return pooled;
}
