// What heads are worth on real photographs, beside scikit-learn on the same codes: accuracy of either kind at every
// strength, and how far probabilities can be trusted.
//
//   node scripts/bench/heads.ts [--backbone FILE] [--json] [FOLDER]
//
// FOLDER holds train/ and val/, each a folder of folders.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Backbone, parseBackbone } from '../../lib/codes/index.ts';
import { predict } from '../../lib/heads/index.ts';
import {
  defaultStrengths,
  expectedCalibrationError,
  type LinearResult,
  nestedProbabilities,
  trainLinear,
} from '../../lib/learning/index.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { finish } from '../../lib/linalg/testing.ts';
import { defaultBackbone, parsedBackbone } from '../dev/backbones.ts';
import { root } from '../dev/configs.ts';
import { codesOfFolders, type FolderCodes } from './folder-codes.ts';
import { type Section, table } from './report.ts';

const title = 'Heads beside scikit-learn';
const python = '/usr/bin/python3';
const script = join(root, 'scripts/bench/sklearn_heads.py');
const kinds = ['softmax', 'svm'] as const;
/** Seeds that deal the folds. */
const repeats = 10;
/** scikit-learn may have seen it otherwise on so many images. */
const allowedImages = 2;
const linalg = await loadLinalg();

type Kind = (typeof kinds)[number];

export interface HeadFigures {
  images: { train: number; val: number; dims: number };
  kinds: Record<Kind, { accuracies: Accuracies[]; chosen: Chosen; calibration: Pooled }>;
}

/** Images of val that were named right; null without scikit-learn. */
interface Accuracies {
  strength: number;
  ours: number;
  scikitLearn: number | null;
}

interface Chosen {
  strength: number;
  right: number;
}

/** Out-of-fold predictions of all repeats together. */
interface Pooled {
  n: number;
  eceBefore: number;
  ece: number;
  logLossBefore: number;
  logLossAfter: number;
}

/** Trains on one set of codes, judges on the other. */
export async function measureHeads(train: FolderCodes, val: FolderCodes): Promise<HeadFigures> {
  const reference = scikitLearn(train, val);
  const ofKind = async (kind: Kind) => {
    const accuracies: Accuracies[] = [];
    for (const strength of defaultStrengths)
      accuracies.push({
        strength,
        ours: countRight(await trainOn(train, { kind, strength }), val),
        scikitLearn: reference?.[kind][accuracies.length] ?? null,
      });
    const runs: LinearResult[] = [];
    for (let seed = 1; seed <= repeats; seed++) runs.push(await trainOn(train, { kind, seed }));
    const chosen = { strength: runs[0]!.strength, right: countRight(runs[0]!, val) };
    return { accuracies, chosen, calibration: pool(runs) };
  };
  return {
    images: { train: train.labels.length, val: val.labels.length, dims: train.dims },
    kinds: { softmax: await ofKind('softmax'), svm: await ofKind('svm') },
  };
}

function trainOn(train: FolderCodes, options: { kind: Kind; strength?: number; seed?: number }) {
  const split = new Array<'train'>(train.labels.length).fill('train');
  return trainLinear({ ...train, split, seed: 1, linalg, ...options });
}

function countRight(trained: LinearResult, { codes, dims, labels, labelNames }: FolderCodes): number {
  const head = { ...trained, codeSpace: '', backbone: '' };
  return labels.reduce((right, label, i) => {
    const [best] = predict(head, codes.subarray(i * dims, (i + 1) * dims), 1);
    return right + (best!.label === labelNames[label] ? 1 : 0);
  }, 0);
}

/** Each fold is calibrated by what the other folds of its repeat say. */
function pool(runs: LinearResult[]): Pooled {
  const before = { confidence: [] as number[], right: [] as number[], loss: 0 };
  const after = { confidence: [] as number[], right: [] as number[], loss: 0 };
  for (const { outOfFold, kind } of runs) {
    if (!outOfFold) continue;
    const sides = [
      [before, finish(nestedProbabilities(outOfFold, kind, 'none'))],
      [after, finish(nestedProbabilities(outOfFold, kind))],
    ] as const;
    const { truth, classes } = outOfFold;
    for (const [side, probabilities] of sides)
      for (const [i, label] of truth.entries()) {
        const row = probabilities.subarray(i * classes, (i + 1) * classes);
        const confidence = Math.max(...row);
        side.confidence.push(confidence);
        side.right.push(row.indexOf(confidence) === label ? 1 : 0);
        side.loss -= Math.log(row[label]!);
      }
  }
  const n = after.right.length;
  const ece = ({ confidence, right }: typeof after) =>
    expectedCalibrationError(Float64Array.from(confidence), right);
  return {
    n,
    eceBefore: ece(before),
    ece: ece(after),
    logLossBefore: before.loss / n,
    logLossAfter: after.loss / n,
  };
}

