// Hostile bytes: whatever is done to a sound file, the importer gives a graph or an error of ours, in bounded time.
// HEADWATER_FUZZ_RUNS asks for more runs than `npm test` has time for.

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../errors/index.ts';
import { validateGraph } from '../validate.ts';
import { importOnnx } from './onnx.ts';
import { decodeModel, modelType } from './onnx-schema.ts';

const numRuns = Number(process.env.HEADWATER_FUZZ_RUNS ?? 400);
const folder = new URL('fixtures/', import.meta.url);
const sound = readdirSync(folder)
  .filter((file) => file.endsWith('.onnx'))
  .map((file) => new Uint8Array(readFileSync(new URL(file, folder))));
const anyFile = fc.nat(sound.length - 1).map((i) => sound[i]!);

/** Imports, and says whether it was refused. Anything but a sound graph or a HeadwaterError is thrown. */
function refused(bytes: Uint8Array): boolean {
  try {
    validateGraph(importOnnx(bytes, { recipe: { size: 20 } }).graph);
    return false;
  } catch (error) {
    if (error instanceof HeadwaterError && error.type !== 'internal') return true;
    throw error;
  }
}

/** Every place in a decoded message, as a parent and a key. Bytes are places as a whole. */
function places(
  value: unknown,
  into: [Record<string, unknown>, string][] = [],
): [Record<string, unknown>, string][] {
  if (value && typeof value === 'object' && !(value instanceof Uint8Array))
    for (const key of Object.keys(value)) {
      into.push([value as Record<string, unknown>, key]);
      places((value as Record<string, unknown>)[key], into);
    }
  return into;
}

const nastyNumber = fc.oneof(
  fc.integer({ min: -3, max: 9 }),
  fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 2 ** 40, 65536, 4096, Number.NaN, 1e30, -1),
);
const nastyText = fc.constantFrom(
  '',
  'image',
  '__proto__',
  'Concat',
  'Reshape',
  'Split',
  'Transpose',
  'Gemm',
  'Identity',
  'pads',
  'axes',
  'scores',
  'x'.repeat(2000),
);

describe('hostile ONNX files', () => {
  it('of random bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => refused(bytes)),
      { numRuns },
    );
  });

  it('cut short are refused or sound', () => {
    fc.assert(
      fc.property(anyFile, fc.nat(), (file, at) => {
        refused(file.subarray(0, at % file.length));
      }),
      { numRuns },
    );
  });

  it('with changed bytes are refused or sound', () => {
    let count = 0;
    const edit = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(anyFile, fc.array(edit, { minLength: 1, maxLength: 6 }), (file, edits) => {
        const bytes = file.slice();
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        if (refused(bytes)) count++;
      }),
      { numRuns },
    );
    expect(count).toBeGreaterThan(0);
  });

  it('with pieces of another file in them are refused or sound', () => {
    fc.assert(
      fc.property(anyFile, anyFile, fc.nat(), fc.nat(), fc.nat(300), (file, other, at, from, length) => {
        const bytes = file.slice();
        const piece = other.subarray(from % other.length, (from % other.length) + length);
        const start = at % bytes.length;
        bytes.set(piece.subarray(0, bytes.length - start), start);
        refused(bytes);
      }),
      { numRuns },
    );
  });

  it('with changed fields are refused or sound', () => {
    let count = 0;
    fc.assert(
      fc.property(
        anyFile,
        fc.nat(),
        nastyNumber,
        nastyText,
        fc.boolean(),
        (file, seed, number, text, remove) => {
          const model = decodeModel(file);
          const all = places(model);
          const [parent, key] = all[seed % all.length]!;
          const old = parent[key];
          if (remove && Array.isArray(parent)) parent.splice(Number(key), 1);
          else if (remove) delete parent[key];
          else if (typeof old === 'string') parent[key] = text;
          else if (typeof old === 'number' || (old && typeof old === 'object' && 'toNumber' in old))
            parent[key] = number;
          else if (old instanceof Uint8Array)
            parent[key] = old.subarray(0, Math.abs(Math.trunc(number)) % 64);
          else if (Array.isArray(old)) parent[key] = [...old, ...old];
          else return;
          let bytes: Uint8Array;
          try {
            bytes = modelType.encode(model).finish();
          } catch {
            // A change that no bytes express (text where a number stands).
            return;
          }
          if (refused(bytes)) count++;
        },
      ),
      { numRuns: 2 * numRuns },
    );
    expect(count).toBeGreaterThan(numRuns / 20);
  });
});
