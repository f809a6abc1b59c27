// Forms that no route should take, each with the answer: status and type, and the declared type where it is another.

import { good } from './routes.ts';

export const formType = 'multipart/form-data; boundary=bnd';

const disposition = 'Content-Disposition: form-data; name="i"; filename="i.png"\r\n';
const part = (headers: string, body: Uint8Array | string) =>
  Buffer.concat([Buffer.from(`--bnd\r\n${headers}\r\n`), Buffer.from(body), Buffer.from('\r\n')]);
const end = Buffer.from('--bnd--\r\n');
const image = part(disposition, good);
const whole = Buffer.concat([image, end]);

export const badForms: [string, Uint8Array, number, string, string?][] = [
  ['nothing', new Uint8Array(), 400, 'invalid-multipart'],
  ['an image without its form', good, 400, 'invalid-multipart'],
  ['no part', end, 400, 'invalid-multipart'],
  ['no closing boundary', image, 400, 'invalid-multipart'],
  ['cut off in the image', whole.subarray(0, 150), 400, 'invalid-multipart'],
  ['cut off in the headers', whole.subarray(0, 30), 400, 'invalid-multipart'],
  [
    'no file among its fields',
    Buffer.concat([part('Content-Disposition: form-data; name="a"\r\n', good), end]),
    400,
    'invalid-multipart',
  ],
  [
    'a header that is none',
    Buffer.concat([part(`nonsense\r\n${disposition}`, good), end]),
    400,
    'invalid-multipart',
  ],
  ['100 KB of headers', part(`X: ${'x'.repeat(100_000)}\r\n`, good), 400, 'invalid-multipart'],
  ['a megabyte before it begins', Buffer.concat([Buffer.alloc(1e6), whole]), 400, 'invalid-multipart'],
  [
    'base64',
    Buffer.concat([part(`${disposition}Content-Transfer-Encoding: base64\r\n`, 'eA=='), end]),
    400,
    'invalid-multipart',
  ],
  [
    'a thousand fields',
    Buffer.concat([...Array<Buffer>(1000).fill(part('A: b\r\n', '')), end]),
    400,
    'invalid-multipart',
  ],
  ['seventeen images', Buffer.concat([...Array<Buffer>(17).fill(image), end]), 413, 'too-many-images'],
  ['another boundary', whole, 400, 'invalid-multipart', 'multipart/form-data; boundary=other'],
  ['a boundary that is none', whole, 400, 'invalid-multipart', 'multipart/form-data; boundary="ü"'],
  ['no boundary', whole, 415, 'unsupported-image', 'multipart/form-data'],
  ['another kind of multipart', whole, 415, 'unsupported-image', 'multipart/mixed; boundary=bnd'],
];
