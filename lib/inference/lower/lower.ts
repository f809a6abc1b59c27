// Graph → kernel calls: every op in the order of the graph, and every tap as soon as its value is there.

import { HeadwaterError } from '../../errors/index.ts';
import type { Op, OpKind, Tap } from '../../graph/index.ts';
import { activation, lrn, softmax } from './activation.ts';
import { channelShuffle, channelSlice } from './channels.ts';
import { concat } from './concat.ts';
import type { Arithmetic, Context } from './context.ts';
import { conv } from './conv.ts';
import { dense } from './dense.ts';
import { affine, binary } from './elementwise.ts';
import { pad, reshape } from './moves.ts';
import { globalAvgPool, pool } from './pool.ts';
import type { Prepared } from './prepare.ts';
import { type Output, readTap } from './taps.ts';
import { Draft } from './values.ts';

type Lower = (op: Op, context: Context) => void;

const sum: Lower = (op, context) => (op.inputs.length === 1 ? affine : binary)(op, context);

const lowerings: Record<OpKind, Lower> = {
  conv2d: conv,
  dense,
  batchNorm: affine,
  maxPool: pool,
  avgPool: pool,
  globalAvgPool,
  add: sum,
  mul: sum,
  concat,
  activation,
  lrn,
  pad,
  flatten: reshape,
  reshape,
  softmax,
  dropout: reshape,
  channelShuffle,
  channelSlice,
};

/** A plan without addresses. */
export interface Lowered {
  draft: Draft;
  /** In the order of the taps. */
  outputs: Output[];
}

/** Lowers a prepared graph. */
export function lower(prepared: Prepared, taps: readonly Tap[], arithmetic: Arithmetic): Lowered {
  const draft = new Draft(prepared, arithmetic);
  const outputs: Output[] = [];
  const readTaps = (op: Op) => {
    prepared.outputs.forEach((name, i) => {
      if (name === op.name) outputs[i] = readTap(op, draft, taps[i]!, name, prepared.tapShapes[i]!);
    });
  };
  for (const op of prepared.graph.ops) {
    lowerings[op.op](op, draft);
    readTaps(op);
  }
  if (Object.keys(outputs).length < taps.length)
    throw new HeadwaterError(
      'unsupported-graph',
      'A tap reads the picture itself. Read a code behind a layer.',
    );
  // What is read after the run outlives every step.
  for (const { at } of outputs) at.buffer.last = Number.POSITIVE_INFINITY;
  return { draft, outputs };
}
