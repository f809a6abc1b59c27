// One function per Keras layer: its configuration becomes graph ops under the layer's name. A layer that is not
// in the table is refused by name.

import type { ActivationKind, OpAttrs, OpKind, Padding, Weight, WeightRoles } from '../graph.ts';
import { invalid, unsupported } from '../problems.ts';
import { activationKind, type GraphBuilder } from './builder.ts';
import { type Json, list, number, pair, shape, show, text } from './json.ts';

/** A layer as its handler sees it. */
export interface Layer {
  name: string;
  className: string;
  config: Json;
  /** Names of what it reads. */
  inputs: string[];
}

export interface LayersModel {
  builder: GraphBuilder;
  /** The layer's weight of that Keras name (`kernel`, `moving_mean`), or undefined. */
  find(layer: string, role: string): { name: string; weight: Weight } | undefined;
}

type Handler = (model: LayersModel, layer: Layer) => void;

const activations: Record<string, ActivationKind> = {
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  swish: 'swish',
  silu: 'swish',
};

const dropped: Handler = ({ builder }, layer) => builder.rename(layer.name, input(layer));

/** Keras layer class → handler. `InputLayer` and nested models are the walker's business. */
export const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['Conv2D', conv],
  ['DepthwiseConv2D', depthwise],
  ['SeparableConv2D', separable],
  ['Dense', dense],
  ['BatchNormalization', batchNorm],
  ['BatchNormalizationV1', batchNorm],
  ['ReLU', relu],
  ['LeakyReLU', leakyRelu],
  [
    'Activation',
    (model, layer) => activate(model, layer, text(layer.config.activation, `activation of "${layer.name}"`)),
  ],
  ['Softmax', (model, layer) => activate(model, layer, 'softmax')],
  ['ZeroPadding2D', zeroPadding],
  ['MaxPooling2D', (model, layer) => pool(model, layer, 'maxPool')],
  ['AveragePooling2D', (model, layer) => pool(model, layer, 'avgPool')],
  ['GlobalAveragePooling2D', globalPool],
  ['Flatten', ({ builder }, layer) => builder.emit('flatten', layer.name, [input(layer)])],
  ['Reshape', reshape],
  ['Add', (model, layer) => model.builder.emitChain('add', layer.name, several(layer))],
  ['Multiply', (model, layer) => model.builder.emitChain('mul', layer.name, several(layer))],
  ['Concatenate', concatenate],
  ['Rescaling', rescale],
  ['Dropout', ({ builder }, layer) => builder.emit('dropout', layer.name, [input(layer)])],
  ['SpatialDropout2D', ({ builder }, layer) => builder.emit('dropout', layer.name, [input(layer)])],
  ['AlphaDropout', dropped],
  ['GaussianDropout', dropped],
  ['GaussianNoise', dropped],
  ['ActivityRegularization', dropped],
]);

function input(layer: Layer): string {
  const [only, second] = layer.inputs;
  if (only === undefined || second !== undefined)
    throw invalid(
      `Layer "${layer.name}" (${layer.className}) has ${layer.inputs.length} inputs instead of one.`,
    );
  return only;
}

function several(layer: Layer): string[] {
  if (layer.inputs.length < 2)
    throw invalid(`Layer "${layer.name}" (${layer.className}) needs two inputs or more.`);
  return layer.inputs;
}

/** A needed weight under the name it has in the graph, optionally in another shape of the same values. */
function weight(
  model: LayersModel,
  layer: Layer,
  role: string,
  reshaped?: (shape: number[]) => number[],
): string {
  const found = model.find(layer.name, role);
  if (!found)
    throw invalid(`Layer "${layer.name}" (${layer.className}) has no weight "${role}" in the weight files.`);
  const sides = reshaped ? reshaped(found.weight.shape) : found.weight.shape;
  return model.builder.weight(found.name, { ...found.weight, shape: sides });
}

/** The bias role, where the layer uses one. */
function bias(model: LayersModel, layer: Layer): WeightRoles {
  return layer.config.use_bias === false ? {} : { bias: weight(model, layer, 'bias') };
}

