// The structural check that every imported or stored graph passes before anything is computed with it: names,
// order, attributes, weights. What depends on the input size is checked by `inferShapes`.

import type { ActivationKind, Graph, Op, OpKind, Weight, WeightRoles } from './graph.ts';
import { invalid, unsupported } from './problems.ts';
import { sizeOf, weightOf } from './weights.ts';

/** More layers than any ConvNet has. */
export const maxOps = 10_000;
/** Largest number of weight values in all: 1 GB of float32. */
export const maxWeightValues = 256 * 1024 * 1024;
/** Largest stride, window, dilation, padding or reshaped side. */
export const maxExtent = 65_536;

type Role = keyof WeightRoles;
interface Rule {
  inputs: readonly [least: number, most: number];
  needs?: readonly Role[];
  may?: readonly Role[];
  /** Whether an activation may be fused into it. */
  activates?: boolean;
}

const one = [1, 1] as const;
const rules: Record<OpKind, Rule> = {
  conv2d: { inputs: one, needs: ['kernel'], may: ['bias'], activates: true },
  dense: { inputs: one, needs: ['kernel'], may: ['bias'], activates: true },
  batchNorm: { inputs: one, needs: ['mean', 'variance'], may: ['gamma', 'beta'] },
  maxPool: { inputs: one },
  avgPool: { inputs: one },
  globalAvgPool: { inputs: one },
  add: { inputs: [1, 2], may: ['constant'], activates: true },
  mul: { inputs: [1, 2], may: ['constant'] },
  concat: { inputs: [1, 256] },
  activation: { inputs: one, activates: true },
  lrn: { inputs: one },
  pad: { inputs: one },
  flatten: { inputs: one },
  reshape: { inputs: one },
  softmax: { inputs: one },
  dropout: { inputs: one },
  channelShuffle: { inputs: one },
  channelSlice: { inputs: one },
};

const activations: ReadonlySet<string> = new Set<ActivationKind>([
  'relu',
  'relu6',
  'sigmoid',
  'swish',
  'hardSwish',
  'hardSigmoid',
  'leakyRelu',
  'tanh',
]);

/**
 * Checks a graph that came from outside.
 *
 * @throws HeadwaterError `invalid-file` when it contradicts itself, `unsupported-graph` when it has an op or an
 * attribute that Headwater does not have.
 */
export function validateGraph(graph: Graph): void {
  if (!graph.ops.length) throw invalid('The network has no layers.');
  if (graph.ops.length > maxOps)
    throw unsupported(`The network has ${graph.ops.length} layers; ${maxOps} is the limit.`);
  if (!extent(graph.input.channels)) throw invalid(`The input cannot have ${graph.input.channels} channels.`);
  let values = 0;
  for (const [name, weight] of graph.weights) {
    checkWeight(name, weight);
    values += weight.data.length;
  }
  if (values > maxWeightValues)
    throw unsupported(`The network has ${values} weights; ${maxWeightValues} is the limit.`);
  const known = new Set([graph.input.name]);
  for (const op of graph.ops) {
    if (known.has(op.name)) throw invalid(`Two layers are called "${op.name}".`);
    for (const input of op.inputs)
      if (!known.has(input))
        throw invalid(`Layer "${op.name}" reads "${input}", which does not come before it.`);
    checkOp(graph, op);
    known.add(op.name);
  }
  for (const [alias, tap] of Object.entries(graph.taps))
    if (!known.has(tap.op)) throw invalid(`Tap "${alias}" is at layer "${tap.op}", which does not exist.`);
}

function checkWeight(name: string, weight: Weight): void {
  if (
    !weight.shape.every((n) => Number.isSafeInteger(n) && n > 0) ||
    sizeOf(weight.shape) !== weight.data.length
  )
    throw invalid(`Weight "${name}" has ${weight.data.length} values, which is not [${weight.shape}].`);
  if (weight.kind === 'float32') return;
  const { scale, zeroPoint } = weight;
  if (scale.length !== zeroPoint.length || (scale.length !== 1 && scale.length !== weight.shape.at(-1)))
    throw invalid(
      `Weight "${name}" has ${scale.length} scales and ${zeroPoint.length} zero points for [${weight.shape}].`,
    );
  if (![...scale, ...zeroPoint].every(Number.isFinite))
    throw invalid(`Weight "${name}" has a scale that is no number.`);
}

