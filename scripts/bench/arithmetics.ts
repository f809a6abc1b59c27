// What the arithmetics do to codes and to heads on them, on the bundled backbone: codes beside TensorFlow.js's float32
// on photographs that no range was measured on, and linear heads on integer codes beside heads on float32 codes.
//
//   HEADWATER_EMOJI=<unpacked npm package emoji-datasource-google> npm run bench -- arithmetics

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lossInPoints, pooled } from '../../cli/backbone/paired.ts';
import { evenly, photosIn, tensorsOf } from '../../cli/backbone/photos.ts';
import { codesOfPhotos, probe } from '../../cli/backbone/probe.ts';
import { distance, type IntegerKind, integerKinds, readQuantisation } from '../../lib/codes/index.ts';
import type { ProbeFigures } from '../../lib/contract/index.ts';
import { type Backbone, readBackbone } from '../../lib/graph/index.ts';
import { compile } from '../../lib/inference/compile-node.ts';
import type { ArithmeticKind, Compile, Plan, Quantisation } from '../../lib/inference/index.ts';
import { compile as compileTfjs } from '../../lib/inference/tfjs/compile-node.ts';
import { defaultBackbone } from '../dev/backbones.ts';
import { root } from '../dev/configs.ts';
import { labelledSets } from './labelled-sets.ts';
import { type Section, table } from './report.ts';

const title = 'Arithmetics';
const data = resolve(root, '../shared/data');
/** Ranges were measured on photographs of `train`. */
const folders = ['hymenoptera/val', 'cats-dogs/val'];
const photosOfEach = 50;
const kinds: readonly ArithmeticKind[] = ['float32', ...integerKinds];

export async function arithmetics(): Promise<Section> {
  const { name, file, quantisation: stored } = defaultBackbone();
  if (!existsSync(join(data, folders[0]!))) return { title, text: 'Not measured: no photographs here.' };
  if (!stored) return { title, text: `Not measured: "${name}" is bundled without a quantisation.` };
  const backbone = readBackbone(file);
  const quantisation = readQuantisation(stored.file, stored.digest);
  const distances = await distancesToTfjs(backbone, quantisation);
  const heads = await headsOnEach(backbone, quantisation);
  return { title, text: `${name}.\n\n${distances}\n\n${heads}` };
}

/** Plans of several arithmetics at one tap. */
async function plansAt(
  { graph, card }: Backbone,
  tap: string,
  quantisation: Quantisation,
): Promise<Map<ArithmeticKind, Plan>> {
  const options = { size: card.size, taps: [graph.taps[tap]!], quantisation };
  const plans = new Map<ArithmeticKind, Plan>();
  for (const kind of kinds) plans.set(kind, await compile(graph, { ...options, arithmetic: kind }));
  return plans;
}

async function distancesToTfjs(backbone: Backbone, quantisation: Quantisation): Promise<string> {
  const { graph, card } = backbone;
  const photos = folders.flatMap((folder) => evenly(photosIn(join(data, folder)), photosOfEach));
  const rows: string[][] = [];
  for (const tap of [card.defaultTap, 'final']) {
    const plans = await plansAt(backbone, tap, quantisation);
    const reference = await (compileTfjs as Compile)(graph, {
      size: card.size,
      taps: [graph.taps[tap]!],
      arithmetic: 'float32',
    });
    const found = new Map(kinds.map((kind) => [kind, { cosines: [] as number[], errors: [] as number[] }]));
    for await (const picture of tensorsOf(photos, card.recipe)) {
      const [expected] = reference.run(picture);
      for (const [kind, plan] of plans) {
        const { cosine, error } = distance(plan.run(picture)[0]!, expected!);
        found.get(kind)!.cosines.push(cosine);
        found.get(kind)!.errors.push(error);
      }
    }
    for (const plan of [reference, ...plans.values()]) plan.dispose();
    for (const [kind, { cosines, errors }] of found)
      rows.push([
        `\`${tap}\``,
        kind,
        mean(cosines).toFixed(6),
        Math.min(...cosines).toFixed(6),
        `${(100 * mean(errors)).toPrecision(2)} %`,
      ]);
  }
  return `Codes beside TensorFlow.js's float32 on ${photos.length} photographs (${folders.join(', ')}; the ranges are of others):

${table(['tap', 'arithmetic', 'cosine, mean', 'worst', 'error'], rows)}`;
}

async function headsOnEach(backbone: Backbone, quantisation: Quantisation): Promise<string> {
  const plans = await plansAt(backbone, backbone.card.defaultTap, quantisation);
  const all = new Map(integerKinds.map((kind): [IntegerKind, ProbeFigures[]] => [kind, []]));
  const rows: string[][] = [];
  for (const { name, photos } of labelledSets()) {
    console.error(`bench: heads on ${name}, ${photos.length} pictures …`);
    const set = await codesOfPhotos(photos, plans, backbone.card.recipe);
    for (const [kind, figures] of await probe(set)) {
      all.get(kind)!.push(figures);
      rows.push(row(`${name}, ${set.labelNames.length} labels`, kind, figures));
    }
  }
  for (const plan of plans.values()) plan.dispose();
  for (const [kind, figures] of all) rows.push(row('together', kind, pooled(figures)));
  const head = ['pictures', 'arithmetic', 'n', 'float32', 'this', 'only float32', 'only this', 'p', 'loss'];
  return `Softmax heads at \`${backbone.card.defaultTap}\`, each picture judged by a head of the same folds that had not seen it. Right by either, by one alone; p: how often so many losses or more among those come by chance (sign test, one-sided, exact); loss in points of accuracy (at most 0.5 wanted, together):

${table(head, rows)}`;
}

const row = (name: string, kind: IntegerKind, figures: ProbeFigures): string[] => {
  const { examples, right, rightFloat32, onlyThis, onlyFloat32, lossByChance } = figures;
  const share = (count: number) => (count / examples).toFixed(3);
  return [
    name,
    kind,
    `${examples}`,
    share(rightFloat32),
    share(right),
    `${onlyFloat32}`,
    `${onlyThis}`,
    lossByChance.toFixed(2),
    lossInPoints(figures).toFixed(2),
  ];
};

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

if (import.meta.main) console.log((await arithmetics()).text);