function channelsLast({ name, config }: Layer): void {
  if ((config.data_format ?? 'channels_last') !== 'channels_last')
    throw unsupported(
      `Layer "${name}" is laid out ${show(config.data_format)}; only channels_last is supported.`,
    );
}

function padding({ name, config }: Layer): Padding {
  const kind = config.padding ?? 'valid';
  if (kind === 'same' || kind === 'valid') return kind;
  throw unsupported(`Layer "${name}" has the padding ${show(kind)}.`);
}

function convAttrs(layer: Layer): OpAttrs {
  channelsLast(layer);
  return {
    stride: pair(layer.config.strides ?? 1, `strides of "${layer.name}"`),
    dilation: pair(layer.config.dilation_rate ?? 1, `dilation_rate of "${layer.name}"`),
    padding: padding(layer),
  };
}

/** Emits a weighted layer with its own activation, which Keras lets every one of them have. */
function emitActivated(
  model: LayersModel,
  layer: Layer,
  op: OpKind,
  inputs: string[],
  attrs: OpAttrs,
  roles: WeightRoles,
) {
  const name = text(layer.config.activation ?? 'linear', `activation of "${layer.name}"`);
  if (name === 'softmax') model.builder.emitSoftmaxed(op, layer.name, inputs, attrs, roles);
  else if (name === 'linear') model.builder.emit(op, layer.name, inputs, attrs, roles);
  else model.builder.emit(op, layer.name, inputs, { ...attrs, activation: kindOf(name, layer) }, roles);
}

const kindOf = (name: string, layer: Layer) => activationKind(activations, name, layer.name);

function conv(model: LayersModel, layer: Layer): void {
  const groups = number(layer.config.groups ?? 1, `groups of "${layer.name}"`);
  const roles = { kernel: weight(model, layer, 'kernel'), ...bias(model, layer) };
  emitActivated(model, layer, 'conv2d', [input(layer)], { ...convAttrs(layer), groups }, roles);
}

/** A depthwise kernel [kh, kw, c, m] is, value for value, a grouped one [kh, kw, 1, c·m]. */
function depthwiseKernel(model: LayersModel, layer: Layer): { kernel: string; groups: number } {
  let groups = 0;
  const kernel = weight(model, layer, 'depthwise_kernel', (sides) => {
    const [kh, kw, c, m] = sides;
    if (sides.length !== 4 || !kh || !kw || !c || !m)
      throw invalid(`Layer "${layer.name}" (${layer.className}) has a kernel [${sides}].`);
    groups = c;
    return [kh, kw, 1, c * m];
  });
  return { kernel, groups };
}

function depthwise(model: LayersModel, layer: Layer): void {
  const { kernel, groups } = depthwiseKernel(model, layer);
  const roles = { kernel, ...bias(model, layer) };
  emitActivated(model, layer, 'conv2d', [input(layer)], { ...convAttrs(layer), groups }, roles);
}

function separable(model: LayersModel, layer: Layer): void {
  const { kernel, groups } = depthwiseKernel(model, layer);
  const spatial = `${layer.name}#depthwise`;
  model.builder.emit('conv2d', spatial, [input(layer)], { ...convAttrs(layer), groups }, { kernel });
  const roles = { kernel: weight(model, layer, 'pointwise_kernel'), ...bias(model, layer) };
  emitActivated(model, layer, 'conv2d', [spatial], { stride: [1, 1], padding: 'valid', groups: 1 }, roles);
}

function dense(model: LayersModel, layer: Layer): void {
  const roles = { kernel: weight(model, layer, 'kernel'), ...bias(model, layer) };
  emitActivated(model, layer, 'dense', [input(layer)], {}, roles);
}

function batchNorm(model: LayersModel, layer: Layer): void {
  const { axis = -1, epsilon = 1e-3, scale, center } = layer.config;
  const at = Array.isArray(axis) ? axis[0] : axis;
  if (at !== -1 && at !== 3)
    throw unsupported(`Layer "${layer.name}" normalises axis ${show(at)}, not the channels.`);
  const roles: WeightRoles = {
    mean: weight(model, layer, 'moving_mean'),
    variance: weight(model, layer, 'moving_variance'),
    ...(scale === false ? {} : { gamma: weight(model, layer, 'gamma') }),
    ...(center === false ? {} : { beta: weight(model, layer, 'beta') }),
  };
  model.builder.emit('batchNorm', layer.name, [input(layer)], { epsilon: number(epsilon, 'epsilon') }, roles);
}

