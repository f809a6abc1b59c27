// From one representation of a value to another.

import type { Op } from '../../graph/index.ts';
import type { Argument, Context, Layout, Place, ValueFormat } from './context.ts';
import { float32Format } from './context.ts';
import { channelMultiple, padChannels } from './layout.ts';

/** Emits the calls that give `from` as `to`, which has the same shape and another format. */
export function convert(op: Op, context: Context, from: Place, to: Place): void {
  const [a, b] = [from.layout.storage, to.layout.storage];
  if (a === 'i16' && b === 'u7')
    context.emit(op, 'i16_to_u7', [
      ...pairArgs(from, to),
      from.format.scale / to.format.scale,
      to.format.zeroPoint,
    ]);
  else if (b === 'f32' && a !== 'f32')
    context.emit(op, `${a}_to_f32`, [...pairArgs(from, to), from.format.scale, from.format.zeroPoint]);
  else if (a === 'f32' && b === 'i16')
    context.emit(op, 'f32_to_i16', [...pairArgs(from, to), 1 / to.format.scale, to.format.lo, to.format.hi]);
  else through(op, context, from, to, a === 'f32' ? steppingStone(to.format) : float32Format);
}

function through(op: Op, context: Context, from: Place, to: Place, format: ValueFormat): void {
  const { height, width, channels } = from.layout;
  const between = context.scratch([height, width, channels], format);
  convert(op, context, from, between);
  convert(op, context, between, to);
}

/** int16 in the scale of a u7 format: what it takes from float32 to there. */
const steppingStone = ({ scale, zeroPoint, lo, hi }: ValueFormat): ValueFormat => ({
  storage: 'i16',
  scale,
  zeroPoint: 0,
  lo: lo - zeroPoint,
  hi: hi - zeroPoint,
});

/** input, plane, row, output, plane, row, blocks of 8 channels, height, width. */
function pairArgs(from: Place, to: Place): Argument[] {
  const { height, width, channels } = from.layout;
  return [...placeArgs(from), ...placeArgs(to), padChannels(channels) / channelMultiple, height, width];
}

/** Address, pitch of planes, pitch of lines: how most kernels take a value. */
export const placeArgs = ({ at, layout }: Place): Argument[] => [at, layout.plane, layout.row];

/** Planes, height, width. */
export const extentArgs = ({ planes, height, width }: Layout): Argument[] => [planes, height, width];
