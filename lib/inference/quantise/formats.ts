// Formats of all values of an integer plan: storage, scale, zero point.

import type { Op } from '../../graph/index.ts';
import { float32Format, type ValueFormat, type ValueFormats } from '../lower/context.ts';
import { isDepthwise, isWideInput } from '../lower/kinds.ts';
import type { Prepared } from '../lower/prepare.ts';
import type { ArithmeticKind } from '../plan.ts';
import { floatValues, groupsOf, isLayer } from './groups.ts';
import { kernelValues, magnitudes } from './kernel-values.ts';
import {
  byteLevels,
  quotientLimit,
  residualLevels,
  signedLevels,
  sumLimit,
  unsignedLevels,
} from './limits.ts';
import type { Ranges, ValueRange } from './ranges.ts';
import { chooseStorages, type Group } from './storages.ts';

/** Quotients of a depthwise kernel of bytes stay within int16. */
const depthwiseQuotientLimit = 32_000;
/** Weights are rounded, and the bias is corrected for it: a sum is at most so much larger than it was. */
const roundingFactor = 3;
/** Below so many levels a value would be worth less than the exactness of its weights. */
const leastLevels = 2047;

/** Formats by the name of a value. */
export function formatsOf(
  prepared: Prepared,
  kind: ArithmeticKind,
  ranges: Ranges,
): ReadonlyMap<string, ValueFormats> {
  const { graph } = prepared;
  const floats = floatValues(prepared);
  const groups = new Map<string, Group>();
  const groupRanges = new Map<Group, ValueRange>();
  const integers = integerValues(prepared, floats);
  for (const names of groupsOf(graph, floats)) {
    const used = names.filter((name) => integers.has(name));
    const range = used.map(ranges.range).reduce(union, { lo: 0, hi: 0, least: 0, most: 0 });
    const group: Group = { names, hasSign: range.least < 0, made: 'i16', operand: 'i16' };
    groupRanges.set(group, range);
    for (const name of names) groups.set(name, group);
  }
  chooseStorages(prepared, kind, groups, floats);

  const formats = new Map<string, ValueFormats>();
  for (const [group, range] of groupRanges) {
    const least = leastScale(prepared, group, groups, groupRanges);
    const levels = levelsOf(prepared, kind, group, range);
    const format = (storage: Group['made']) =>
      storage === 'u7' ? byteFormat(range, least) : wordFormat(range, least, levels);
    const [made, operand] = [format(group.made), format(group.operand)];
    for (const name of group.names)
      formats.set(name, { made: floats.has(name) ? float32Format : made, operand });
  }
  return formats;
}

/** Values that are integers somewhere: as they are made, or for who reads them. */
function integerValues({ graph }: Prepared, floats: ReadonlySet<string>): ReadonlySet<string> {
  const integers = new Set([graph.input.name]);
  for (const op of graph.ops) {
    if (floats.has(op.name)) continue;
    integers.add(op.name);
    for (const name of op.inputs) integers.add(name);
  }
  return integers;
}

const union = (a: ValueRange, b: ValueRange): ValueRange => ({
  lo: Math.min(a.lo, b.lo),
  hi: Math.max(a.hi, b.hi),
  least: Math.min(a.least, b.least),
  most: Math.max(a.most, b.most),
});

/** 0..127, with a zero point if there is anything below zero: `lo` is never above it. */
function byteFormat({ lo, hi }: ValueRange, least: number): ValueFormat {
  const scale = Math.max((hi - lo) / byteLevels, least) || 1;
  return { storage: 'u7', scale, zeroPoint: Math.round(Math.abs(lo) / scale), lo: 0, hi: byteLevels };
}

/** Symmetric around zero, or from zero on. */
function wordFormat(range: ValueRange, least: number, levels: number): ValueFormat {
  const peak = peakOf(range);
  const scale = Math.max(peak / levels, least) || 1;
  const hi = Math.max(1, Math.min(levels, Math.ceil(peak / scale)));
  return { storage: 'i16', scale, zeroPoint: 0, lo: range.least < 0 ? -hi : 0, hi };
}

const peakOf = ({ lo, hi, least, most }: ValueRange): number => Math.max(-lo, hi, -least, most);

/** Levels of a group in int16: its usual number, or fewer where a sum of a layer that reads it could overflow. */
function levelsOf({ graph }: Prepared, kind: ArithmeticKind, group: Group, range: ValueRange): number {
  let levels = group.hasSign ? signedLevels : unsignedLevels;
  const isPicture = group.names[0] === graph.input.name && !isWideInput(graph);
  if (kind === 'int8' && !isPicture) levels = residualLevels;
  if (group.operand !== 'i16') return levels;
  const members = new Set(group.names);
  for (const op of graph.ops)
    if (isLayer(op) && members.has(op.inputs[0]!))
      levels = Math.min(levels, levelsFor(op, graph, peakOf(range)));
  return levels;
}

function levelsFor(op: Op, graph: Prepared['graph'], peak: number): number {
  const kernel = kernelValues(graph, op);
  const { bias, outputs, rows } = kernel;
  const own = kernel.own();
  const roomForRounding = Math.floor(2 ** 30 / rows);
  if (!own) return roomForRounding;
  const worst = magnitudes(own.integers, outputs).reduce(
    (most, sum, o) => Math.max(most, sum + Math.abs(bias[o]!) / (own.scale[o]! * (peak || 1))),
    1,
  );
  return Math.min(roomForRounding, Math.max(leastLevels, Math.floor(sumLimit / worst) - 1));
}

/** The scale below which the quotient of a sum and the scale could leave what kernels can round. */
function leastScale(
  { graph, shapes }: Prepared,
  group: Group,
  groups: ReadonlyMap<string, Group>,
  ranges: ReadonlyMap<Group, ValueRange>,
): number {
  const members = new Set(group.names);
  let least = 0;
  for (const op of graph.ops) {
    if (!isLayer(op) || !members.has(op.name)) continue;
    const peak = peakOf(ranges.get(groups.get(op.inputs[0]!)!)!);
    const { values, bias, outputs } = kernelValues(graph, op);
    const worst = magnitudes(values, outputs).reduce(
      (most, sum, o) => Math.max(most, roundingFactor * peak * sum + Math.abs(bias[o]!)),
      0,
    );
    const inBytes = isDepthwise(op, shapes) && group.made === 'u7';
    least = Math.max(least, worst / (inBytes ? depthwiseQuotientLimit : quotientLimit));
  }
  return least;
}
