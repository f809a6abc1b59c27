// Who calls, and whether this route is theirs. Every route that needs a key names its scope, and what it is
// about, so that a key bound to one head or dataset reaches nothing else. A route that says nothing of that is
// closed to bound keys: lists, and whatever concerns everybody.

import type { Context, MiddlewareHandler } from 'hono';
import { Name, parseTrainingId, type Scope, TokenScope, unwrap } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import {
  authenticate,
  type Principal,
  requireReach,
  requireRight,
  type Touched,
} from '../../lib/trust/index.ts';
import type { AppEnv } from './app.ts';
import { requireOrigin } from './cors.ts';
import { type Services, servicesOf } from './services.ts';

/** What a route is about, and where its request says so: `{head}`, `{ds}`, `{id}` in the path, `?heads=a,b`. */
export type About = { head: 'param' } | { dataset: 'param' } | { training: 'param' } | { heads: 'query' };

/** Handlers of routes that a token can use. */
const tokenRoutes = new WeakSet<object>();
export const isTokenRoute = (handler: object): boolean => tokenRoutes.has(handler);
/** A token is in a stranger's hands: it adds and asks, and deletes nothing. */
export const isTokenMethod = (method: string): boolean => method !== 'DELETE';

const identify = (c: Context<AppEnv>, { keyRing }: Services): Promise<Principal> =>
  authenticate(c.req.header('authorization'), keyRing, (work) => c.executionCtx.waitUntil(work));

/** For an answer that takes minutes: whether the caller is still known. @throws HeadwaterError as `identify` */
export async function requireStillKnown(c: Context<AppEnv>): Promise<void> {
  await identify(c, c.var.services);
}

/** Recognises the caller and leaves services and principal in the context. */
async function recognise(c: Context<AppEnv>): Promise<Principal> {
  const services = await servicesOf(c.env);
  const principal = await identify(c, services);
  c.set('services', services);
  c.set('principal', principal);
  requireOrigin(c, principal);
  return principal;
}

/** Lets through whoever has a key or token with this scope, if its binding covers what the route is about. */
export function requireScope(scope: Scope, about?: About): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = async (c, next) => {
    const principal = await recognise(c);
    requireRight(principal, scope);
    if (principal.kind === 'token' && !isTokenMethod(c.req.method))
      throw new HeadwaterError('forbidden', 'A token deletes nothing. Use an API key.');
    if (principal.bindings.length > 0)
      await requireReach(principal, await touchedBy(c, about, principal), c.var.services.headDatasets.of);
    await next();
  };
  if (isTokenScope(scope)) tokenRoutes.add(handler);
  return handler;
}

const isTokenScope = (scope: Scope) => TokenScope.safeParse(scope).success;

/** Lets through any API key, and no token; the handler judges what it may. */
export const requireKey: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { kind } = await recognise(c);
  if (kind === 'token') throw new HeadwaterError('forbidden', 'A token makes no tokens. Use an API key.');
  await next();
};

/**
 * For the end of a head's name: whoever has it may bind it to another dataset, which a key that is bound to the head
 * has no right to.
 *
 * @throws HeadwaterError `forbidden`
 */
export function requireMoreThanHead({ bindings }: Principal): void {
  if (bindings.some((binding) => 'head' in binding))
    throw new HeadwaterError(
      'forbidden',
      'A key that is bound to a head does not delete it. Use one that is bound to its dataset, or to nothing.',
    );
}

/** Names that are none touch nothing, and so are refused here. */
async function touchedBy(
  c: Context<AppEnv>,
  about: About | undefined,
  principal: Principal,
): Promise<Touched> {
  if (!about) return { heads: [], dataset: null };
  if ('head' in about) return { heads: names([c.req.param('head') ?? '']), dataset: null };
  if ('dataset' in about) return { heads: [], dataset: names([c.req.param('ds') ?? ''])[0] ?? null };
  if ('heads' in about)
    return {
      heads: names((c.req.queries('heads') ?? []).flatMap((list) => list.split(','))),
      dataset: null,
    };
  return touchedTraining(c.req.param('id') ?? '', principal, c.var.services);
}

/** A training's id tells its dataset; its head has to be asked for. */
async function touchedTraining(id: string, principal: Principal, services: Services): Promise<Touched> {
  const { dataset } = parseTrainingId(id);
  if (!principal.bindings.some((binding) => 'head' in binding)) return { heads: [], dataset };
  const { head } = unwrap(await services.control.training(id));
  return { heads: head === null ? [] : [head], dataset };
}

/** The names in their stored form, or none at all if one of them is no name. */
function names(texts: string[]): string[] {
  const parsed = texts.map((text) => Name.safeParse(text));
  return parsed.every(({ success }) => success) ? parsed.map(({ data }) => data!) : [];
}

/**
 * For a training of `head`, which the route has judged already: a key bound to a dataset trains on that dataset only,
 * one bound to a head on the dataset that the head has. It is told nothing of another dataset, its labels neither.
 *
 * @throws HeadwaterError `forbidden`, `head-bound-elsewhere`
 */
export async function requireDataset(
  { principal, services }: Pick<AppEnv['Variables'], 'principal' | 'services'>,
  head: string,
  dataset: string,
): Promise<void> {
  const bindings = principal.bindings.filter((binding) => 'dataset' in binding);
  await requireReach({ ...principal, bindings }, { heads: [], dataset }, services.headDatasets.of);
  if (bindings.length === principal.bindings.length) return;
  const owner = await services.headDatasets.of(head);
  if (owner !== null && owner !== dataset)
    throw new HeadwaterError(
      'head-bound-elsewhere',
      `"${head}" is bound to the dataset "${owner}". Train it on that one.`,
      { dataset: owner },
    );
}
