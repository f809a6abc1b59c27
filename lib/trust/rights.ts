// What a caller may do: scopes, and the one head or dataset that a key or token may be bound to. Pure.

import type { KeyMaker, Scope } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';

/** One head, or one dataset. */
export type Binding = { head: string } | { dataset: string };

/** Whoever calls, recognised. */
export interface Principal {
  kind: 'root' | 'key' | 'token';
  /** Of the key; for a token, the token's own id. Never secret. */
  keyId: string;
  scopes: readonly Scope[];
  /** All of them hold at once: a token has its own and its issuer's. None: everything. */
  bindings: readonly Binding[];
  /** Milliseconds since 1970, or null for ever. */
  expires: number | null;
  /** Of a token: the pages from which it may be used; null if it names none. */
  origins: readonly string[] | null;
}

/** Scopes with what they include: `admin` could give itself the others anyway. */
export const scopesOf = (granted: readonly Scope[]): Scope[] =>
  granted.includes('admin') ? ['infer', 'teach', 'train', 'admin'] : [...granted];

/** @throws HeadwaterError `forbidden` if the caller lacks `scope` */
export function requireRight(principal: Principal, scope: Scope): void {
  if (!principal.scopes.includes(scope))
    throw new HeadwaterError('forbidden', `This ${nameOf(principal)} lacks the scope "${scope}".`, { scope });
}

/** What a request is about. `heads` and `dataset` empty: about nothing that can be bound. */
export interface Touched {
  heads: readonly string[];
  dataset: string | null;
}

/**
 * Whether every binding of the caller covers what the request is about.
 *
 * @param datasetOf the dataset of a head, or null for a head that doesn't exist; asked only if a binding needs it
 * @throws HeadwaterError `forbidden`
 */
export async function requireReach(
  principal: Principal,
  touched: Touched,
  datasetOf: (head: string) => Promise<string | null>,
): Promise<void> {
  for (const binding of principal.bindings)
    if (!(await covers(binding, touched, datasetOf)))
      throw new HeadwaterError(
        'forbidden',
        `This ${nameOf(principal)} is bound to ${describe(binding)} and reaches nothing else.`,
        { ...binding },
      );
}

async function covers(
  binding: Binding,
  { heads, dataset }: Touched,
  datasetOf: (head: string) => Promise<string | null>,
): Promise<boolean> {
  if ('head' in binding) return heads.length > 0 && heads.every((head) => head === binding.head);
  if (dataset !== null) return dataset === binding.dataset;
  if (heads.length === 0) return false;
  for (const head of heads) {
    const owner = await datasetOf(head);
    // A head that does not exist is nobody's: reading it ends in 404, and what is made of it is judged by its body.
    if (owner !== null && owner !== binding.dataset) return false;
  }
  return true;
}

/** Whether a new key or token of these scopes and this binding would have nothing that its maker lacks.
 *  @throws HeadwaterError `forbidden` */
export async function requireWithin(
  maker: Principal,
  scopes: readonly Scope[],
  binding: Binding | null,
  datasetOf: (head: string) => Promise<string | null>,
): Promise<void> {
  for (const scope of scopes) requireRight(maker, scope);
  const touched: Touched = {
    heads: binding && 'head' in binding ? [binding.head] : [],
    dataset: binding && 'dataset' in binding ? binding.dataset : null,
  };
  await requireReach(maker, touched, datasetOf);
}

/** What control has to know of whoever makes a key or a token. */
export const makerOf = ({ kind, keyId }: Principal): KeyMaker => ({ keyId, isRoot: kind === 'root' });

/** The binding of a row that has at most one of two columns. */
export const bindingOf = (row: {
  head?: string | null | undefined;
  dataset?: string | null | undefined;
}): Binding | null =>
  row.head != null ? { head: row.head } : row.dataset != null ? { dataset: row.dataset } : null;

const nameOf = ({ kind }: Principal) => (kind === 'token' ? 'token' : 'key');
const describe = (binding: Binding) =>
  'head' in binding ? `the head "${binding.head}"` : `the dataset "${binding.dataset}"`;
