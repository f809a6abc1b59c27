// What it costs to make a tensor of a file, and how near the scaled decode comes to the full one: our image path
// beside libjpeg-turbo at the same scale and a full decode by @jsquash/jpeg, in Node and in workerd.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { loadImageModule, loadWebp } from '../../lib/image/image-node.ts';
import { readJpegHeader } from '../../lib/image/jpeg-header.ts';
import { haveSampleImages, sampleImage } from '../../lib/image/testing/fixtures-node.ts';
import { loadTurbo } from '../../lib/image/testing/turbo-node.ts';
import { root } from '../dev/configs.ts';
import { startEdgeProcess } from './edge-process.ts';
import { type ImagePaths, imagePaths } from './image-paths.ts';
import { fidelity } from './images-fidelity.ts';
import { importPeer, peerFile } from './peers.ts';
import { photoPng } from './photo-png.ts';
import { type Section, table } from './report.ts';
import { costOf, cpuFigure, inRounds, type Rounds, ratio } from './rounds.ts';
import { canMeasure, processMemory, resetPeak } from './workerd-memory.ts';

const rounds = 15;
const warmUp = 2;

type PathName = keyof ImagePaths;
const jpegPaths: PathName[] = ['headwater', 'library', 'jsquash'];

interface Case {
  name: string;
  file: Uint8Array;
  size: number;
  paths: PathName[];
}

export async function images(): Promise<Section> {
  const title = 'From a file to a tensor';
  if (!haveSampleImages) return { title, text: 'Not measured: the sample images are not here.' };
  const cases = await listCases();
  const inNode = await nodePaths();
  const inEdge = await edgeCosts(cases, inNode);
  const rows: string[][] = [];
  for (const [i, { name, file, size, paths }] of cases.entries()) {
    const contestants = new Map(paths.map((path) => [path, () => inNode[path](file, size)]));
    const node = await inRounds(rounds, contestants, costOf, warmUp);
    const figures = (costs: Rounds) => paths.map((path) => cpuFigure(costs, path)).join(' · ');
    rows.push([name, String(size), figures(node), ratios(node), figures(inEdge[i]!), ratios(inEdge[i]!)]);
  }
  const head = ['file', 'target', 'Node', '÷ library, ÷ jsquash', 'workerd', '÷ library, ÷ jsquash'];
  return {
    title,
    text: `CPU milliseconds of all threads, median (minimum) of ${rounds} interleaved rounds, for Headwater · libjpeg-turbo at the same scale · @jsquash/jpeg at full size, each with the same resize; a PNG has no others. Ratios are medians of the rounds' own.\n\n${table(head, rows)}\n\n${await memoryTable(cases)}\n\n${await fidelity(inNode)}`,
  };
}

async function listCases(): Promise<Case[]> {
  const photo = (name: string, file: string, size: number): Case => ({
    ...{ name, file: sampleImage(file), size },
    paths: jpegPaths,
  });
  return [
    photo('12 MP baseline, at 1/4', 'photo-12mp-baseline.jpg', 224),
    photo('12 MP baseline, at 1/8', 'photo-12mp-baseline.jpg', 160),
    photo('12 MP progressive, at 1/4', 'photo-12mp-progressive.jpg', 224),
    photo('12 MP progressive, at 1/8', 'photo-12mp-progressive.jpg', 160),
    photo('12 MP progressive 4:4:4, at 1/4', 'photo-12mp-progressive-444.jpg', 224),
    photo('12 MP progressive 4:4:4, at 1/8', 'photo-12mp-progressive-444.jpg', 160),
    photo('500 × 375', 'photo-500x375.jpg', 224),
    { name: '12 MP PNG', file: await samplePng(), size: 224, paths: ['headwater'] },
  ];
}

/** The large photo as a PNG, its samples rounded to six bits so that it is not larger than what is accepted. */
async function samplePng(): Promise<Uint8Array> {
  const file = sampleImage('photo-12mp-baseline.jpg');
  const header = readJpegHeader(file);
  return (await loadTurbo()).decode(file, header, 8, ({ pixels, width, height }) =>
    photoPng(
      pixels.map((sample) => sample & 0xfc),
      width,
      height,
    ),
  );
}

