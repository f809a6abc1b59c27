// How soon fine-tuning gets where training from fresh weights ends, at the same number of steps.

import { table } from '../bench/report.ts';
import { gather } from './gathered.ts';

interface CurvePoint {
  step: number;
  heldOutAccuracy: number | null;
}

export function stepsText(network = 'mobilenet-v1-0.25-128', set = 'fashion-2000'): string {
  const [tuned, fresh] = (['fine-tune-all', 'from-scratch'] as const).map((way) =>
    curveOf(network, set, way),
  );
  if (!tuned?.length || !fresh?.length) return 'Not measured yet.';
  const end = fresh.at(-1)!;
  const best = Math.max(...fresh.map(({ heldOutAccuracy }) => heldOutAccuracy ?? 0));
  const reached = tuned.find(({ heldOutAccuracy }) => (heldOutAccuracy ?? 0) >= best);
  const shown = fresh.map((point) => [
    point.step,
    percent(point.heldOutAccuracy),
    percent(tuned.findLast(({ step }) => step <= point.step)?.heldOutAccuracy ?? null),
  ]);
  return [
    `fashion-mnist, 18,000 taught, ${network}: held-out accuracy by step, the same pictures in both. ${
      reached
        ? `Pretrained weights reach the best that fresh ones came to (${percent(best)}) after ${reached.step} of ${end.step} steps.`
        : `Pretrained weights did not reach the best of fresh ones (${percent(best)}).`
    }`,
    table(['step', 'from fresh weights', 'from pretrained ones'], shown),
  ].join('\n\n');
}

function curveOf(network: string, set: string, way: 'fine-tune-all' | 'from-scratch'): CurvePoint[] {
  const [cell] = gather(network, set, way).cells;
  const { curves } = (cell?.report.tuning ?? {}) as { curves?: CurvePoint[] };
  return curves ?? [];
}

const percent = (value: number | null) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);
