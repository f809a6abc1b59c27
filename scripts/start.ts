// `npm start`: builds what is missing, starts both Workers and the trainer on this machine, does the main job
// once in front of the reader (on the reader's own photos with --teach), and then serves until it is told to stop.

import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { HeadKind, isName } from '../lib/contract/index.ts';
import { buildBackbone } from './build-backbone.ts';
import { buildDecoders } from './build-decoders.ts';
import { buildKernels } from './build-kernels.ts';
import { createApi } from './demo/api.ts';
import { demoHead, demonstrate, isDone, keepSample } from './demo/demo.ts';
import { placeBackbones } from './dev/backbones.ts';
import { type Stack, startStack } from './dev/stack.ts';
import { type PhotoFolder, readPhotoFolder } from './teach/photo-folder.ts';
import { teachFolder } from './teach/teach-folder.ts';

const port = Number(process.env.PORT || 8787);
const statePath = process.env.HEADWATER_STATE || '.headwater';
const began = Date.now();
const seconds = () => ((Date.now() - began) / 1000).toFixed(1);

let stack: Stack | undefined;
let stopping = false;

/** Ends every child that was started, then this process. Asked twice, it does not wait. */
async function stop(code: number): Promise<void> {
  if (stopping) {
    stack?.kill();
    process.exit(code || 1);
  }
  stopping = true;
  await stack?.stop();
  process.exit(code);
}
process.on('SIGTERM', () => void stop(0));
process.on('SIGINT', () => void stop(0));
process.on('SIGHUP', () => void stop(0));

try {
  await run();
} catch (error) {
  if (!stopping) {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    await stop(1);
  }
}

async function run(): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`PORT is not a port: ${process.env.PORT}`);
  const { options, folder } = readOptions();
  const built = [
    ...(await buildKernels()),
    ...(await buildDecoders()),
    ...((await buildBackbone()) ? ['the default backbone'] : []),
  ];
  if (built.length > 0) console.log(`Built ${built.join(', ')} (${seconds()} s).`);
  console.log('Starting the edge and control Workers and the trainer …');
  const begun = (it: Stack) => {
    stack = it;
  };
  stack = await startStack({ statePath, port, apiKey: process.env.HEADWATER_KEY, begun });
  await placeBackbones(stack);
  const { url, keys } = stack;
  console.log(`Ready at ${url} after ${seconds()} s; state in ${stack.state.path}\n`);
  const api = createApi(url, keys.apiKey);
  if (folder) {
    const { file } = await teachFolder(api, folder, options);
    printHelp(url, keys.apiKey, [options.head, relative(process.cwd(), file)]);
  } else {
    const wanted = process.env.HEADWATER_DEMO !== '0';
    if (wanted && !(await isDone(api))) await demonstrate(api);
    printHelp(url, keys.apiKey, wanted ? [demoHead, keepSample(stack.state)] : null);
  }
  await watch(stack);
}

/** The command line: `--teach <folder>`, and how. Everything that is wrong with it is said before anything starts. */
function readOptions() {
  const values = parseArguments();
  // npm runs scripts in the package's folder; a path is meant from where the caller stands.
  const folder: PhotoFolder | null = values.teach
    ? readPhotoFolder(resolve(process.env.INIT_CWD ?? '.', values.teach))
    : null;
  const head = (values.head ?? folder?.name ?? '').normalize('NFC');
  if (folder && !isName(head)) throw new Error(`"${head}" cannot be the name of a head.`);
  const { backbone, kind } = values;
  if (kind && !HeadKind.options.some((each) => each === kind))
    throw new Error(`--kind is ${HeadKind.options.join(' or ')}, not "${kind}".`);
  if (!folder && (values.head || backbone || kind))
    throw new Error('--head, --backbone and --kind go with --teach <folder>.');
  return { folder, options: { head, ...(backbone && { backbone }), ...(kind && { kind }) } };
}

/** The command line's options. @throws Error that lists what there is */
function parseArguments() {
  const option = { type: 'string' } as const;
  try {
    return parseArgs({ options: { teach: option, head: option, backbone: option, kind: option } }).values;
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\n\nnpm start\nnpm start -- --teach <folder> [--head <name>] [--backbone <name>] [--kind softmax|svm]`,
    );
  }
}

/** `sample` is a head and a picture to try, or null where there is none. */
function printHelp(url: string, key: string, sample: [string, string] | null): void {
  const classify = (head: string, picture: string) =>
    `curl -X POST ${url}/v1/heads/${encodeURIComponent(head)}/classify -H "Authorization: Bearer ${key}" --data-binary @"${picture}"`;
  const teach = `curl -X PUT ${url}/v1/datasets/mine/examples/cat -H "Authorization: Bearer ${key}" --data-binary @cat.jpg`;
  const lines = sample ? [classify(...sample), teach] : [teach];
  console.log(`Serving at ${url}   API: ${url}/openapi.json
Development key: ${key}

${sample ? 'Paste the first line; for the second take a photo of yours:' : 'Teach it photos of yours; README shows the other calls:'}
  ${lines.join('\n  ')}

Ctrl-C stops everything.`);
}

/** A service that ends by itself: the trainer is started again, without the Workers there is nothing to serve. */
async function watch(running: Stack): Promise<never> {
  for (;;) {
    const ended = await Promise.race([
      running.workers.ended.then(() => 'workers' as const),
      running.trainer().ended.then(() => 'trainer' as const),
    ]);
    if (stopping) await new Promise(() => {});
    if (ended === 'workers') throw new Error(`The Workers ended:\n${running.workers.tail()}`);
    console.warn('The trainer ended and is started again.');
    await running.restartTrainer();
  }
}
