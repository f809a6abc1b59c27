// Every operation of the API as data, with parameters that exist. A test compares the table with /openapi.json, so
// that a new route, parameter or kind of body is met by no bad input only until the next run.

import type { RawRequest } from '../raw-http.ts';
import { digits } from '../steps.ts';

/** An image that every route takes. */
export const good = digits(['0'], 500, 1)[0]!.png;

export const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const training = `${base64url('two')}.${ulid}`;

export interface Route {
  method: string;
  /** As in OpenAPI: `{ds}`. */
  template: string;
  /** Query parameters that it cannot do without. */
  query?: string;
  /** An image, several in a form too, or this JSON. */
  body?: 'image' | 'images' | { json: string };
  /** Instead of what `parameters` says. */
  id?: string;
  /** Needs no key. */
  open?: true;
}

/** What stands for each parameter of a path. */
const parameters = {
  ds: 'two',
  label: '0',
  head: 'digits',
  version: '1',
  type: 'internal',
  /** Of nothing that was ever uploaded. */
  digest: '0'.repeat(64),
};

export const routes: Route[] = [
  { method: 'GET', template: '/healthz', open: true },
  { method: 'GET', template: '/readyz', open: true },
  { method: 'GET', template: '/openapi.json', open: true },
  { method: 'GET', template: '/problems/{type}', open: true },
  { method: 'PUT', template: '/v1/datasets/{ds}/examples/{label}', body: 'image' },
  { method: 'GET', template: '/v1/datasets/{ds}' },
  { method: 'POST', template: '/v1/datasets/{ds}/rebuild' },
  { method: 'POST', template: '/v1/datasets/{ds}/reindex', body: { json: '{}' } },
  { method: 'POST', template: '/v1/datasets/{ds}/advice', body: { json: '{}' } },
  { method: 'GET', template: '/v1/datasets/{ds}/advice' },
  { method: 'POST', template: '/v1/datasets/{ds}/garbage', body: { json: '{}' } },
  { method: 'GET', template: '/v1/datasets/{ds}/examples' },
  { method: 'DELETE', template: '/v1/datasets/{ds}/examples', query: 'subject=nobody' },
  { method: 'GET', template: '/v1/datasets/{ds}/examples/{label}/{digest}' },
  { method: 'DELETE', template: '/v1/datasets/{ds}/examples/{label}/{digest}' },
  { method: 'DELETE', template: '/v1/datasets/{ds}' },
  { method: 'GET', template: '/v1/datasets' },
  { method: 'GET', template: '/v1/heads' },
  { method: 'GET', template: '/v1/heads/{head}' },
  { method: 'DELETE', template: '/v1/heads/{head}' },
  { method: 'GET', template: '/v1/heads/{head}/versions' },
  { method: 'DELETE', template: '/v1/heads/{head}/versions/{version}' },
  { method: 'POST', template: '/v1/heads/{head}/promote', body: { json: '{"version":1}' } },
  { method: 'POST', template: '/v1/heads/{head}/rollback', body: { json: '{}' } },
  { method: 'POST', template: '/v1/heads/{head}/trainings', body: { json: '{"dataset":"two"}' } },
  { method: 'GET', template: '/v1/trainings' },
  { method: 'GET', template: '/v1/trainings/{id}', id: training },
  { method: 'GET', template: '/v1/trainings/{id}/events', id: training },
  { method: 'POST', template: '/v1/trainings/{id}/cancel', id: training },
  { method: 'POST', template: '/v1/heads/{head}/classify', body: 'images' },
  { method: 'POST', template: '/v1/classify', query: 'heads=digits', body: 'images' },
  { method: 'POST', template: '/v1/codes', body: 'images' },
  { method: 'GET', template: '/v1/backbones' },
  {
    method: 'POST',
    template: '/v1/backbones',
    body: { json: JSON.stringify({ name: 'shared', head: 'digits', version: 1 }) },
  },
  { method: 'POST', template: '/v1/keys', body: { json: '{"scopes":["infer"]}' } },
  { method: 'GET', template: '/v1/keys' },
  { method: 'GET', template: '/v1/keys/{id}', id: ulid },
  { method: 'DELETE', template: '/v1/keys/{id}', id: ulid },
  { method: 'POST', template: '/v1/tokens', body: { json: '{"scope":"infer"}' } },
];

export const closed = routes.filter(({ open }) => !open);
export const jsonTakers = routes.filter(({ body }) => typeof body === 'object');
export const imageTakers = routes.filter(({ body }) => body === 'image' || body === 'images');
export const formTakers = routes.filter(({ body }) => body === 'images');

export const call = ({ method, template }: Route) => `${method} ${template}`;

/** Names of the parameters in a route's path. */
export const parametersOf = ({ template }: Route) =>
  [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);

/** The request of a route, with other parameters, query or body where they are given. */
export function requestTo(
  route: Route,
  other: { parameters?: Record<string, string>; query?: string; body?: Uint8Array | string } = {},
): RawRequest {
  const values: Record<string, string> = {
    ...parameters,
    ...(route.id && { id: route.id }),
    ...other.parameters,
  };
  const path = route.template.replace(/\{(\w+)\}/g, (_, name: string) => values[name]!);
  const query = [route.query, other.query].filter(Boolean).join('&');
  const usual = typeof route.body === 'object' ? route.body.json : route.body && good;
  const body = other.body ?? usual;
  return {
    method: route.method,
    path: query ? `${path}?${query}` : path,
    ...(body !== undefined && { body }),
  };
}
