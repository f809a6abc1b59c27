// How well heads tell what is none of their labels: ants and bees against noise, cats and dogs, and the pictures in
// any folders that are named (`node scripts/bench/open-set.ts FOLDER...`, such as the 64-pixel ones of an emoji
// package; up to 300 pictures of each).

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { isNone, openSetScore } from '../../lib/heads/index.ts';
import { fitOpenSet } from '../../lib/learning/index.ts';
import { createRng, shuffle } from '../../lib/linalg/index.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { finish } from '../../lib/linalg/testing.ts';
import { defaultBackbone, parsedBackbone } from '../dev/backbones.ts';
import { root } from '../dev/configs.ts';
import { codeMaker } from './folder-codes.ts';
import { noise, noiseKinds } from './noise.ts';
import { type Section, table } from './report.ts';

const title = 'None of these';
const data = resolve(root, '../shared/data');
const splits = 10;
const trainShare = 244 / 397;
const mostOfFolder = 300;
const noisePerKind = 50;

interface Strangers {
  name: string;
  codes: Float32Array[];
  /** Of each split. */
  auroc: number[];
  refused: number[];
}

/** Ten random splits of ants and bees; each fits on 244 photographs and judges the other 153 and the strangers. */
export async function openSet(folders: string[] = []): Promise<Section> {
  if (!existsSync(join(data, 'hymenoptera'))) return { title, text: 'Not measured: no photographs here.' };
  const codeOf = await codeMaker(parsedBackbone(defaultBackbone()));
  const codesOf = async (images: Iterable<Uint8Array>) => {
    const codes: Float32Array[] = [];
    for (const image of images) codes.push(await codeOf(image));
    return codes;
  };
  const photosOf = (...paths: string[]) =>
    codesOf(sampled(paths.flatMap(filesOf)).map((path) => readFileSync(path)));
  const both = (label: string) => ['train', 'val'].map((split) => join(data, 'hymenoptera', split, label));
  const labelNames = ['ants', 'bees'];
  const known = [await photosOf(...both('ants')), await photosOf(...both('bees'))];
  const strangers: Strangers[] = [];
  const add = (name: string, codes: Float32Array[]) =>
    strangers.push({ name: `${name} (${codes.length})`, codes, auroc: [], refused: [] });
  for (const folder of folders) add(resolve(folder).split(sep).slice(-2).join(sep), await photosOf(folder));
  for (const kind of noiseKinds)
    add(
      `noise, ${kind}`,
      await codesOf(Array.from({ length: noisePerKind }, (_, seed) => noise(kind, seed))),
    );
  add('cats and dogs', await photosOf(...['cat', 'dog'].map((label) => join(data, 'cats-dogs/val', label))));
  const refused: number[] = [];
  for (let seed = 0; seed < splits; seed++) refused.push(await judge(known, labelNames, seed, strangers));
  const rows = strangers.map(({ name, auroc, refused }) => [
    name,
    mean(auroc).toFixed(3),
    `${(100 * mean(refused)).toFixed(0)} %`,
  ]);
  return {
    title,
    text: `${table(['ants and bees against', 'AUROC', 'refused'], rows)}

Of ants and bees that it had not seen, ${(100 * mean(refused)).toFixed(1)} % were refused (mean of ${splits} splits; at most ${(100 * Math.max(...refused)).toFixed(1)} %).`,
  };
}

/** One split: notes what it finds of each of the strangers, and returns the share of unseen photos that it refuses. */
async function judge(
  known: Float32Array[][],
  labelNames: string[],
  seed: number,
  strangers: Strangers[],
): Promise<number> {
  const rng = createRng(seed);
  const dealt = known.map((codes) => shuffle([...codes], rng));
  const count = (codes: Float32Array[]) => Math.round(codes.length * trainShare);
  const train = dealt.map((codes) => codes.slice(0, count(codes)));
  const unseen = dealt.flatMap((codes) => codes.slice(count(codes)));
  const dims = unseen[0]!.length;
  const codes = Float32Array.from(train.flat().flatMap((code) => [...code]));
  const labels = Int32Array.from(train.flatMap((codes, label) => codes.map(() => label)));
  const { openSet } = finish(fitOpenSet({ codes, dims, labels, labelNames }, seed, await loadLinalg()));
  if (!openSet) throw new Error('no open set');
  const refusedOf = (codes: Float32Array[]) =>
    codes.filter((code) => isNone({ openSet }, code)).length / codes.length;
  const scoresOf = (codes: Float32Array[]) => codes.map((code) => openSetScore(openSet, code));
  const usual = scoresOf(unseen);
  for (const { codes, auroc, refused } of strangers) {
    auroc.push(areaUnderCurve(usual, scoresOf(codes)));
    refused.push(refusedOf(codes));
  }
  return refusedOf(unseen);
}

/** How often a stranger scores above a known one; half for a tie. */
function areaUnderCurve(known: number[], strange: number[]): number {
  let wins = 0;
  for (const a of known) for (const b of strange) wins += b > a ? 1 : b === a ? 0.5 : 0;
  return wins / (known.length * strange.length);
}

const filesOf = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((file) => join(folder, file));
const sampled = (paths: string[]) => shuffle([...paths], createRng(1)).slice(0, mostOfFolder);
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

if (import.meta.main) console.log((await openSet(process.argv.slice(2))).text);
