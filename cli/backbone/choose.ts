// In which arithmetic an added backbone makes its codes: ranges from photos, each arithmetic measured against float32,
// the fastest within its bounds kept, unless the caller has decided.

import {
  type BackboneFile,
  chooseArithmetic,
  type IntegerKind,
  leastProbed,
  makeQuantisation,
  measureArithmetics,
  objectionTo,
} from '../../lib/codes/index.ts';
import type { AllFigures } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { type Backbone, readBackbone } from '../../lib/graph/index.ts';
import { measureStatistics } from '../../lib/inference/calibrate/index.ts';
import { compile, compilePlain } from '../../lib/inference/compile-node.ts';
import type { ArithmeticKind, Plan, Quantisation } from '../../lib/inference/index.ts';
import { type PhotoFile, readPhotoFolder } from '../../scripts/teach/photo-folder.ts';
import { figuresText } from './figures-text.ts';
import { evenly, photosIn, tensorsOf } from './photos.ts';
import { codesOfPhotos, probe } from './probe.ts';
import { proveIntegers } from './prove.ts';

/** Fewer photos give ranges that the next one leaves. Half of them measure ranges, half are measured on. */
export const leastPhotos = 20;
const mostPhotosOfEither = 100;
const mostLabelled = 2000;

export interface ArithmeticOptions {
  arithmetic?: string;
  /** Folder of photos. */
  calibrate?: string;
  /** ImageFolder. */
  labelled?: string;
}

/** Where the command takes its photos and what the caller has decided, checked before anything is computed. */
export interface ArithmeticPlan {
  asked: ArithmeticKind | undefined;
  photos: string[];
  labelled: PhotoFile[];
}

/** @throws HeadwaterError `bad-request`, `not-found`, saying which option is at fault */
export function planArithmetic({ arithmetic, calibrate, labelled }: ArithmeticOptions): ArithmeticPlan {
  const asked = arithmetic as ArithmeticKind | undefined;
  if (asked !== undefined && !['float32', 'int16', 'int8'].includes(asked))
    throw new HeadwaterError('bad-request', `--arithmetic is float32, int16 or int8, not "${arithmetic}".`);
  const examples = labelled ? evenly(labelledPhotos(labelled), mostLabelled) : [];
  const photos = calibrate ? photosIn(calibrate) : examples.map(({ file }) => file);
  if (photos.length === 0 && asked !== undefined && asked !== 'float32')
    throw new HeadwaterError(
      'bad-request',
      `"${asked}" needs ranges of the activations. Name a folder of at least ${leastPhotos} photos with --calibrate.`,
    );
  if ((calibrate || labelled) && photos.length < leastPhotos)
    throw new HeadwaterError(
      'bad-request',
      `There are ${photos.length} photos in ${calibrate ?? labelled}; ranges need at least ${leastPhotos}, of what the backbone will see.`,
    );
  return { asked, photos, labelled: examples };
}

function labelledPhotos(folder: string): PhotoFile[] {
  try {
    const { taught, judged } = readPhotoFolder(folder);
    return [...taught, ...judged];
  } catch (error) {
    throw new HeadwaterError('bad-request', error instanceof Error ? error.message : String(error));
  }
}

/** The backbone in the arithmetic that it is going to make codes in. Prints what it finds. */
export async function inArithmetic(own: BackboneFile, plan: ArithmeticPlan): Promise<BackboneFile> {
  const { asked, photos, labelled } = plan;
  if (photos.length === 0) {
    if (!asked)
      console.log(
        `\nIts codes are made in float32. Integers are two to three times faster and often as good: add it again with --calibrate <folder of ${leastPhotos} photos or more> to have them measured.`,
      );
    return { ...own, arithmetic: 'float32' };
  }
  const content = readBackbone(own.file);
  const { recipe, size } = content.card;
  const share = Math.min(mostPhotosOfEither, photos.length >> 1);
  const chosen = evenly(photos, 2 * share);
  const [forRanges, forFigures] = [0, 1].map((side) => chosen.filter((_, i) => i % 2 === side));
  console.log(`\nMeasuring ranges on ${share} photos …`);
  const ranges = tensorsOf(forRanges!, recipe);
  const values = await measureStatistics(content.graph, size, ranges, compilePlain, progress(share));
  const made = await makeQuantisation(own, values, compilePlain);
  // On the build that this machine would serve with, too: the same bits or none.
  for (const kind of made.kinds)
    for (const engine of [compilePlain, compile])
      console.log(
        `  ${await proveIntegers(own.file, made, kind, engine)}${engine === compile ? ' on the fastest kernels' : ''}`,
      );
  console.log(`Measuring ${['float32', ...made.kinds].join(', ')} on ${share} other photos …`);
  const unseen = tensorsOf(forFigures!, recipe);
  const measured = [content, made.quantisation, made.kinds, unseen, compilePlain] as const;
  const figures = await measureArithmetics(...measured, progress(share));
  if (labelled.length > 0) await addProbes(figures, content, made.quantisation, labelled);
  const arithmetic = asked ?? chooseArithmetic(figures);
  if (arithmetic !== 'float32' && !made.kinds.includes(arithmetic))
    throw new HeadwaterError('unsupported-graph', `This network cannot be compiled in ${arithmetic}.`);
  console.log(figuresText(figures, arithmetic, asked !== undefined, objectionTo));
  const isInteger = arithmetic !== 'float32';
  return { ...own, arithmetic, figures, ...(isInteger && { quantisation: made }) };
}

/** Trains heads on codes of every arithmetic and adds what came out to the figures. */
async function addProbes(
  figures: AllFigures,
  { graph, card }: Backbone,
  quantisation: Quantisation,
  labelled: PhotoFile[],
): Promise<void> {
  console.log(`Training heads on ${labelled.length} labelled photos …`);
  const plans = new Map<ArithmeticKind, Plan>();
  const taps = [graph.taps[card.defaultTap]!];
  try {
    for (const kind of ['float32', ...(Object.keys(figures) as IntegerKind[])] as const)
      plans.set(kind, await compilePlain(graph, { size: card.size, taps, arithmetic: kind, quantisation }));
    const set = await codesOfPhotos(labelled, plans, card.recipe, progress(labelled.length));
    for (const [kind, found] of await probe(set)) figures[kind] = { ...figures[kind]!, probe: found };
  } finally {
    for (const plan of plans.values()) plan.dispose();
  }
  if (labelled.length < leastProbed)
    console.log(`  Fewer than ${leastProbed} cannot show a loss: the cosines decide.`);
}

/** Tells of every quarter. */
function progress(total: number): (done: number) => void {
  const step = Math.max(1, Math.round(total / 4));
  return (done) => {
    if (done % step === 0 || done === total) console.log(`  ${done} of ${total}`);
  };
}
