// Authorization headers that open nothing, each with its name.

import { ulid } from './routes.ts';

const secret = 'A'.repeat(43);

/** Values of the header; two of them are two headers. */
export const wrongKeys: [string, string | string[] | undefined][] = [
  ['no key', undefined],
  ['an empty one', ''],
  ['a wrong key', 'Bearer nonsense'],
  ['Basic', 'Basic YTpi'],
  ['a bare word', 'Bearer'],
  ['a key without its scheme', `hw_${ulid}_${secret}`],
  ['a key that looks right and that nobody has', `Bearer hw_${ulid}_${secret}`],
  ['two keys in one', 'Bearer a b'],
  ['two headers', ['Bearer a', 'Bearer b']],
  ['a token of nobody', `Bearer hwt_${Buffer.from('{"v":1}').toString('base64url')}.${'A'.repeat(86)}`],
  ['a token of nothing', 'Bearer hwt_.'],
  ['10 kB of key', `Bearer ${'x'.repeat(10_000)}`],
];

/** A token, altered: another claim, another signature, another spelling. */
export function tampered(token: string): string[] {
  const [claims, signature] = token.slice('hwt_'.length).split('.') as [string, string];
  const parsed = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const withClaims = (changes: object) =>
    `hwt_${Buffer.from(JSON.stringify({ ...parsed, ...changes })).toString('base64url')}.${signature}`;
  const flipped = signature[9] === 'A' ? 'B' : 'A';
  return [
    withClaims({ scope: 'admin' }),
    withClaims({ exp: parsed.exp + 3600 }),
    withClaims({ iss: 'root-0000' }),
    withClaims({ head: 'other' }),
    `hwt_${claims}.${signature.slice(0, 9)}${flipped}${signature.slice(10)}`,
    `hwt_${claims}.`,
    `hwt_${claims}`,
    `hwt_${claims}.${signature}=`,
    `hwt_${claims}.${signature}.${signature}`,
    `hwt_${claims}A.${signature}`,
    token.toUpperCase(),
  ];
}
