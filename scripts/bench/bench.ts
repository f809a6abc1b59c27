// `npm run bench`: measures what docs/results.md states, and writes that page. Ratios come from interleaved runs;
// what needs data or programs that are not here is left out with a word.
//
//   npm run bench                  everything (about half an hour)
//   npm run bench -- engines heads  these sections only; the others of the page stay as they are

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presets } from '../../cli/backbone/recipe-options.ts';
import { importFrom } from '../../cli/backbone/source.ts';
import { makeBackbone, parseBackbone } from '../../lib/codes/index.ts';
import { compile } from '../../lib/inference/compile-node.ts';
import { placeBackbones } from '../dev/backbones.ts';
import { root } from '../dev/configs.ts';
import { freePort, type Stack, startStack } from '../dev/stack.ts';
import { arithmetics } from './arithmetics.ts';
import { bundles } from './bundles.ts';
import { cold } from './cold.ts';
import { engines } from './engines.ts';
import { heads } from './heads.ts';
import { images } from './images.ts';
import { latencies } from './latencies.ts';
import { layers } from './layers.ts';
import { otherNetworks } from './networks.ts';
import { openSet } from './open-set.ts';
import { photo } from './photo.ts';
import type { Section } from './report.ts';
import { writePage } from './results-page.ts';
import { retrain } from './retrain.ts';
import { softmax } from './softmax.ts';
import { training } from './training.ts';

/** In the page's order. */
const sections: Record<string, () => Promise<Section>> = {
  engines,
  photo: () => onInstance(photo),
  images,
  layers,
  networks: otherNetworks,
  // HEADWATER_EMOJI: an unpacked npm package emoji-datasource-google.
  arithmetics,
  cold,
  bundles,
  softmax,
  heads: () => heads(),
  'heads-imagenet': headsOnImageNet,
  // Folders with pictures of none of the labels, separated by ":", such as an emoji package's.
  'open-set': () => openSet(process.env.HEADWATER_STRANGERS?.split(':') ?? []),
  training,
  latencies: () => onInstance(latencies),
  retrain: () => onInstance(retrain),
};

/** The same on a genuine ImageNet net, out of the ONNX file beside the repository, where it is. */
async function headsOnImageNet(): Promise<Section> {
  const source = join(root, '../shared/backbones/mobilenet-v2-1.0-imagenet-onnx-derived');
  const title = 'Heads on MobileNetV2 1.0, ImageNet, from ONNX';
  if (!existsSync(source)) return { title, text: 'Not measured: the file is not here.' };
  const { graph, recipe } = await importFrom(source, presets['imagenet-tf']);
  const facts = { name: 'mobilenet-v2', title: 'v2', licence: 'unknown', origin: 'bench', recipe };
  const { file, digest } = await makeBackbone(graph, facts, compile);
  return { ...(await heads(parseBackbone(file, facts.name, digest))), title };
}

/** A Headwater of real processes, on a state folder that is removed afterwards. */
async function onInstance(measure: (stack: Stack) => Promise<Section>): Promise<Section> {
  const statePath = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const stack = await startStack({ statePath, port: await freePort() });
  try {
    await placeBackbones(stack);
    return await measure(stack);
  } finally {
    await stack.stop();
    rmSync(statePath, { recursive: true, force: true });
  }
}

const asked = process.argv.slice(2);
for (const name of asked)
  if (!Object.hasOwn(sections, name))
    throw new Error(`There is no section "${name}": ${Object.keys(sections).join(', ')}.`);

const page = join(root, 'docs/results.md');
const measured = new Map<string, string>();
for (const [name, measure] of Object.entries(sections)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.error(`bench: ${name} …`);
  const { title, text } = await measure();
  measured.set(title, text);
  // What has been measured stays, whatever happens to the sections behind it.
  writePage(page, measured, true);
}
if (asked.length === 0) writePage(page, measured, false);
process.exit(0);