/** Images of val that scikit-learn names right at each strength; undefined where it is not installed. */
function scikitLearn(train: FolderCodes, val: FolderCodes): Record<Kind, number[]> | undefined {
  if (spawnSync(python, ['-c', 'import sklearn']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'headwater-heads-'));
  try {
    for (const [name, { codes, labels }] of Object.entries({ train, val })) {
      writeFileSync(join(folder, `${name}.f32`), new Uint8Array(codes.buffer));
      writeFileSync(join(folder, `${name}.i32`), new Uint8Array(labels.buffer));
    }
    const run = spawnSync(python, [script, folder, `${train.dims}`, JSON.stringify(defaultStrengths)], {
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`scikit-learn failed: ${run.stderr}`);
    return JSON.parse(run.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function headsText({ images, kinds: figures }: HeadFigures): string {
  const { train, val, dims } = images;
  const percent = (right: number) => (right / val).toFixed(3);
  const strengths = kinds.map((kind) =>
    figures[kind].accuracies.map(({ ours, scikitLearn }) =>
      scikitLearn === null ? `${ours}` : `${ours} / ${scikitLearn}`,
    ),
  );
  const off = kinds.flatMap((kind) =>
    figures[kind].accuracies.map(({ ours, scikitLearn }) => Math.abs(ours - (scikitLearn ?? ours))),
  );
  const compared = figures.softmax.accuracies[0]!.scikitLearn !== null;
  return [
    `Trained on ${train} photographs, judged on ${val}, codes of ${dims} numbers. Right out of ${val}${compared ? ', Headwater / scikit-learn (StandardScaler with LogisticRegression or LinearSVC of the same C)' : '; no python3-sklearn here to compare with'}:`,
    table(
      ['C', ...defaultStrengths.map(String)],
      kinds.map((kind, k) => [kind, ...strengths[k]!]),
    ),
    ...(compared ? [`Largest difference: ${Math.max(...off)} images (allowed: ${allowedImages}).`] : []),
    `Strength chosen by cross-validation, and out-of-fold predictions of ${repeats} seeds together, calibrated by the other folds' (expected calibration error in 10 bins of equal mass, at most 0.05 wanted; log-loss at most 0.005 above uncalibrated):`,
    table(
      ['', 'C', 'right', 'accuracy', 'ECE before', 'after', 'log-loss before', 'after'],
      kinds.map((kind) => {
        const { chosen, calibration } = figures[kind];
        const { eceBefore, ece, logLossBefore, logLossAfter } = calibration;
        return [
          kind,
          chosen.strength,
          chosen.right,
          percent(chosen.right),
          ...[eceBefore, ece, logLossBefore, logLossAfter].map((value) => value.toFixed(4)),
        ];
      }),
    ),
  ].join('\n\n');
}

const hymenoptera = resolve(root, '../shared/data/hymenoptera');

async function measureFolder(folder: string, backbone: Backbone): Promise<HeadFigures> {
  const [train, val] = await codesOfFolders(backbone, [join(folder, 'train'), join(folder, 'val')]);
  return measureHeads(train!, val!);
}

/** A backbone's file in float32, or the deployment's own. */
function backboneIn(path: string | undefined): Backbone {
  return path
    ? parseBackbone(readFileSync(path), 'bench', basename(path))
    : parsedBackbone(defaultBackbone());
}

/** The section of docs/results.md. */
export async function heads(
  backbone = parsedBackbone(defaultBackbone()),
  folder = hymenoptera,
): Promise<Section> {
  if (!existsSync(folder)) return { title, text: 'Not measured: no photographs here.' };
  return { title, text: headsText(await measureFolder(folder, backbone)) };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { backbone: { type: 'string' }, json: { type: 'boolean' } },
    allowPositionals: true,
  });
  const figures = await measureFolder(positionals[0] ?? hymenoptera, backboneIn(values.backbone));
  console.log(values.json ? JSON.stringify(figures) : headsText(figures));
}
