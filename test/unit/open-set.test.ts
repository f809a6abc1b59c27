// None of these, on photographs: heads of ants and bees refuse few that they have not seen, and tell noise and
// drawings apart from them. Every second photograph, to be quick; `node scripts/bench/open-set.ts` takes all.

import { beforeAll, describe, expect, it } from 'vitest';
import { openSetScore } from '../../lib/heads/index.ts';
import { fitOpenSet } from '../../lib/learning/index.ts';
import { createRng, shuffle } from '../../lib/linalg/index.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { finish } from '../../lib/linalg/testing.ts';
import { codeMaker } from '../../scripts/bench/folder-codes.ts';
import { noise, noiseKinds } from '../../scripts/bench/noise.ts';
import { readDigits } from '../../scripts/demo/digits.ts';
import { defaultBackbone, parsedBackbone } from '../../scripts/dev/backbones.ts';
import { hasHymenoptera, labels, photos } from '../support/hymenoptera.ts';

const splits = 10;
const timeoutMs = 240_000;

if (!hasHymenoptera) console.log('open set: skipped, ../shared/data/hymenoptera is not there');

describe.skipIf(!hasHymenoptera)('an open set of ants and bees', () => {
  let known: { label: number; code: Float32Array }[];
  const strangers: Record<string, Float32Array[]> = { noise: [], drawings: [] };
  const refused: number[] = [];
  const aurocs: Record<string, number[]> = { noise: [], drawings: [] };

  beforeAll(async () => {
    const codeOf = await codeMaker(parsedBackbone(defaultBackbone()));
    known = [];
    for (const { label, bytes } of [...photos('train'), ...photos('val')].filter((_, i) => i % 2 === 0))
      known.push({ label: labels.indexOf(label), code: await codeOf(bytes) });
    for (const kind of noiseKinds)
      for (let seed = 0; seed < 3; seed++) strangers.noise!.push(await codeOf(noise(kind, seed)));
    for (const { png } of readDigits(0, 1).slice(0, 12)) strangers.drawings!.push(await codeOf(png));
    for (let seed = 0; seed < splits; seed++) await judge(seed);
  }, timeoutMs);

  async function judge(seed: number): Promise<void> {
    const dealt = shuffle([...known], createRng(seed));
    const train = dealt.slice(0, Math.round((dealt.length * 244) / 397));
    const unseen = dealt.slice(train.length);
    const dims = train[0]!.code.length;
    const codes = new Float32Array(train.length * dims);
    for (const [i, { code }] of train.entries()) codes.set(code, i * dims);
    const ofTrain = Int32Array.from(train, ({ label }) => label);
    const data = { codes, dims, labels: ofTrain, labelNames: labels };
    const openSet = finish(fitOpenSet(data, seed, await loadLinalg())).openSet!;
    const usual = unseen.map(({ code }) => openSetScore(openSet, code));
    refused.push(usual.filter((score) => score > openSet.threshold).length / usual.length);
    for (const [name, list] of Object.entries(strangers)) {
      const pairs = list.flatMap((code) => {
        const strange = openSetScore(openSet, code);
        return usual.map((score) => Number(strange > score));
      });
      aurocs[name]!.push(mean(pairs));
    }
  }

  it('refuses at most 7 % of photographs of ants and bees that it has not seen', () => {
    expect(mean(refused)).toBeLessThanOrEqual(0.07);
    expect(mean(refused)).toBeGreaterThan(0);
  });

  it.each(['noise', 'drawings'])('has AUROC of at least 0.90 against %s', (name) => {
    expect(mean(aurocs[name]!)).toBeGreaterThanOrEqual(0.9);
  });
});

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
