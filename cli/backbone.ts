// `npm run backbone`: the pretrained networks that codes are made with. Parses the command line; the commands stand
// in cli/backbone/.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundledByDefault } from '../scripts/build-backbone.ts';
import { defaultBackbone, localBackbones } from '../scripts/dev/backbones.ts';
import { openState, type StateFolder, stateAt } from '../scripts/dev/state.ts';
import { add } from './backbone/add.ts';
import { isUrl } from './backbone/download.ts';
import { presets } from './backbone/recipe-options.ts';
import { remove } from './backbone/remove.ts';
import { use } from './backbone/use.ts';
import { backboneLine } from './card-text.ts';
import { run } from './run.ts';

const usage = `Usage
  npm run backbone -- add <path or URL> [options]   an .onnx file, or a TensorFlow.js model (model.json or its folder)
  npm run backbone -- list                          those on this machine; * is the default
  npm run backbone -- use <name>                    make it the default, bundled with the edge
  npm run backbone -- remove <name>                 unless a head needs it

Options of add
  --name <name>        how trainings refer to it; the name of the folder or file if left out
  --preset <recipe>    how it wants its pictures: ${Object.keys(presets).join(', ')}
  --size <pixels>      input side, where the model leaves it open
  --mean <r,g,b>       subtracted from pixels 0..255 (127.5); one number stands for three
  --scale <r,g,b>      multiplied with the difference (1/127.5)
  --channels rgb|bgr   order of the channels, of --mean and --scale too (rgb)
  --fit stretch|cover  how a picture becomes a square (stretch)
  --tap <alias>        the tap that is read when nobody names one (final)
  --title, --licence, --origin   words for the card
  --calibrate <folder>  photos to measure ranges and arithmetics on: the fastest arithmetic that is as good is kept
  --labelled <folder>   photos in a folder for each label: heads trained on them decide instead of cosines
  --arithmetic float32|int16|int8   this one, whatever was measured
  --reference <folder>  photos like those that the network was made for: datasets are compared with them where it has
                        no batch-norm statistics of its own (if left out, the photos of --calibrate or --labelled)
  --reference-name <words>  what they are

With S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY set, add and remove work on that bucket;
else on the instance that runs on this machine.`;

const optionNames = [
  ...['name', 'preset', 'size', 'mean', 'scale', 'channels', 'fit', 'tap', 'title', 'licence', 'origin'],
  ...['arithmetic', 'calibrate', 'labelled', 'reference', 'reference-name'],
] as const;

/** npm runs scripts in the package's folder; a path is meant from where the caller stands. */
const fromCaller = (path: string) => (isUrl(path) ? path : resolve(process.env.INIT_CWD ?? '.', path));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...Object.fromEntries(optionNames.map((name) => [name, { type: 'string' as const }])),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(usage);
  const options = values as Record<string, string | undefined>;
  const folder = process.env.HEADWATER_STATE || '.headwater';
  const [command, subject] = positionals;
  if (command === 'list' && !subject) return list(stateAt(folder));
  for (const name of ['calibrate', 'labelled', 'reference'])
    if (options[name] !== undefined) options[name] = fromCaller(options[name]);
  if (command === 'add' && subject) return add(openState(folder), fromCaller(subject), options);
  if (command === 'use' && subject) return use(stateAt(folder), subject.normalize('NFC'));
  if (command === 'remove' && subject) return remove(stateAt(folder), subject.normalize('NFC'));
  console.log(usage);
  process.exitCode = command ? 2 : 0;
}

function list(state: StateFolder): void {
  const { name } = defaultBackbone();
  const names = new Set<string>();
  for (const backbone of localBackbones(state)) {
    names.add(backbone.name);
    console.log(`${backbone.name === name ? '*' : ' '} ${backboneLine(backbone)}`);
  }
  if (!names.has(bundledByDefault))
    console.log(`  ${bundledByDefault.padEnd(32)} comes with Headwater; \`use\` brings it back`);
}

await run(main, usage);
