// Where backbones come from: the bundled one, which costs nothing, and the bucket for every other. A file is
// checked against the digest that names it. Backbones that are not bundled leave again, least recently used
// first, once they hold too much.

import { backboneKey, backbonesPrefix, currentBackboneKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { listAll, type ObjectStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import { type Backbone, parseBackbone } from './backbone.ts';
import { parseCurrent } from './current-backbone.ts';
import { createSharedLoads, type SharedLoadOptions } from './shared-load.ts';

/** What backbones from the bucket may hold together in an isolate. */
export const libraryBudgetBytes = 48 * 1024 * 1024;
/** How long "name → digest" is believed without looking again. */
const currentMs = 10_000;

export interface BackboneLibraryOptions extends Omit<SharedLoadOptions, 'takeoverMs'> {
  store: ObjectStore;
  /** The deployment's default; its file comes with the program. */
  bundled?: { name: string; digest: string; file: Uint8Array };
  budgetBytes?: number;
}

export interface BackboneLibrary {
  /** The default backbone's name. */
  defaultName: string | undefined;
  /** The backbone that a name (or the default) stands for now. @throws HeadwaterError `unknown-backbone` */
  byName(name?: string): Promise<Backbone>;
  /** A certain file of a backbone. @throws HeadwaterError `code-space-unavailable` if it is gone */
  byDigest(name: string, digest: string): Promise<Backbone>;
  list(): Promise<{ name: string; digest: string; loaded: Backbone | undefined }[]>;
}

export function createBackboneLibrary(options: BackboneLibraryOptions): BackboneLibrary {
  const { store, bundled, clock, budgetBytes = libraryBudgetBytes } = options;
  const loads = createSharedLoads<Backbone>({ ...options, takeoverMs: 15_000 });
  const current = new Map<string, { digest: string; readAt: number }>();
  const lastUsed = new Map<string, number>();

  async function byDigest(name: string, digest: string): Promise<Backbone> {
    const backbone = await loads.get(digest, () => load(name, digest));
    lastUsed.set(digest, clock());
    makeRoom(digest);
    return backbone;
  }

  async function load(name: string, digest: string): Promise<Backbone> {
    if (digest === bundled?.digest) return parseBackbone(bundled.file, bundled.name, digest);
    const object = await store.get(backboneKey(name, digest));
    if (!object)
      throw new HeadwaterError(
        'code-space-unavailable',
        `The backbone "${name}" (${digest.slice(0, 12)}…) is not in storage any more. Add it again, or train the head on another.`,
      );
    if ((await sha256(object.body)) !== digest)
      throw new HeadwaterError(
        'digest-mismatch',
        `The file of backbone "${name}" is not what its digest says.`,
      );
    return parseBackbone(object.body, name, digest);
  }

  function makeRoom(keep: string): void {
    const held = loads.entries().filter(([digest]) => digest !== bundled?.digest);
    held.sort(([a], [b]) => (lastUsed.get(a) ?? 0) - (lastUsed.get(b) ?? 0));
    let total = held.reduce((sum, [, { bytes }]) => sum + bytes, 0);
    for (const [digest, { bytes }] of held) {
      if (total <= budgetBytes) return;
      if (digest === keep) continue;
      loads.drop(digest);
      lastUsed.delete(digest);
      total -= bytes;
    }
  }

  async function digestOf(name: string): Promise<string> {
    if (name === bundled?.name) return bundled.digest;
    const known = current.get(name);
    if (known && clock() - known.readAt < currentMs) return known.digest;
    const object = await store.get(currentBackboneKey(name));
    if (!object)
      throw new HeadwaterError(
        'unknown-backbone',
        `There is no backbone "${name}" here. GET /v1/backbones lists those there are.`,
      );
    const note = parseCurrent(object.body);
    if (!note)
      throw new HeadwaterError(
        'invalid-file',
        `The note of what "${name}" stands for is damaged. Add it again.`,
      );
    current.set(name, { digest: note.digest, readAt: clock() });
    return note.digest;
  }

  return {
    defaultName: bundled?.name,
    async byName(name = bundled?.name) {
      if (name === undefined)
        throw new HeadwaterError('unknown-backbone', 'Name a backbone: there is no default.');
      return byDigest(name, await digestOf(name));
    },
    byDigest,
    async list() {
      const names = new Set<string>(bundled ? [bundled.name] : []);
      for await (const { key } of listAll(store, backbonesPrefix)) {
        const name = /^backbones\/([^/]+)\/current\.json$/.exec(key)?.[1];
        if (name) names.add(name);
      }
      const rows = [];
      for (const name of names) {
        const digest = await digestOf(name).catch(unlessUnusable);
        if (digest) rows.push({ name, digest, loaded: loads.peek(digest) });
      }
      return rows;
    },
  };
}

/** A name that cannot be used is left out of a list; a store that does not answer is no list at all. */
function unlessUnusable(error: unknown): undefined {
  if (error instanceof HeadwaterError && ['invalid-file', 'unknown-backbone'].includes(error.type)) return;
  throw error;
}
