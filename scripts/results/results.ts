// `npm run results`: trains every way of transferring on every pair of pictures and network that plan.ts lists, asks for
// advice on each, and writes what came of it into docs/results.md. Resumable: what was measured is kept in .results.
//
//   npm run results                 until all is measured (some hours without a GPU)
//   npm run results -- --hours 1.5  as much as fits
//   npm run results -- --page       only the page, of what has been measured

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writePage } from '../bench/results-page.ts';
import { root } from '../dev/configs.ts';
import { type CellFigures, type CellRequest, runAdvice, runCell } from './cell.ts';
import { type Picture, pictureSets } from './datasets.ts';
import { foldOf } from './folds.ts';
import { keepFigures, keptFigures } from './kept.ts';
import { type Network, network } from './networks.ts';
import { pagesOf } from './pages.ts';
import { allCells, pairs } from './plan.ts';

const { values } = parseArgs({ options: { hours: { type: 'string' }, page: { type: 'boolean' } } });
const hours = values.page ? 0 : Number(values.hours ?? Number.POSITIVE_INFINITY);
if (Number.isNaN(hours)) throw new Error('--hours takes a number.');
const until = Date.now() + hours * 3_600_000;

const networks = new Map<string, Network | undefined>();
const sets = new Map<string, Picture[] | undefined>();

async function grounds(of: { network: string; set: string }) {
  if (!networks.has(of.network)) networks.set(of.network, await network(of.network));
  if (!sets.has(of.set)) sets.set(of.set, pictureSets[of.set]!.pictures());
  const [found, pictures] = [networks.get(of.network), sets.get(of.set)];
  return found && pictures && { network: found, pictures };
}

async function measureCell(request: CellRequest): Promise<void> {
  const ground = await grounds(request);
  if (!ground) return say(`${nameOf(request)}: pictures or network are not on this machine`);
  const fold = foldOf(ground.pictures, request.folds, request.repeat, request.fold);
  let told = '';
  const figures: CellFigures = await runCell(request, ground.network, fold, (progress, note = '') => {
    const words = `${Math.floor(progress * 10)}0 %  ${note}`;
    if (words.slice(0, 4) !== told.slice(0, 4)) say(`  ${words}`);
    told = words;
  });
  keepFigures(request, figures);
  const rights = Object.values(figures.right);
  say(
    `  ${rights.filter((right) => right).length} of ${rights.length} right, ${figures.seconds.toFixed(0)} s`,
  );
}

const say = (text: string) => console.error(text);
const nameOf = ({ network, set, strategy, repeat, fold }: CellRequest) =>
  `${strategy}, ${set}, ${network}, repeat ${repeat}, fold ${fold}`;

for (const pair of pairs) {
  const request = { advice: pair };
  if (Date.now() >= until || keptFigures(request)) continue;
  const ground = await grounds(pair);
  say(`advice: ${pair.set}, ${pair.network}`);
  if (ground) keepFigures(request, await runAdvice(pair, ground.network, ground.pictures));
}
const cells = allCells();
for (const [i, request] of cells.entries()) {
  if (Date.now() >= until) break;
  if (keptFigures(request)) continue;
  say(`${i + 1} of ${cells.length}: ${nameOf(request)}`);
  await measureCell(request);
}
writePage(join(root, 'docs/results.md'), pagesOf(), true);
process.exit(0);
