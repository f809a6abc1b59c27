import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answersOrRefuses, damaged, fuzzRuns } from '../../test/support/fuzz.ts';
import { readSafetensors, writeSafetensors } from '../tensors/index.ts';
import { readBackbone, writeBackbone } from './backbone-file.ts';
import { tinyBackbone } from './backbone-testing.ts';

const file = writeBackbone(tinyBackbone());

it('reads or refuses damaged backbones', async () => {
  const outcomes = { answered: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(damaged([file]), async (bytes) => {
      outcomes[await answersOrRefuses(() => readBackbone(bytes))]++;
    }),
    { numRuns: fuzzRuns(500) },
  );
  expect(Math.min(outcomes.answered, outcomes.refused)).toBeGreaterThan(0);
});

/** Replaces one value somewhere inside a JSON document. */
function replaced(json: unknown, path: number[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || json === null || typeof json !== 'object') return value;
  const keys = Object.keys(json);
  if (keys.length === 0) return value;
  const key = keys[step % keys.length]!;
  const changed = replaced((json as Record<string, unknown>)[key], rest, value);
  return Array.isArray(json)
    ? json.map((item, i) => (String(i) === key ? changed : item))
    : { ...json, [key]: changed };
}

it('reads or refuses graphs and cards with any value anywhere in them', async () => {
  const wound = fc.record({
    part: fc.constantFrom('graph', 'card'),
    path: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
    value: fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0, 1e9, 2 ** 53, 'conv', '__proto__', [], {})),
  });
  await fc.assert(
    fc.asyncProperty(wound, async ({ part, path, value }) => {
      const { tensors, metadata } = readSafetensors(file);
      const json = JSON.stringify(replaced(JSON.parse(metadata[part]!), path, value));
      const bytes = writeSafetensors(tensors, { ...metadata, [part]: json });
      await answersOrRefuses(() => readBackbone(bytes));
    }),
    { numRuns: fuzzRuns(500) },
  );
});
