// Convolutions of each channel with a kernel of its own.

import type { Op } from '../../graph/index.ts';
import { boundsOf } from './clamp.ts';
import type { Argument, Context } from './context.ts';
import { extentArgs, placeArgs } from './convert.ts';
import { operandOf } from './halos.ts';
import { pixelAt, pixelBytesOf } from './layout.ts';
import { tapsTable } from './tables.ts';
import type { Window } from './window.ts';

/** Outputs along a line that the kernels for 3×3 and 5×5 compute at once. */
const leastWidth = 4;

export function depthwise(op: Op, context: Context, window: Window): void {
  const { constants } = context;
  const input = context.read(op, op.inputs[0]!, operandOf(context.arithmetic, op));
  const output = context.write(op);
  const { weights, bias, scale } = context.arithmetic.depthwiseWeights(op, input.format, output.format);
  const { storage, plane, row } = input.layout;
  const field = pixelAt(input, -window.top, -window.left);
  const [kh, kw] = window.kernel;
  const operands = [
    constants.add(weights),
    constants.add(bias),
    ...(scale ? [constants.add(scale)] : []),
    ...placeArgs(output),
    ...extentArgs(output.layout),
  ];
  const bounds = boundsOf(op, output.format);
  const multiplyAdds = output.layout.height * output.layout.width * output.layout.channels * kh * kw;
  if (hasOwnKernel(window)) {
    const args: Argument[] = [field, plane, row, ...operands, kh, window.stride[0], ...bounds];
    context.emit(op, `depthwise_${storage}`, args, multiplyAdds);
  } else {
    const taps = tapsTable(constants, input.layout, window);
    const steps = [window.stride[0] * row, window.stride[1] * pixelBytesOf[storage]];
    const args: Argument[] = [field, plane, taps, kh * kw, ...steps, ...operands, ...bounds];
    context.emit(op, `depthwise_any_${storage}`, args, multiplyAdds);
  }
}

/** 3×3 and 5×5 with a stride of 1 or 2 have kernels that hold all weights in registers. */
function hasOwnKernel({ kernel: [kh, kw], stride: [down, right], dilation, width }: Window): boolean {
  const isSquare = kh === kw && (kh === 3 || kh === 5) && down === right && down <= 2;
  return isSquare && dilation[0] === 1 && dilation[1] === 1 && width >= leastWidth;
}
