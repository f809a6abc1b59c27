// The softmax solver beside scikit-learn's lbfgs: the same codes, the same objective, fits in turn. Standardising is
// left out on both sides; everything after it is in. The library uses all cores through its BLAS, ours uses one.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finalTolerance, prepareSoftmax } from '../../lib/learning/fit.ts';
import { makeSynthetic } from '../../lib/learning/fixtures/synthetic.ts';
import type { SoftmaxRows } from '../../lib/learning/softmax-objective.ts';
import { standardise } from '../../lib/learning/standardise.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { finish } from '../../lib/linalg/testing.ts';
import { median, type Section, table } from './report.ts';

const python = '/usr/bin/python3';
const [n, dims, classes] = [5000, 1792, 10];
/** Enough for the classes to overlap. */
const noise = 2;
const strengths = [1e-3, 1e-2, 1];
const rounds = 3;
const title = `Softmax, ${n} × ${dims}, ${classes} classes, beside scikit-learn`;

export async function softmax(): Promise<Section> {
  if (spawnSync(python, ['-c', 'import sklearn']).status !== 0)
    return { title, text: 'No python3-sklearn here: left out.' };
  const folder = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const { codes, labels } = makeSynthetic(n, dims, classes, 1, noise);
  const peer = new Scikit(folder, codes, labels);
  try {
    const rows = await loadRows(codes, labels);
    const lines: (string | number)[][] = [];
    for (const strength of strengths) lines.push(await compare(rows, peer, strength, folder));
    return {
      title,
      text: `Codes made up (clusters behind a ReLU), C given, one fit from zero: ours on one core to ‖gradient‖ ≤ ${finalTolerance.relative}·‖weights‖, \`LogisticRegression(solver="lbfgs")\` with its defaults on all cores. ${rounds} rounds in turn; medians. Objectives are computed by numpy in float64.

${table(['C', 'ours, ms', 'scikit-learn, ms', 'ratio', 'iterations', 'objective ratio − 1', 'ours to within 0.1 % of its objective, ms', 'ratio'], lines)}`,
    };
  } finally {
    await peer.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(rows: SoftmaxRows, peer: Scikit, strength: number, folder: string) {
  const [ours, theirs]: [number[], number[]] = [[], []];
  let iterations = '';
  let ratio = Number.NaN;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const fit = finish(prepareSoftmax(rows).fit(strength, finalTolerance));
    ours.push(performance.now() - began);
    const fitted = await peer.ask({ strength });
    theirs.push(fitted.ms!);
    const path = join(folder, 'params.f64');
    writeFileSync(path, fit.params);
    const judged = await peer.ask({ strength, params: path });
    ratio = judged.objective / fitted.objective;
    iterations = `${fit.iterations} : ${fitted.iterations}`;
  }
  const reaching = await timeToReach(rows, peer, strength, folder);
  return [
    strength,
    median(ours).toFixed(0),
    median(theirs).toFixed(0),
    (median(ours) / median(theirs)).toFixed(2),
    iterations,
    (ratio - 1).toExponential(1),
    reaching.toFixed(0),
    (reaching / median(theirs)).toFixed(2),
  ];
}

/** Milliseconds until our fit is within 0.1 % of scikit-learn's objective: by the fewest iterations that get there. */
async function timeToReach(rows: SoftmaxRows, peer: Scikit, strength: number, folder: string) {
  const target = (await peer.ask({ strength })).objective * 1.001;
  const path = join(folder, 'params.f64');
  const fitted = (maxIterations: number) =>
    finish(prepareSoftmax(rows).fit(strength, { ...finalTolerance, maxIterations }));
  let [few, enough] = [0, fitted(finalTolerance.maxIterations).iterations];
  while (enough - few > 1) {
    const middle = (few + enough) >> 1;
    writeFileSync(path, fitted(middle).params);
    if ((await peer.ask({ strength, params: path })).objective <= target) enough = middle;
    else few = middle;
  }
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    fitted(enough);
    times.push(performance.now() - began);
  }
  return median(times);
}

async function loadRows(codes: Float32Array, labels: Int32Array): Promise<SoftmaxRows> {
  const workspace = (await loadLinalg()).workspace(n, dims, classes);
  for (let i = 0; i < n; i++) workspace.x.set(codes.subarray(i * dims, (i + 1) * dims), i * workspace.stride);
  const ranges = [{ from: 0, to: n }];
  return {
    workspace,
    ranges,
    truth: labels,
    scaling: standardise(workspace.x, workspace.stride, dims, ranges),
  };
}

interface Answer {
  objective: number;
  ms?: number;
  iterations?: number;
}

/** sklearn_fit.py, kept running so that no import is timed. */
class Scikit {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(folder: string, codes: Float32Array, labels: Int32Array) {
    const [codesPath, labelsPath] = [join(folder, 'codes.f32'), join(folder, 'labels.i32')];
    writeFileSync(codesPath, codes);
    writeFileSync(labelsPath, labels);
    const script = join(import.meta.dirname, 'sklearn_fit.py');
    this.#process = spawn(python, [script, codesPath, labelsPath, `${dims}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  async ask(job: object): Promise<Answer> {
    this.#process.stdin!.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('scikit-learn ended early; its words are above.');
    return JSON.parse(value);
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.stdin!.end();
    await once(this.#process, 'exit');
  }
}

if (import.meta.main) {
  const { title, text } = await softmax();
  console.log(`## ${title}\n\n${text}`);
}
