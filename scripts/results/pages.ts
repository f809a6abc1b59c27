// The tables of docs/results.md that `npm run results` writes, out of whatever has been measured so far.

import { adviceText } from './page-advice.ts';
import { equalRatesText } from './page-rates.ts';
import { stepsText } from './page-steps.ts';
import { strategiesText } from './page-strategies.ts';

/** Text by title. */
export function pagesOf(): Map<string, string> {
  return new Map([
    ['Every way of transferring', strategiesText()],
    ['Advice, and what won', adviceText()],
    ['From pretrained weights and from fresh ones', stepsText()],
    ['Learning rates that fall with depth, and equal ones', equalRatesText()],
  ]);
}
