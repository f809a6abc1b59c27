// Which storage each group of values has: as it is made, and as convolutions and dense layers read it.

import { consumersOf, type Op } from '../../graph/index.ts';
import { isDepthwise, isWideInput } from '../lower/kinds.ts';
import type { Prepared } from '../lower/prepare.ts';
import type { ArithmeticKind } from '../plan.ts';
import { addsIntegers } from './groups.ts';

type IntegerStorage = 'i16' | 'u7';

/** A group while it is decided. `hasSign`: some of its values can be negative. */
export interface Group {
  names: string[];
  hasSign: boolean;
  made: IntegerStorage;
  operand: IntegerStorage;
}

/**
 * In an int16 plan everything is int16. In an int8 plan values are bytes, but for the picture; sums, what a tap reads and
 * the map that a tail reads are made in int16 and converted for the layers that read them. Depthwise kernels know bytes
 * without a sign only, on both sides: where there is one, both are int16.
 */
export function chooseStorages(
  prepared: Prepared,
  kind: ArithmeticKind,
  groups: ReadonlyMap<string, Group>,
  floats: ReadonlySet<string>,
): void {
  const { graph, outputs, shapes } = prepared;
  const group = (name: string) => groups.get(name)!;
  const all = new Set(groups.values());
  for (const one of all) one.made = one.operand = kind === 'int16' ? 'i16' : 'u7';
  if (kind === 'int16') return;
  const input = group(graph.input.name);
  input.made = 'i16';
  if (!isWideInput(graph)) input.operand = 'i16';
  for (const name of outputs) group(name).made = 'i16';
  for (const op of graph.ops)
    if (addsIntegers(op, floats) || averagesZeros(op, group(op.name))) group(op.name).made = 'i16';

  const depthwise = graph.ops.filter((op) => isDepthwise(op, shapes));
  let isSettled = false;
  while (!isSettled) {
    isSettled = true;
    for (const op of depthwise) {
      const [from, to] = [group(op.inputs[0]!), group(op.name)];
      const inBytes = from.operand === 'u7' && to.made === 'u7' && !from.hasSign && !to.hasSign;
      if (inBytes || (from.operand === 'i16' && to.made === 'i16')) continue;
      from.operand = from.made = to.made = 'i16';
      isSettled = false;
    }
  }
  // Nobody reads them: no need of another format.
  const readers = consumersOf(graph);
  for (const one of all) if (one.names.every((name) => !readers.has(name))) one.operand = one.made;
}

/** Padding that counts in an average is a number of its own, which bytes with a zero point do not have at hand. */
const averagesZeros = (op: Op, { hasSign }: Group): boolean =>
  op.op === 'avgPool' && op.attrs.countPadding === true && hasSign;
