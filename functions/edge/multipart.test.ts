import { describe, expect, it } from 'vitest';
import { limits } from '../../lib/image/index.ts';
import { formImages, formLimits } from './multipart.ts';
import { boundaryOf, parsePartHeaders } from './multipart-headers.ts';
import { field, file, formOf, latin1, pieces } from './multipart-testing.ts';

const boundary = 'b0undary';

/** Every image of a body as [name, text of its bytes], however it is cut. */
async function read(body: Uint8Array, lengths?: number[]): Promise<[string | undefined, string | null][]> {
  const images: [string | undefined, string | null][] = [];
  for await (const { name, bytes } of formImages(pieces(body, lengths), boundary))
    images.push([name, bytes && Buffer.from(bytes).toString('latin1')]);
  return images;
}
const refused = (body: string | Uint8Array, type = 'invalid-multipart') =>
  expect(read(typeof body === 'string' ? latin1(body) : body)).rejects.toMatchObject({ type });
const disposition = 'Content-Disposition: form-data; name="n"; filename="f"';

describe('formImages', () => {
  const form = formOf([
    file('a.png', latin1('first')),
    field('note', latin1('not an image')),
    file('b.png', latin1('')),
    { headers: ['content-type: IMAGE/jpeg; q=1'], body: latin1('\r\n--b0undar\r\n--\r\r\n') },
  ]);

  it.each([[1], [2], [3, 1], [7], [1000]])(
    'gives names and bytes in their order, however the body is cut (%j)',
    async (...lengths) => {
      expect(await read(form, lengths)).toEqual([
        ['a.png', 'first'],
        ['b.png', ''],
        [undefined, '\r\n--b0undar\r\n--\r\r\n'],
      ]);
    },
  );

  it('passes over what stands before the first boundary, padding after one, and all after the last', async () => {
    const text = `preamble\r\n--${boundary} \t\r\n${disposition}\r\n\r\nx\r\n--${boundary}--\r\n--${boundary}\r\nepilogue`;
    expect(await read(latin1(text))).toEqual([['f', 'x']]);
  });

  it('takes a part that ends with its headers as an empty one', async () => {
    const text = `--${boundary}\r\n${disposition}\r\n\r\n--${boundary}--`;
    expect(await read(latin1(text), [1])).toEqual([['f', '']]);
  });

  it('passes over a file field that was left empty, and takes a part of image type without a name', async () => {
    const empty = {
      headers: ['Content-Disposition: form-data; name="image"; filename=""'],
      body: latin1(''),
    };
    const bare = {
      headers: ['Content-Disposition: form-data; name="n"', 'Content-Type: image/x'],
      body: latin1('y'),
    };
    expect(await read(formOf([empty, bare]))).toEqual([['n', 'y']]);
  });

  it.each([
    ['nothing', ''],
    ['no boundary', 'just some bytes\r\n'],
    ['another boundary', '--other\r\n\r\nx\r\n--other--'],
    ['no end', `--${boundary}\r\n${disposition}\r\n\r\nx`],
    ['an end that is cut off', `--${boundary}\r\n${disposition}\r\n\r\nx\r\n--${boundary}-`],
    ['headers without end', `--${boundary}\r\n${disposition}\r\n`],
    ['a boundary that goes on', `--${boundary}more\r\n${disposition}\r\n\r\nx\r\n--${boundary}--`],
    ['a header that is none', `--${boundary}\r\nno header\r\n\r\nx\r\n--${boundary}--`],
    ['a folded header', `--${boundary}\r\n${disposition};\r\n a="b"\r\n\r\nx\r\n--${boundary}--`],
    ['bare line ends', `--${boundary}\n${disposition}\n\nx\n--${boundary}--\n`],
    [
      'base64',
      `--${boundary}\r\n${disposition}\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n--${boundary}--`,
    ],
  ])('refuses %s', async (_, text) => {
    await refused(text);
  });

  it('refuses headers, a preamble and parts without measure', async () => {
    await refused(`--${boundary}\r\n${disposition}\r\nX: ${'x'.repeat(formLimits.maxHeaderBytes)}\r\n\r\n`);
    await refused('x'.repeat(2 * formLimits.maxPreambleBytes));
    await refused(formOf(Array.from({ length: formLimits.maxParts + 1 }, () => field('a', latin1('')))));
  });

  it('takes as many images as a form may have, and not one more', async () => {
    const many = (n: number) => formOf(Array.from({ length: n }, (_, i) => file(`${i}`, latin1('x'))));
    expect(await read(many(formLimits.maxImages))).toHaveLength(formLimits.maxImages);
    await refused(many(formLimits.maxImages + 1), 'too-many-images');
  });

  it('keeps nothing of an image that is too large, and reads on', async () => {
    const [most, next] = [new Uint8Array(limits.maxImageBytes), latin1('y')];
    const form = formOf([
      file('most', most),
      file('more', new Uint8Array(most.length + 1)),
      file('next', next),
    ]);
    const reserved: number[] = [];
    const sizes: (number | null)[] = [];
    const images = formImages(pieces(form, [1 << 20]), boundary, async (bytes) => {
      reserved.push(bytes);
    });
    for await (const { bytes } of images) sizes.push(bytes?.length ?? null);
    expect(sizes).toEqual([most.length, null, 1]);
    expect(Math.max(...reserved)).toBe(most.length);
  });

  it('asks for no more of the body than an image needs, and lets go of it when it is stopped', async () => {
    let [given, isReleased] = [0, false];
    async function* chunks() {
      try {
        for await (const piece of pieces(form, [16])) {
          given += piece.length;
          yield piece;
        }
      } finally {
        isReleased = true;
      }
    }
    for await (const _ of formImages(chunks(), boundary)) break;
    expect(given).toBeLessThan(form.length / 2);
    expect(isReleased).toBe(true);
  });
});

describe('boundaryOf', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data;charset=utf-8; Boundary="a b:c"', 'a b:c'],
    ['multipart/form-data; boundary="a\\"b"', 'refused'],
    ['multipart/form-data; boundary=', 'refused'],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, 'refused'],
    ['multipart/form-data; boundary="ends with a space "', 'refused'],
    ['multipart/form-data', undefined],
    ['multipart/mixed; boundary=abc', undefined],
    ['image/png', undefined],
    [undefined, undefined],
  ])('of %s is %s', (type, expected) => {
    if (expected === 'refused')
      expect(() => boundaryOf(type)).toThrow(expect.objectContaining({ type: 'invalid-multipart' }));
    else expect(boundaryOf(type)).toBe(expected);
  });
});

describe('parsePartHeaders', () => {
  it.each([
    ['form-data; name="a b"; filename="c;d.png"', 'a b', 'c;d.png'],
    ['form-data; name=a; filename=b', 'a', 'b'],
    ['form-data; name="a\\"b\\\\c"', 'a"b\\c', undefined],
    ['form-data; filename="C:\\photos\\x.jpg"', undefined, 'C:\\photos\\x.jpg'],
    ["form-data; name=a; filename*=UTF-8''b", 'a', undefined],
    ['form-data; name="torn', '', undefined],
    ['form-data;;; name=a', 'a', undefined],
  ])('reads %s', (value, name, filename) => {
    expect(parsePartHeaders([`content-DISPOSITION: ${value}`])).toEqual({ name, filename, type: undefined });
  });
});
