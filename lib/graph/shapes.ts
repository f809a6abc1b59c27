// Shape propagation: what every op gives for an input size. Shapes are NHWC without the batch: [h, w, c] for a
// map, [n] for a vector. This is also where a graph's channels are checked against its weights.

import type { Graph, Op } from './graph.ts';
import { resolvePadding } from './padding.ts';
import { invalid, unsupported } from './problems.ts';
import { sizeOf, weightOf } from './weights.ts';

/** Largest input side. A photo is resized long before this. */
export const maxInputSide = 4096;
/** Largest output of one op, in values: 256 MB of float32, twice what an isolate has. */
export const maxActivationValues = 64 * 1024 * 1024;

/**
 * Output shape of every op, and of the input under its own name, for a square input of `size` pixels.
 *
 * @throws HeadwaterError `unsupported-graph` when the size is too small for a window or not the one that a
 * dense layer was made for; `invalid-file` when channels do not fit the weights.
 */
export function inferShapes(graph: Graph, size: number): Map<string, number[]> {
  if (!Number.isInteger(size) || size < 1 || size > maxInputSide)
    throw unsupported(
      `An input side of ${size} pixels is not possible: give a whole number from 1 to ${maxInputSide}.`,
    );
  const shapes = new Map<string, number[]>([[graph.input.name, [size, size, graph.input.channels]]]);
  for (const op of graph.ops) {
    const inputs = op.inputs.map((name) => {
      const shape = shapes.get(name);
      if (!shape) throw invalid(`Layer "${op.name}" reads "${name}", which does not come before it.`);
      return shape;
    });
    shapes.set(op.name, shapeAfter(graph, op, inputs, size));
  }
  return shapes;
}

/** Output shape of one op for the shapes of its inputs; `size` is for the words of an error. Throws as
 *  {@link inferShapes} does. */
export function shapeAfter(graph: Graph, op: Op, inputs: number[][], size: number): number[] {
  const shape = outputShape(graph, op, inputs, size);
  if (sizeOf(shape) > maxActivationValues)
    throw unsupported(
      `Layer "${op.name}" gives [${shape}] at ${size} pixels, too large to hold. Use a smaller size.`,
    );
  return shape;
}

function outputShape(graph: Graph, op: Op, inputs: number[][], size: number): number[] {
  const [input] = inputs as [number[]];
  switch (op.op) {
    case 'conv2d':
      return convShape(graph, op, input, size);
    case 'dense':
      return denseShape(graph, op, input, size);
    case 'batchNorm':
      checkChannels(graph, op, input, op.weights.mean);
      return input;
    case 'maxPool':
    case 'avgPool':
      return windowShape(op, input, op.attrs.window ?? [1, 1], input[2]!, size);
    case 'globalAvgPool':
      return [map(op, input)[2]];
    case 'add':
    case 'mul':
      return broadcastShape(graph, op, inputs);
    case 'concat':
      return concatShape(op, inputs);
    case 'pad': {
      const [h, w, c] = map(op, input);
      const { padding: p } = op.attrs;
      if (typeof p !== 'object') throw invalid(`Layer "${op.name}" pads, but does not say how much.`);
      return [h + p.top + p.bottom, w + p.left + p.right, c];
    }
    case 'flatten':
      return [sizeOf(input)];
    case 'reshape':
      return reshapeShape(op, input, size);
    case 'lrn':
      return map(op, input);
    case 'channelShuffle':
      return shuffledShape(op, input);
    case 'channelSlice':
      return slicedShape(op, input);
    case 'activation':
    case 'softmax':
    case 'dropout':
      return input;
  }
}

function map(op: Op, shape: number[]): [number, number, number] {
  if (shape.length !== 3)
    throw unsupported(`Layer "${op.name}" (${op.op}) needs a map [h, w, c], but gets [${shape}].`);
  return shape as [number, number, number];
}

function convShape(graph: Graph, op: Op, input: number[], size: number): number[] {
  const { shape: kernel } = weightOf(graph, op.weights.kernel, op.name);
  const [kh, kw, perGroup, channels] = kernel as [number, number, number, number];
  const groups = op.attrs.groups ?? 1;
  if (map(op, input)[2] !== perGroup * groups)
    throw invalid(
      `Layer "${op.name}" has a kernel [${kernel}] for ${perGroup * groups} channels, but gets [${input}].`,
    );
  return windowShape(op, input, [kh, kw], channels, size);
}

