// One op of the graph as a closure over tfjs kernels. What is not a convolution, a pool or an activation is
// short enough to stand here.

import type { Tensor } from '@tensorflow/tfjs-core';
import { HeadwaterError } from '../../errors/index.ts';
import { type Graph, type Op, resolvePadding, weightValues } from '../../graph/index.ts';
import { weightOf } from '../../graph/weights.ts';
import { activation } from './activation.ts';
import { conv, type Pads } from './conv.ts';
import { type Closure, type Constants, chain, kernel, reshape, type Shape4, shape4 } from './kernel.ts';
import { globalAvgPool, pad, pool } from './pool.ts';

/** What an op is compiled from: the optimised graph, its shapes, and where its weights are kept. */
export interface Context {
  graph: Graph;
  /** Output shape of every op and of the input, without the batch. */
  shapes: Map<string, number[]>;
  constants: Constants;
}

/**
 * Compiles one op, with the activation fused into it.
 *
 * @throws HeadwaterError `unsupported-graph` for what these kernels cannot do.
 */
export function operation(op: Op, context: Context): Closure {
  const { constants } = context;
  if (op.op === 'conv2d' || op.op === 'dense') return layer(op, context);
  if (op.op === 'activation') return activation(op.attrs, constants);
  const bare = plain(op, context);
  return op.attrs.activation ? chain(bare, activation(op.attrs, constants)) : bare;
}

function plain(op: Op, context: Context): Closure {
  const input = shapeOf(context, op.inputs[0]!);
  const output = shapeOf(context, op.name);
  switch (op.op) {
    case 'maxPool':
    case 'avgPool':
      return pool(
        op.op,
        op.attrs,
        padsOf(op, input, op.attrs.window ?? [1, 1]),
        input,
        output,
        context.constants,
      );
    case 'globalAvgPool':
      return globalAvgPool(input);
    case 'add':
      return binary('Add', op, context);
    case 'mul':
      return binary('Multiply', op, context);
    case 'batchNorm':
      return batchNorm(op, context);
    case 'concat':
      return concat(op, context);
    case 'pad':
      return pad(op.attrs.padding as Pads, op.attrs.value ?? 0);
    case 'lrn':
      return lrn(op);
    case 'softmax':
      return softmax(op, context);
    case 'channelShuffle':
      return channelShuffle(op.attrs.groups!, input);
    case 'channelSlice':
      return channelSlice(op.attrs.start!, output);
    case 'flatten':
    case 'reshape':
    case 'dropout':
      return ([x]) => reshape(x!, output);
    default:
      throw refuse(op, `an op of kind "${op.op}"`);
  }
}

function layer(op: Op, context: Context): Closure {
  const input = shapeOf(context, op.inputs[0]!);
  const stored = weightOf(context.graph, op.weights.kernel, op.name);
  const kernelShape = [1, 1, 1, 1, ...stored.shape].slice(-4) as [number, number, number, number];
  const bias = op.weights.bias && weightValues(weightOf(context.graph, op.weights.bias, op.name));
  const weights = { shape: kernelShape, kernel: weightValues(stored), bias: bias || undefined };
  if (op.op === 'dense') {
    const { activation: kind, alpha } = op.attrs;
    const attrs = { ...(kind && { activation: kind }), ...(alpha !== undefined && { alpha }) };
    return conv(attrs, { top: 0, right: 0, bottom: 0, left: 0 }, input, weights, context.constants);
  }
  return conv(
    op.attrs,
    padsOf(op, input, [kernelShape[0], kernelShape[1]]),
    input,
    weights,
    context.constants,
  );
}

function binary(name: 'Add' | 'Multiply', op: Op, context: Context): Closure {
  if (op.inputs.length === 2) return ([a, b]) => kernel(name, { a: a!, b: b! });
  const weight = weightOf(context.graph, op.weights.constant, op.name);
  const constant = context.constants.add(weightValues(weight), shape4(weight.shape));
  return ([a]) => kernel(name, { a: a!, b: constant });
}

/** A batch-norm that no convolution could take in: x · s + t, with s = γ / √(σ² + ε) and t = β − μ · s. */
function batchNorm(op: Op, context: Context): Closure {
  const role = (name: string | undefined) => name && weightValues(weightOf(context.graph, name, op.name));
  const { gamma, beta, mean, variance } = op.weights;
  const [g, b, m, v] = [role(gamma), role(beta), role(mean) as Float32Array, role(variance) as Float32Array];
  const scale = Float32Array.from(v, (v, c) => (g ? g[c]! : 1) / Math.sqrt(v + (op.attrs.epsilon ?? 0)));
  const shift = Float32Array.from(m, (m, c) => (b ? b[c]! : 0) - m * scale[c]!);
  const s = context.constants.add(scale, [1, 1, 1, scale.length]);
  const t = context.constants.add(shift, [1, 1, 1, shift.length]);
  return chain(
    ([x]) => kernel('Multiply', { a: x!, b: s }),
    ([x]) => kernel('Add', { a: x!, b: t }),
  );
}

function concat(op: Op, context: Context): Closure {
  const rank = context.shapes.get(op.inputs[0]!)!.length;
  const axis = op.attrs.axis ?? -1;
  const fromEnd = axis < 0 ? axis : axis - rank;
  // Concat takes its inputs as a list, which is a record with indices for names.
  return (inputs) => kernel('Concat', inputs as unknown as Record<string, Tensor>, { axis: 4 + fromEnd });
}

/** x / (bias + alpha / size · Σ x²)^beta over `size` neighbouring channels, as in Caffe and ONNX. */
function lrn(op: Op): Closure {
  const { size = 5, alpha = 1e-4, beta = 0.75, bias = 1 } = op.attrs;
  if (size % 2 === 0) throw refuse(op, `a window of ${size} channels (only odd ones are centred)`);
  return ([x]) => kernel('LRN', { x: x! }, { depthRadius: (size - 1) / 2, bias, alpha: alpha / size, beta });
}

/** Channels [groups, n] → [n, groups]. */
function channelShuffle(groups: number, [, h, w, c]: Shape4): Closure {
  return ([x]) => {
    const split = reshape(x!, [1, h * w, groups, c / groups]);
    const turned = kernel('Transpose', { x: split }, { perm: [0, 1, 3, 2] });
    split.dispose();
    const joined = reshape(turned, [1, h, w, c]);
    turned.dispose();
    return joined;
  };
}

function channelSlice(start: number, size: Shape4): Closure {
  return ([x]) => kernel('Slice', { x: x! }, { begin: [0, 0, 0, start], size });
}

function softmax(op: Op, context: Context): Closure {
  const rank = context.shapes.get(op.inputs[0]!)!.length;
  const axis = op.attrs.axis ?? -1;
  if (axis !== -1 && axis !== rank - 1) throw refuse(op, `softmax along axis ${axis} (only the last one)`);
  return ([x]) => kernel('Softmax', { logits: x! }, { dim: 3 });
}

const shapeOf = (context: Context, name: string): Shape4 => shape4(context.shapes.get(name)!);

const padsOf = (op: Op, [, h, w]: Shape4, window: [number, number]): Pads =>
  resolvePadding(op.attrs, window, h, w);

const refuse = (op: Op, what: string) =>
  new HeadwaterError(
    'unsupported-graph',
    `Layer "${op.name}" needs ${what}, which the inference engine does not have. Use a tap before this layer.`,
    { layer: op.name },
  );