async function nodePaths(): Promise<ImagePaths> {
  const { default: decodeFully, init } = await importPeer<
    { default: Parameters<typeof imagePaths>[0]['decodeFully'] } & {
      init(module: WebAssembly.Module): Promise<void>;
    }
  >('@jsquash/jpeg/decode.js');
  const compile = (path: string) => WebAssembly.compile(readFileSync(path));
  await init(await compile(peerFile('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')));
  const require = createRequire(join(root, 'package.json'));
  return imagePaths({
    image: await loadImageModule(),
    webp: await loadWebp(),
    turbo: await compile(require.resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm')),
    decodeFully,
  });
}

/** Rounds of every case, in one workerd, after its tensors were compared with Node's. */
async function edgeCosts(cases: Case[], inNode: ImagePaths): Promise<Rounds[]> {
  const edge = await startEdge();
  try {
    const costs: Rounds[] = [];
    for (const { name, file, size, paths } of cases) {
      const at = `/?file=${encodeURIComponent(name)}&size=${size}`;
      await edge.measure(at, { method: 'PUT', body: file as BodyInit });
      const { response } = await edge.measure(`${at}&path=headwater&tensor`);
      const { tensor } = await inNode.headwater(file, size);
      if (!Buffer.from(tensor.buffer).equals(Buffer.from(await response.arrayBuffer())))
        throw new Error(`${name}: workerd gives another tensor than Node.`);
      const contestants = new Map(paths.map((path) => [path, `${at}&path=${path}`]));
      costs.push(await inRounds(rounds, contestants, (url) => edge.measure(url), warmUp));
    }
    return costs;
  } finally {
    await edge.stop();
  }
}

const startEdge = () => {
  peerFile('@jsquash/jpeg/package.json');
  return startEdgeProcess('scripts/bench/edge/images.toml');
};

function ratios(costs: Rounds): string {
  if (!costs.has('library')) return '–';
  return `${ratio(costs, 'headwater', 'library').toFixed(2)}, ${ratio(costs, 'headwater', 'jsquash').toFixed(2)}`;
}

/** The peak of a fresh workerd over what it had before, for one file sent to it, and WebAssembly memory. */
async function memoryTable(cases: Case[]): Promise<string> {
  if (!canMeasure) return 'Memory was not measured: it takes Linux.';
  const rows: string[][] = [];
  for (const { name, file, size, paths } of cases) {
    const cells: string[] = [];
    for (const path of paths) {
      const { riseMiB, wasmBytes } = await memoryOf(path, file, size);
      const wasm = wasmBytes === null ? '' : ` (${(wasmBytes / 2 ** 20).toFixed(1)})`;
      cells.push(`${riseMiB.toFixed(0)}${wasm}`);
    }
    rows.push([name, ...cells, ...jpegPaths.slice(cells.length).map(() => '–')]);
  }
  const head = ['file', 'Headwater', 'libjpeg-turbo at the same scale', '@jsquash/jpeg'];
  return `Peak of a fresh workerd above what it took idle, after a small photo, for one request with the file in it, MiB (of which WebAssembly memory):\n\n${table(head, rows)}`;
}

async function memoryOf(path: PathName, file: Uint8Array, size: number) {
  const edge = await startEdge();
  try {
    const make = (body: Uint8Array) =>
      edge.measure(`/?path=${path}&size=${size}`, { method: 'POST', body: body as BodyInit });
    await make(sampleImage('photo-500x375.jpg'));
    resetPeak(edge.pid);
    const { residentMiB } = processMemory(edge.pid);
    const { response } = await make(file);
    const told = response.headers.get('wasm-bytes');
    return {
      riseMiB: processMemory(edge.pid).peakMiB - residentMiB,
      wasmBytes: told === 'null' ? null : Number(told),
    };
  } finally {
    await edge.stop();
  }
}
