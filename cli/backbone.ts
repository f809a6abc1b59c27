// `npm run backbone -- add <path>`: makes a pretrained network usable as a backbone. `list` shows those there are.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBackbone, publishBackbone } from '../lib/codes/index.ts';
import { isName } from '../lib/contract/index.ts';
import { HeadwaterError } from '../lib/errors/index.ts';
import { importTfjs } from '../lib/graph/import/index.ts';
import { readTfjs } from '../lib/graph/import/read-tfjs-node.ts';
import type { Recipe } from '../lib/graph/index.ts';
import { compile } from '../lib/inference/compile-node.ts';
import { s3Store } from '../lib/storage/s3-node.ts';
import { keepBackbone, localBackbones } from '../scripts/dev/backbones.ts';
import { bucketName, s3Endpoint } from '../scripts/dev/configs.ts';
import { isOurs } from '../scripts/dev/processes.ts';
import { openState, readInstance, readKeys, type StateFolder } from '../scripts/dev/state.ts';
import { backboneLine, cardText } from './card-text.ts';

const usage = `Usage
  npm run backbone -- add <path> [options]   a folder with model.json, or the file (tfjs graph-model or layers-model)
  npm run backbone -- list

Options of add
  --name <name>        how heads refer to it; the folder's name if left out
  --tap <alias>        the tap that is read when nobody names one (final)
  --size <pixels>      input side, where the model leaves it open
  --mean <r,g,b>       subtracted from pixels 0..255 (127.5,127.5,127.5)
  --scale <r,g,b>      multiplied with the difference (1/127.5 each); one number stands for three
  --channels rgb|bgr   order of the channels (rgb)
  --fit stretch|cover  how a picture becomes a square (stretch)
  --title, --licence, --origin   words for the card`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(
      ['name', 'tap', 'size', 'mean', 'scale', 'channels', 'fit', 'title', 'licence', 'origin'].map(
        (name) => [name, { type: 'string' as const }],
      ),
    ),
  });
  const options = values as Record<string, string | undefined>;
  const state = openState(process.env.HEADWATER_STATE || '.headwater');
  const [command, path] = positionals;
  if (command === 'list') return list(state);
  if (command === 'add' && path) return add(state, path, options);
  console.log(usage);
  process.exitCode = command ? 2 : 0;
}

async function add(
  state: StateFolder,
  path: string,
  options: Record<string, string | undefined>,
): Promise<void> {
  const name = (options.name ?? nameOf(path)).normalize('NFC');
  if (!isName(name)) throw new HeadwaterError('invalid-name', `"${name}" is no name. Give one with --name.`);
  console.log(`Reading ${path} …`);
  const { graph, recipe, notes } = importTfjs(await readTfjs(path), { recipe: recipeOf(options) });
  const facts = {
    name,
    recipe,
    title: options.title ?? name,
    licence: options.licence ?? 'unknown',
    origin: options.origin ?? 'added from a folder',
    ...(options.tap && { defaultTap: options.tap }),
  };
  console.log('Compiling it and making golden tensors …');
  const made = await makeBackbone(graph, facts, compile);
  keepBackbone(state, { name, digest: made.digest, file: made.file });
  console.log(`\n${cardText(made.card, made.digest)}\n`);
  for (const note of notes) console.log(`Note: ${note}`);
  console.log(await publish(state, { name, digest: made.digest, file: made.file }));
}

/** Puts the backbone into the running instance's bucket, if one runs. */
async function publish(
  state: StateFolder,
  backbone: { name: string; digest: string; file: Uint8Array },
): Promise<string> {
  const instance = readInstance(state);
  if (!instance || !isOurs(instance.pid, 'scripts/start.ts'))
    return `Kept. It will be there at the next "npm start": train with "backbone": "${backbone.name}".`;
  const keys = await readKeys(state, undefined);
  const store = s3Store({ endpoint: s3Endpoint(instance.url), bucket: bucketName, ...keys.s3 });
  await publishBackbone(store, backbone, new Date().toISOString());
  store.close();
  return `The instance at ${instance.url} has it now: train with "backbone": "${backbone.name}".`;
}

function list(state: StateFolder): void {
  for (const backbone of localBackbones(state)) console.log(backboneLine(backbone));
}

const nameOf = (path: string) =>
  resolve(path)
    .replace(/\/model\.json$/, '')
    .split('/')
    .at(-1)!;

function recipeOf(options: Record<string, string | undefined>): Partial<Recipe> {
  const recipe: Partial<Recipe> = {};
  if (options.size) recipe.size = positiveInteger(options.size);
  if (options.mean) recipe.mean = triple(options.mean, 'mean');
  if (options.scale) recipe.scale = triple(options.scale, 'scale');
  if (options.channels) recipe.channelOrder = oneOf(options.channels, ['rgb', 'bgr'], 'channels');
  if (options.fit) recipe.fit = oneOf(options.fit, ['stretch', 'cover'], 'fit');
  return recipe;
}

/** `0.5,0.5,0.5`, `127.5` or `1/127.5`. */
function triple(text: string, option: string): [number, number, number] {
  const numbers = text.split(',').map((part) => {
    const [above, below = '1'] = part.split('/');
    return above?.trim() ? Number(above) / Number(below) : Number.NaN;
  });
  const [r, g = r, b = r] = numbers;
  if (![1, 3].includes(numbers.length) || !numbers.every(Number.isFinite))
    throw new HeadwaterError(
      'bad-request',
      `--${option} takes one number or three with commas, not "${text}".`,
    );
  return [r!, g!, b!];
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new HeadwaterError('bad-request', `--size takes pixels, not "${text}".`);
  return value;
}

function oneOf<const T extends string>(text: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === text);
  if (!found)
    throw new HeadwaterError('bad-request', `--${option} is ${choices.join(' or ')}, not "${text}".`);
  return found;
}

try {
  await main();
} catch (error) {
  // A sentence for what a user can mend; a stack only for what is our fault.
  console.error(
    error instanceof HeadwaterError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
      ? (error as Error).message
      : error,
  );
  process.exitCode = 1;
}
