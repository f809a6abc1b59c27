// The arithmetics of int16 and int8: formats and integer weights for the plan compiler. What they promise: no sum
// overflows and nothing depends on the CPU, whatever the picture.

import { HeadwaterError } from '../../errors/index.ts';
import type { Graph, Op } from '../../graph/index.ts';
import type { Arithmetic, ValueFormat } from '../lower/context.ts';
import type { Prepared } from '../lower/prepare.ts';
import type { CompileOptions } from '../plan.ts';
import { depthwiseConstants } from './depthwise-weights.ts';
import { formatsOf } from './formats.ts';
import { isLayer } from './groups.ts';
import { kernelValues } from './kernel-values.ts';
import { integerLayer } from './layer-weights.ts';
import { rangesOf } from './ranges.ts';

/**
 * The integer arithmetic that `options` asks for. `source` is the stored graph that `prepared` was made from.
 *
 * @throws HeadwaterError `bad-request` without a quantisation, or with another backbone's
 */
export function integer(prepared: Prepared, source: Graph, options: CompileOptions): Arithmetic {
  const { arithmetic: kind, quantisation } = options;
  if (!quantisation)
    throw new HeadwaterError(
      'bad-request',
      `${kind} needs the ranges of the network's activations, and this backbone has none. Use float32, or calibrate the backbone.`,
    );
  const ranges = rangesOf(prepared, source, quantisation);
  const formats = formatsOf(prepared, kind, ranges);
  const around = (op: Op, input: ValueFormat, output: ValueFormat) => ({
    input,
    output,
    mean: within(input, ranges.mean(op.inputs[0]!)),
    groups: op.attrs.groups ?? 1,
  });
  return {
    kind,
    formats: (name) => formats.get(name)!,
    layerWeights: (op, input, output) =>
      integerLayer(kernelValues(prepared.graph, op), around(op, input, output)),
    depthwiseWeights: (op, input, output) =>
      depthwiseConstants(kernelValues(prepared.graph, op), around(op, input, output)),
    integer: (op) => isLayer(op) || (op.op === 'add' && formats.get(op.name)!.made.storage !== 'f32'),
  };
}

/** Means as the kernel meets them: of what is clipped to the format, and so within it, whatever a file says. */
const within = ({ scale, zeroPoint, lo, hi }: ValueFormat, mean: Float32Array | undefined) =>
  mean?.map((x) => Math.min((hi - zeroPoint) * scale, Math.max((lo - zeroPoint) * scale, x)));
