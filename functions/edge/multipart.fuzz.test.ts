// Laws of the form's parser: what was written is read back, however it is cut; what is damaged is refused or read,
// and never anything else.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answersOrRefuses, damaged, fuzzRuns } from '../../test/support/fuzz.ts';
import { formImages } from './multipart.ts';
import { field, file, formOf, latin1, pieces } from './multipart-testing.ts';

async function read(body: Uint8Array, boundary: string, lengths: number[]): Promise<(string | null)[]> {
  const images: (string | null)[] = [];
  for await (const { bytes } of formImages(pieces(body, lengths), boundary))
    images.push(bytes && Buffer.from(bytes).toString('latin1'));
  return images;
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
/** Bodies of what boundary lines are made of, which is where a parser goes wrong. */
const body = fc
  .array(fc.constantFrom('\r', '\n', '-', '--', '\r\n', '\r\n--', 'b', '\r\n--b', 'x', '\0', '\xff'), {
    maxLength: 30,
  })
  .map((parts) => parts.join(''))
  .filter((text) => !`\r\n${text}`.includes('\r\n--bnd'));

it('reads back what was written, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 16 }), cuts, async (bodies, lengths) => {
      const form = formOf(
        bodies.map((text, i) => file(`${i}`, latin1(text))),
        'bnd',
      );
      expect(await read(form, 'bnd', lengths)).toEqual(bodies);
    }),
    { numRuns: fuzzRuns(200) },
  );
});

const forms = [
  formOf([file('a', latin1('one')), field('f', latin1('two')), file('b', latin1('\r\n--bn'))], 'bnd'),
  formOf([], 'bnd'),
];

it('reads or refuses what is damaged, the same however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(damaged(forms), cuts, async (bytes, lengths) => {
      const outcomes: unknown[] = [];
      for (const cut of [lengths, [1], [bytes.length]]) {
        let images: unknown;
        const outcome = await answersOrRefuses(async () => {
          images = await read(bytes, 'bnd', cut);
        });
        outcomes.push([outcome, images]);
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
      expect(outcomes[2]).toEqual(outcomes[0]);
    }),
    { numRuns: fuzzRuns(300) },
  );
});
