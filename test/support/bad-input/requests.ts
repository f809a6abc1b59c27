// Requests that no route should take, as tables: what is not there, and bodies that never come.

import type { RawRequest } from '../raw-http.ts';
import { good } from './routes.ts';

const nothing = '0'.repeat(64);

/** Sound requests for what is not there, or almost sound ones: the status and type of the answer. */
export const absent: [RawRequest, number, string][] = [
  [{ method: 'GET', path: '/v1/datasets/none' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/heads/none' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/heads/none/versions' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/heads/none' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/heads/none/versions/1' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/heads/digits/versions/99' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/datasets/none' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/datasets/none/examples?subject=x' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/datasets/two/examples' }, 400, 'bad-request'],
  [{ method: 'GET', path: '/v1/datasets/none/examples' }, 404, 'not-found'],
  [{ method: 'POST', path: '/v1/datasets/none/garbage', body: '{}' }, 404, 'not-found'],
  [{ method: 'POST', path: '/v1/heads/none/classify', body: good }, 404, 'not-found'],
  [{ method: 'GET', path: `/v1/datasets/two/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'DELETE', path: `/v1/datasets/two/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'GET', path: `/v1/datasets/none/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'POST', path: '/v1/classify', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/heads/digits/classify?minVersion=99', body: good }, 409, 'version-not-live'],
  [{ method: 'GET', path: '/' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1' }, 404, 'not-found'],
  [{ method: 'GET', path: '//v1/backbones' }, 404, 'not-found'],
  [{ method: 'POST', path: '/v2/codes', body: new Uint8Array(1e6) }, 404, 'not-found'],
];

/** Bodies that are promised and never sent, and what the answer is all the same. They take 20 s: have
 *  them under way while all else is asked. */
export const stalling = [
  ['GET /v1/datasets/two', 200],
  ['POST /nope', 404],
  ['DELETE /v1/codes', 405],
  ['PUT /v1/datasets/a%00b/examples/a', 400],
  ['POST /v1/codes', 400],
  ['POST /v1/heads/digits/rollback', 400],
] as const;
