import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../errors/index.ts';
import { readSafetensors, writeSafetensors } from '../tensors/index.ts';
import { readBackbone, writeBackbone } from './backbone-file.ts';
import { tinyBackbone as backbone, tinyRecipe as recipe } from './backbone-testing.ts';
import { makeCard } from './card.ts';

/** A written file with its tensors or metadata changed. */
function tampered(change: (file: ReturnType<typeof readSafetensors>) => void): Uint8Array {
  const file = readSafetensors(writeBackbone(backbone()));
  change(file);
  return writeSafetensors(file.tensors, file.metadata);
}

describe('makeCard', () => {
  it('tells code length and cost of every tap, and what the weights weigh', () => {
    expect(backbone().card).toMatchObject({
      defaultTap: 'final',
      taps: { final: { op: 'relu', pooling: 'avg', codeLength: 4, multiplyAdds: 16 * 9 * 3 * 4 } },
      weightBytes: 108 + 8 + 16,
      parameters: 112,
      size: 8,
    });
  });

  it('refuses a default tap that does not exist, and a name that no key may hold', () => {
    const { graph } = backbone();
    const facts = { name: 'tiny', title: 'Tiny', licence: 'MIT', origin: 'a test', recipe };
    expect(() => makeCard(graph, { ...facts, defaultTap: 'fc7' })).toThrow(/default tap "fc7"/);
    expect(() => makeCard(graph, { ...facts, name: 'a/b' })).toThrow(/card is not valid: name/);
  });
});

describe('the backbone file', () => {
  it('gives back what was written, integers as integers', () => {
    const written = backbone();
    const read = readBackbone(writeBackbone(written));
    expect(read.graph.ops).toEqual(written.graph.ops);
    expect(read.graph.taps).toEqual(written.graph.taps);
    expect(read.graph.input).toEqual(written.graph.input);
    expect(read.card).toEqual(written.card);
    expect(read.golden.codes).toEqual({ final: Float32Array.of(1, 2, 3, 4) });
    expect(read.graph.weights.get('net/kernel')).toEqual(written.graph.weights.get('net/kernel'));
    expect(new Map([...read.graph.weights].sort())).toEqual(new Map([...written.graph.weights].sort()));
  });

  it('has the same bytes every time, also after a round trip', () => {
    const first = writeBackbone(backbone());
    expect(writeBackbone(readBackbone(first))).toEqual(first);
    const { graph, ...rest } = backbone();
    const reordered = { ...graph, weights: new Map([...graph.weights].toReversed()) };
    expect(writeBackbone({ graph: reordered, ...rest })).toEqual(first);
  });

  it.each<[string, (file: ReturnType<typeof readSafetensors>) => void, RegExp]>([
    ['another format', (file) => void (file.metadata.format = '2'), /format is 2/],
    ['a card that is no JSON', (file) => void (file.metadata.card = '{'), /card is not JSON/],
    ['no graph', (file) => void delete file.metadata.graph, /graph is not JSON/],
    ['a missing weight', (file) => void file.tensors.delete('weight.bias'), /not in the file/],
    [
      'a missing scale',
      (file) => void file.tensors.delete('scale.net/kernel'),
      /"scale.net\/kernel" is missing/,
    ],
    ['a missing golden code', (file) => void file.tensors.delete('golden.codes.final'), /no golden code/],
    ['a missing golden input', (file) => void file.tensors.delete('golden.input'), /no golden input/],
    [
      'a tensor that nobody knows',
      (file) => void file.tensors.set('extra', { dtype: 'F32', shape: [1], data: new Float32Array(1) }),
      /"extra", which belongs to nothing/,
    ],
    [
      'a weight that no layer uses',
      (file) => void file.tensors.set('weight.x', { dtype: 'F32', shape: [1], data: new Float32Array(1) }),
      /No layer uses the weight "x"/,
    ],
    [
      'a golden code of another length',
      (file) =>
        void file.tensors.set('golden.codes.final', { dtype: 'F32', shape: [1], data: new Float32Array(1) }),
      /has 1 values instead of 4/,
    ],
    [
      'a card that promises another code length',
      (file) => void (file.metadata.card = file.metadata.card!.replace('"codeLength":4', '"codeLength":5')),
      /disagree about the tap/,
    ],
    [
      'a size that no machine can hold',
      (file) => void (file.metadata.card = file.metadata.card!.replaceAll('"size":8', '"size":4000000')),
      /card is not valid/,
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => readBackbone(tampered(change))).toThrow(message);
  });

  it('answers any damaged file with an error of its own, or reads it', () => {
    const file = writeBackbone(backbone());
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length), (at, byte, length) => {
        const damaged = file.slice();
        damaged[at] = byte;
        for (const bytes of [damaged, file.subarray(0, length)]) {
          try {
            readBackbone(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(HeadwaterError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('answers any graph or card with an error of its own, or reads it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('graph', 'card'),
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        (part, json, seed) => {
          const file = tampered(({ metadata }) => {
            // Half the time a value inside the sound document is replaced, so that the damage lies deep.
            const text = metadata[part]!;
            const values = [...text.matchAll(/(?<=:)("[^"]*"|-?[\d.]+|\[[^[\]]*\])/g)];
            const target = values[seed % values.length]!;
            const whole = seed % 2 === 0;
            metadata[part] = whole
              ? json
              : text.slice(0, target.index) + json + text.slice(target.index + target[0].length);
          });
          try {
            readBackbone(file);
          } catch (error) {
            expect(error).toBeInstanceOf(HeadwaterError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
