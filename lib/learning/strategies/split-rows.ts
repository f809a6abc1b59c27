// Who is trained on and who is held out, as a linear training has it: a label that is only held out goes to the training
// split, since a model needs every label.

import { HeadwaterError } from '../../errors/index.ts';
import { arrangeRows } from '../arrange.ts';
import type { LabelledCodes } from '../train-head.ts';

export interface SplitRows {
  /** Examples, ascending. */
  train: number[];
  heldOut: number[];
  /** Held-out examples that train, because their label has no other. */
  movedToTraining: number;
}

type Examples = Pick<LabelledCodes, 'labels' | 'labelNames' | 'groups' | 'digests' | 'split'>;

/** Whom each example stands or falls with: its group, or itself. */
export const unitsOf = ({ groups, digests }: Pick<Examples, 'groups' | 'digests'>): string[] =>
  groups.map((group, i) => group ?? digests[i]!);

export function splitRows(set: Examples): SplitRows {
  const { labels, labelNames, split } = set;
  const { order, trainEnd, movedToTraining } = arrangeRows(labels, labelNames.length, unitsOf(set), split, 0);
  const ascending = (rows: Int32Array) => [...rows].sort((a, b) => a - b);
  return {
    train: ascending(order.subarray(0, trainEnd)),
    heldOut: ascending(order.subarray(trainEnd)),
    movedToTraining,
  };
}

/** The same for who cannot do without held-out examples. @throws HeadwaterError `too-few-examples` */
export function splitToTune(set: Examples): SplitRows {
  const rows = splitRows(set);
  if (rows.heldOut.length === 0 || rows.train.length < 2)
    throw new HeadwaterError(
      'too-few-examples',
      `Fine-tuning is stopped by held-out images, and there are ${rows.heldOut.length} beside ${rows.train.length} to train on. Add images (about one in five is kept back), or train a linear head.`,
      { examples: set.labels.length, heldOut: rows.heldOut.length },
    );
  return rows;
}