function windowShape(
  op: Op,
  input: number[],
  window: [number, number],
  channels: number,
  size: number,
): number[] {
  const [h, w] = map(op, input);
  const { outHeight, outWidth } = resolvePadding(op.attrs, window, h, w);
  if (outHeight < 1 || outWidth < 1)
    throw unsupported(
      `At ${size} pixels layer "${op.name}" gets a map of ${h} × ${w}, smaller than its window of ${window[0]} × ${window[1]}. Use a larger size, or a tap before this layer.`,
      { layer: op.name, size },
    );
  return [outHeight, outWidth, channels];
}

function denseShape(graph: Graph, op: Op, input: number[], size: number): number[] {
  const { shape: kernel } = weightOf(graph, op.weights.kernel, op.name);
  if (input.length !== 1)
    throw unsupported(
      `Dense layer "${op.name}" needs a vector, but gets [${input}]: only flattened inputs work.`,
    );
  if (input[0] !== kernel[0])
    throw unsupported(
      `Dense layer "${op.name}" takes ${kernel[0]} numbers, but gets ${input[0]} at ${size} pixels: it is bound to the size that the network was made for. Use that size, or a tap before this layer.`,
      { layer: op.name, size },
    );
  return [kernel[1]!];
}

function checkChannels(graph: Graph, op: Op, input: number[], weightName: string | undefined): void {
  const { shape } = weightOf(graph, weightName, op.name);
  if (shape.length !== 1 || shape[0] !== input.at(-1))
    throw invalid(`Layer "${op.name}" has weights [${shape}] for an input [${input}].`);
}

function broadcastShape(graph: Graph, op: Op, inputs: number[][]): number[] {
  const [a, b] = inputs as [number[], number[] | undefined];
  if (!b) {
    const { shape } = weightOf(graph, op.weights.constant, op.name);
    if (sizeOf(shape) !== 1) checkChannels(graph, op, a, op.weights.constant);
    return a;
  }
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a.at(i - rank) ?? 1;
    const n = b.at(i - rank) ?? 1;
    if (m !== n && m !== 1 && n !== 1)
      throw invalid(`Layer "${op.name}" (${op.op}) cannot combine [${a}] and [${b}].`);
    return m === 1 ? n : m;
  });
}

function concatShape(op: Op, inputs: number[][]): number[] {
  const first = inputs[0]!;
  const axis = op.attrs.axis ?? -1;
  const at = axis < 0 ? first.length + axis : axis;
  const fits = (shape: number[]) =>
    shape.length === first.length && shape.every((n, i) => i === at || n === first[i]);
  if (at < 0 || at >= first.length || !inputs.every(fits))
    throw invalid(
      `Layer "${op.name}" cannot concatenate ${inputs.map((s) => `[${s}]`).join(', ')} along ${axis}.`,
    );
  return first.map((n, i) => (i === at ? inputs.reduce((sum, shape) => sum + shape[i]!, 0) : n));
}

function shuffledShape(op: Op, input: number[]): number[] {
  if (map(op, input)[2] % (op.attrs.groups ?? 1))
    throw invalid(`Layer "${op.name}" shuffles ${op.attrs.groups} groups of [${input}].`);
  return input;
}

function slicedShape(op: Op, input: number[]): number[] {
  const { start = 0, count = 0 } = op.attrs;
  if (start + count > input.at(-1)!)
    throw invalid(`Layer "${op.name}" takes channels ${start} to ${start + count} of [${input}].`);
  return [...input.slice(0, -1), count];
}

function reshapeShape(op: Op, input: number[], size: number): number[] {
  const target = op.attrs.shape ?? [-1];
  const total = sizeOf(input);
  const known = target.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const shape = target.map((n) => (n === -1 ? total / known : n));
  if (sizeOf(shape) !== total || !shape.every(Number.isInteger))
    throw unsupported(
      `Layer "${op.name}" reshapes to [${target}], which does not fit [${input}] at ${size} pixels. Use the size that the network was made for, or a tap before this layer.`,
      { layer: op.name, size },
    );
  return shape;
}
