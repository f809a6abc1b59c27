// Windows that slide: padding as ONNX states it, and the pools.

import type { Padding } from '../graph.ts';
import { invalid } from '../problems.ts';
import { maxExtent } from '../validate.ts';
import type { OnnxContext, Placed, Value } from './onnx-context.ts';
import { asMap, isChannelsLast, mapView } from './onnx-layout.ts';
import { intAttr, intsAttr, type Node, pairAttr, refuse, stringAttr } from './onnx-nodes.ts';
import { normalAxis } from './onnx-shape-args.ts';

/**
 * Padding of a window over a map. SAME_LOWER puts an odd pixel to the top and the left; where the stride is not 1, how
 * many there are depends on the input's side, and is worked out for the model's own.
 */
export function windowPadding(
  node: Node,
  window: [number, number],
  stride: [number, number],
  dilation: [number, number],
  map: Placed,
): Padding {
  const auto = stringAttr(node, 'auto_pad', 'NOTSET');
  if (auto === 'VALID') return 'valid';
  if (auto === 'SAME_UPPER') return 'same';
  if (auto === 'SAME_LOWER') {
    const [y, x] = [0, 1].map((i) => {
      const out = Math.ceil(map.graphShape[i]! / stride[i]!);
      const reach = (window[i]! - 1) * dilation[i]! + 1;
      return Math.max(0, (out - 1) * stride[i]! + reach - map.graphShape[i]!);
    }) as [number, number];
    if (y % 2 === 0 && x % 2 === 0) return 'same';
    return {
      top: Math.ceil(y / 2),
      bottom: Math.floor(y / 2),
      left: Math.ceil(x / 2),
      right: Math.floor(x / 2),
    };
  }
  if (auto !== 'NOTSET') throw refuse(node, `has the padding "${auto}", which is none.`);
  const pads = intsAttr(node, 'pads') ?? [0, 0, 0, 0];
  if (pads.length !== 4)
    throw refuse(node, `pads ${pads.length / 2} spatial axes; only height and width are supported.`);
  return sides(node, pads as [number, number, number, number]);
}

/** [top, left, bottom, right] */
function sides(node: Node, [top, left, bottom, right]: [number, number, number, number]): Padding {
  if (![top, left, bottom, right].every((n) => Number.isInteger(n) && n <= maxExtent))
    throw invalid(`${node.where} pads by [${[top, left, bottom, right]}].`);
  if (Math.min(top, left, bottom, right) < 0)
    throw refuse(node, 'pads by less than nothing, which would crop.');
  return { top, right, bottom, left };
}

/** MaxPool and AveragePool. */
export function pool(context: OnnxContext, node: Node): Value {
  const window = pairAttr(node, 'kernel_shape');
  if (!window) throw invalid(`${node.where} has no kernel_shape.`);
  const stride = pairAttr(node, 'strides') ?? [1, 1];
  const dilation = pairAttr(node, 'dilations') ?? [1, 1];
  if (dilation.some((d) => d !== 1)) throw refuse(node, 'has holes in its window (dilations).');
  if (node.outputs.slice(1).some(Boolean))
    throw refuse(node, 'also gives the places of its maxima (Indices).');
  const map = asMap(context, context.view(node, 0), node);
  const padding = windowPadding(node, window, stride, dilation, map);
  if (typeof padding === 'object') {
    const { top, bottom, left, right } = padding;
    if (Math.max(top, bottom) >= window[0] || Math.max(left, right) >= window[1])
      throw refuse(
        node,
        `pads by as much as its window [${window}] reaches: some windows would lie outside.`,
      );
  }
  const average = node.op === 'AveragePool';
  const attrs = {
    window,
    stride,
    padding,
    ...(intAttr(node, 'ceil_mode', 0) !== 0 && typeof padding === 'object' && { ceil: true }),
    ...(average && { countPadding: intAttr(node, 'count_include_pad', 0) !== 0 }),
  };
  return mapView(context, context.emit(average ? 'avgPool' : 'maxPool', node.name, [map], attrs));
}

/** Pad with a constant, of height and width. */
export function pad(context: OnnxContext, node: Node): Value {
  const mode = stringAttr(node, 'mode', 'constant');
  if (mode !== 'constant') throw refuse(node, `pads by "${mode}"; only a constant is supported.`);
  const input = context.view(node, 0);
  const rank = input.axes.length;
  const named = context.ints(node, 3)?.map((axis) => normalAxis(node, axis, rank));
  const axes = named ?? input.axes.map((_, i) => i);
  const pads = intsAttr(node, 'pads') ?? context.ints(node, 1) ?? [];
  if (pads.length !== 2 * axes.length)
    throw invalid(`${node.where} pads ${rank} axes by [${pads.slice(0, 16)}].`);
  const all = Array<number>(2 * rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    all[axis] = pads[i]!;
    all[rank + axis] = pads[axes.length + i]!;
  }
  if (all.every((n) => n === 0)) return input;
  const last = isChannelsLast(input);
  const [h, w] = last ? [1, 2] : [2, 3];
  const amounts = [all[h]!, all[w]!, all[rank + h]!, all[rank + w]!] as [number, number, number, number];
  if (rank !== 4 || all.some((n, i) => n !== 0 && i % rank !== h && i % rank !== w))
    throw refuse(node, `pads by [${all}]; only height and width are supported.`);
  const value = node.attributes.get('value')?.f ?? context.scalar(node, 2) ?? 0;
  const attrs = { padding: sides(node, amounts), value };
  return mapView(context, context.emit('pad', node.name, [asMap(context, input, node, last)], attrs), last);
}
