// The figures of the arithmetics as a table for a terminal.

import type { IntegerKind } from '../../lib/codes/index.ts';
import type { AllFigures, ArithmeticFigures } from '../../lib/contract/index.ts';
import type { ArithmeticKind } from '../../lib/inference/index.ts';
import { lossInPoints } from './paired.ts';

/** The table, with a mark at what was chosen and what speaks against the others. */
export function figuresText(
  figures: AllFigures,
  chosen: ArithmeticKind,
  wasAsked: boolean,
  objection: (kind: IntegerKind, figures: ArithmeticFigures) => string | undefined,
): string {
  const head = `    ${'against float32'.padEnd(18)}${'cosine'.padStart(9)}${'worst'.padStart(10)}${'error'.padStart(9)}`;
  const rows = (Object.entries(figures) as [IntegerKind, ArithmeticFigures][]).map(([kind, found]) => {
    const { cosineMean, cosineWorst, relativeError, probe } = found;
    const cells = `${cosineMean.toFixed(6).padStart(9)}${cosineWorst.toFixed(6).padStart(10)}${`${(100 * relativeError).toFixed(2)} %`.padStart(9)}`;
    const heads = probe
      ? `   heads: ${probe.right} of ${probe.examples} right, float32 ${probe.rightFloat32} (${lossText(lossInPoints(probe))})`
      : '';
    const why = objection(kind, found);
    return `  ${kind === chosen ? '*' : ' '} ${kind.padEnd(18)}${cells}${heads}${why ? `   ${why}` : ''}`;
  });
  const reason = wasAsked ? 'as asked for' : 'the fastest within its bounds';
  return [head, ...rows, `Its codes are made in ${chosen}, ${reason}.`].join('\n');
}

function lossText(points: number): string {
  if (points === 0) return 'no difference';
  return points > 0 ? `${points.toFixed(2)} points lost` : `${(-points).toFixed(2)} points won`;
}
