// What a cold isolate costs up to its first code: a fresh workerd for each, CPU time of the whole process, less what a
// process with an empty Worker takes.

import { cosine } from '../../lib/graph/testing.ts';
import { cpuMs } from './cpu-time.ts';
import { startEdgeProcess } from './edge-process.ts';
import { median, type Section, table } from './report.ts';

const rounds = 9;
const contestants = ['empty', 'packed', 'compiled', 'tfjs'] as const;
type Contestant = (typeof contestants)[number];

export async function cold(): Promise<Section> {
  const costs = Object.fromEntries(contestants.map((name) => [name, [] as Cost[]])) as Record<
    Contestant,
    Cost[]
  >;
  const codes = new Map<Contestant, Float32Array>();
  for (let round = 0; round < rounds; round++)
    for (const name of contestants) {
      const { code, ...cost } = await firstCode(name);
      costs[name].push(cost);
      codes.set(name, code);
    }
  // Minima: what else the machine does falls on a start of half a second in full, and differences keep all of it.
  const least = (name: Contestant) => Math.min(...costs[name].map(({ start, first }) => start + first));
  const own = (name: Contestant) => least(name) - least('empty');
  const stages = (name: Contestant) => [
    cpuOf(costs[name].map(({ start }) => start)),
    cpuOf(costs[name].map(({ first }) => first)),
  ];
  const row = (name: Contestant, what: string) => [
    what,
    own(name).toFixed(0),
    ...stages(name),
    (own(name) / own('tfjs')).toFixed(2),
    cosine(codes.get(name)!, codes.get('tfjs')!).toFixed(5),
  ];
  return {
    title: 'Cold isolate to first code',
    text: `The default backbone at its default tap, in its arithmetic; an artificial picture, as a tensor. ${rounds} fresh processes of workerd each, in turn; CPU ms of all its threads. The first figure is the least of both stages less the least of a process with an empty Worker; stages: median (minimum).

${table(
  [
    'engine',
    'to the first code',
    'process and isolate up',
    'first request',
    'ratio to TensorFlow.js',
    'cosine to it',
  ],
  [
    ['none: an empty Worker', 0, ...stages('empty'), '–', '–'],
    row('packed', 'Headwater, program packed when the bundle was built'),
    row('compiled', 'Headwater, compiled by the first request'),
    row('tfjs', 'TensorFlow.js 4.22, WebAssembly, float32'),
  ],
)}`,
  };
}

const cpuOf = (ms: number[]) => `${median(ms).toFixed(0)} (${Math.min(...ms).toFixed(0)})`;

interface Cost {
  /** Up to a Worker that answers, and from there to the first code: CPU ms. */
  start: number;
  first: number;
}

async function firstCode(name: Contestant): Promise<Cost & { code: Float32Array }> {
  const edge = await startEdgeProcess(`scripts/bench/cold/${name}.toml`);
  try {
    const start = cpuMs(edge.pid);
    const { response, cpu } = await edge.measure('/code');
    return { start, first: cpu, code: new Float32Array(await response.arrayBuffer()) };
  } finally {
    await edge.stop();
  }
}
