// Measures the default backbone's activations and arithmetics and writes scripts/default-statistics.json, which is
// committed, so that building needs no photographs. Run it when the default backbone or the integer kernels have
// changed.
//
//   node scripts/calibrate-default.ts        the photographs of ../shared/data; a minute or two

import { join, resolve } from 'node:path';
import { evenly, photosIn, tensorsOf } from '../cli/backbone/photos.ts';
import { makeQuantisation, measureArithmetics } from '../lib/codes/index.ts';
import { readBackbone } from '../lib/graph/index.ts';
import { measureStatistics } from '../lib/inference/calibrate/index.ts';
import { compilePlain } from '../lib/inference/compile-node.ts';
import { ownBackbone } from './build-backbone.ts';
import { readDefaultStatistics, writeDefaultStatistics } from './default-statistics.ts';
import { root } from './dev/configs.ts';

/** Ants and bees, cats and dogs: ranges from the photographs of one side, figures from those of the other. */
const folders = ['hymenoptera', 'cats-dogs'];
const photosOfEach = 50;

const photosOf = (side: string) =>
  folders.flatMap((folder) => evenly(photosIn(resolve(root, '../shared/data', folder, side)), photosOfEach));
const told = (what: string) => (done: number) => {
  if (done % 20 === 0) console.log(`${what}: ${done} photographs`);
};

const own = await ownBackbone();
const content = readBackbone(own.file);
const { graph, card } = content;
const pictures = tensorsOf(photosOf('train'), card.recipe);
const values = await measureStatistics(graph, card.size, pictures, compilePlain, told('ranges'));
const head = {
  backbone: own.digest,
  rangesOf: `${2 * photosOfEach} photographs of ${folders.map((folder) => `${folder}/train`).join(' and ')}`,
  figuresOf: `${2 * photosOfEach} photographs of ${folders.map((folder) => `${folder}/val`).join(' and ')}`,
  figures: {},
};
writeDefaultStatistics(head, values);
// Read back, because figures belong to what is committed, which is rounded.
const committed = readDefaultStatistics(own.digest, graph);
const { quantisation, kinds } = await makeQuantisation(own, committed, compilePlain);
const unseen = tensorsOf(photosOf('val'), card.recipe);
const figures = await measureArithmetics(content, quantisation, kinds, unseen, compilePlain, told('figures'));
console.log(figures);
console.log(`wrote ${join(root, writeDefaultStatistics({ ...head, figures }, committed))}`);