function activate({ builder }: LayersModel, layer: Layer, name: string, alpha?: number): void {
  if (name === 'linear') builder.rename(layer.name, input(layer));
  else if (name === 'softmax') builder.emit('softmax', layer.name, [input(layer)], { axis: -1 });
  else {
    const activation = name === 'leakyRelu' ? name : kindOf(name, layer);
    const slope = alpha === undefined ? {} : { alpha };
    builder.emit('activation', layer.name, [input(layer)], { activation, ...slope });
  }
}

function relu(model: LayersModel, layer: Layer): void {
  const { max_value: most = null, negative_slope: slope, threshold } = layer.config;
  const alpha = slope ? number(slope, `negative_slope of "${layer.name}"`) : 0;
  if (threshold || (most !== null && most !== 6) || (alpha && most !== null))
    throw unsupported(
      `Layer "${layer.name}" is a ReLU with a threshold or maximum that Headwater does not have.`,
    );
  if (alpha) activate(model, layer, 'leakyRelu', alpha);
  else activate(model, layer, most === 6 ? 'relu6' : 'relu');
}

function leakyRelu(model: LayersModel, layer: Layer): void {
  const slope = layer.config.negative_slope ?? layer.config.alpha ?? 0.3;
  activate(model, layer, 'leakyRelu', number(slope, `alpha of "${layer.name}"`));
}

function zeroPadding({ builder }: LayersModel, layer: Layer): void {
  channelsLast(layer);
  const where = `padding of "${layer.name}"`;
  const raw = layer.config.padding ?? 1;
  const [rows, columns] = Array.isArray(raw) ? list(raw, where) : [raw, raw];
  const [top, bottom] = pair(rows, where);
  const [left, right] = pair(columns, where);
  builder.emit('pad', layer.name, [input(layer)], { padding: { top, right, bottom, left }, value: 0 });
}

function pool({ builder }: LayersModel, layer: Layer, op: 'avgPool' | 'maxPool'): void {
  channelsLast(layer);
  const window = pair(layer.config.pool_size ?? 2, `pool_size of "${layer.name}"`);
  const stride = pair(layer.config.strides ?? window, `strides of "${layer.name}"`);
  const attrs: OpAttrs = { window, stride, padding: padding(layer) };
  builder.emit(op, layer.name, [input(layer)], op === 'avgPool' ? { ...attrs, countPadding: false } : attrs);
}

function globalPool({ builder }: LayersModel, layer: Layer): void {
  channelsLast(layer);
  const keep = layer.config.keepdims === true;
  builder.emit('globalAvgPool', keep ? `${layer.name}#pooled` : layer.name, [input(layer)]);
  if (keep) builder.emit('reshape', layer.name, [`${layer.name}#pooled`], { shape: [1, 1, -1] });
}

function reshape({ builder }: LayersModel, layer: Layer): void {
  const target = shape(layer.config.target_shape, `target_shape of "${layer.name}"`, true);
  builder.emit('reshape', layer.name, [input(layer)], { shape: target });
}

function concatenate({ builder }: LayersModel, layer: Layer): void {
  const axis = layer.config.axis ?? -1;
  if (axis !== -1 && axis !== 3)
    throw unsupported(
      `Layer "${layer.name}" concatenates along axis ${show(axis)}; only channels are supported.`,
    );
  builder.emit('concat', layer.name, several(layer), { axis: -1 });
}

function rescale({ builder }: LayersModel, layer: Layer): void {
  const constant = (role: string, value: unknown): WeightRoles => {
    const data = Float32Array.of(number(value, `${role} of "${layer.name}"`));
    return { constant: builder.weight(`${layer.name}/${role}`, { kind: 'float32', shape: [1], data }) };
  };
  builder.emit('mul', `${layer.name}#scaled`, [input(layer)], {}, constant('scale', layer.config.scale));
  builder.emit('add', layer.name, [`${layer.name}#scaled`], {}, constant('offset', layer.config.offset ?? 0));
}