function checkOp(graph: Graph, op: Op): void {
  const rule = Object.hasOwn(rules, op.op) ? rules[op.op] : undefined;
  if (!rule) throw unsupported(`Layer "${op.name}" is a "${op.op}", which Headwater does not have.`);
  const [least, most] = rule.inputs;
  if (op.inputs.length < least || op.inputs.length > most)
    throw invalid(`Layer "${op.name}" (${op.op}) cannot have ${op.inputs.length} inputs.`);
  const allowed: readonly string[] = [...(rule.needs ?? []), ...(rule.may ?? [])];
  for (const role of Object.keys(op.weights))
    if (!allowed.includes(role))
      throw invalid(`Layer "${op.name}" (${op.op}) cannot have the weight "${role}".`);
  for (const role of rule.needs ?? []) weightOf(graph, op.weights[role], op.name);
  checkAttrs(op, rule);
  checkWeightShapes(graph, op);
}

function checkAttrs(op: Op, rule: Rule): void {
  const { activation, alpha, stride, dilation, window, groups, padding, epsilon, shape, value } = op.attrs;
  const { start, count } = op.attrs;
  const bad = (what: string) => invalid(`Layer "${op.name}" (${op.op}) has a bad ${what}.`);
  if (activation !== undefined && !activations.has(activation))
    throw unsupported(
      `Layer "${op.name}" has the activation "${activation}", which Headwater does not have.`,
    );
  if (activation !== undefined && !rule.activates) throw bad('activation: this kind of layer takes none');
  if (op.op === 'activation' && activation === undefined) throw bad('activation: none is given');
  if (activation === 'leakyRelu' && !Number.isFinite(alpha)) throw bad('slope (alpha)');
  for (const [name, pair] of Object.entries({ stride, dilation, window }))
    if (pair !== undefined && !(pair.length === 2 && pair.every(extent))) throw bad(name);
  if ((op.op === 'maxPool' || op.op === 'avgPool') && !window) throw bad('window: none is given');
  if (groups !== undefined && !extent(groups)) throw bad('number of groups');
  if (typeof padding === 'object') {
    const sides = [padding.top, padding.right, padding.bottom, padding.left];
    if (!sides.every((n) => n === 0 || extent(n))) throw bad('padding');
  } else if (op.op === 'pad') throw bad('padding: it must be explicit');
  if (op.op === 'channelShuffle' && !groups) throw bad('number of groups: none is given');
  if (op.op === 'channelSlice' && !(extent(count ?? 0) && (start === 0 || extent(start ?? -1))))
    throw bad('run of channels');
  if (epsilon !== undefined && !(epsilon >= 0 && Number.isFinite(epsilon))) throw bad('epsilon');
  if (value !== undefined && Number.isNaN(value)) throw bad('pad value');
  if (shape && (!shape.every((n) => n === -1 || extent(n)) || shape.filter((n) => n === -1).length > 1))
    throw bad('target shape');
  if (op.op === 'reshape' && !shape) throw bad('target shape: none is given');
}

function checkWeightShapes(graph: Graph, op: Op): void {
  const shapeOf = (role: Role) =>
    op.weights[role] === undefined ? undefined : weightOf(graph, op.weights[role], op.name).shape;
  const kernel = shapeOf('kernel');
  if (kernel) {
    if (kernel.length !== (op.op === 'conv2d' ? 4 : 2))
      throw invalid(`Layer "${op.name}" (${op.op}) has a kernel of ${kernel.length} axes.`);
    if (kernel.at(-1)! % (op.attrs.groups ?? 1))
      throw invalid(
        `Layer "${op.name}" has ${kernel.at(-1)} channels, not a multiple of its ${op.attrs.groups} groups.`,
      );
  }
  const channels = kernel ? kernel.at(-1)! : shapeOf('mean')?.[0];
  for (const role of ['bias', 'gamma', 'beta', 'mean', 'variance'] as const) {
    const shape = shapeOf(role);
    if (shape && (shape.length !== 1 || shape[0] !== channels))
      throw invalid(`Layer "${op.name}" has ${channels} channels, but a ${role} of [${shape}].`);
  }
  if (op.op !== 'add' && op.op !== 'mul') return;
  const constant = shapeOf('constant');
  if ((op.inputs.length === 1) !== Boolean(constant))
    throw invalid(`Layer "${op.name}" (${op.op}) needs two inputs, or one and a constant.`);
  if (constant && constant.length !== 1)
    throw invalid(`Layer "${op.name}" has a constant of ${constant.length} axes.`);
}

function extent(n: number): boolean {
  return Number.isInteger(n) && n >= 1 && n <= maxExtent;
}
