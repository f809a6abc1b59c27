// Where backbones come from: the bundled one, which costs nothing, and the bucket for every other. What is kept of
// each is its card; files come and go with the memory budget.

import {
  backbonesPrefix,
  type CodeSpace,
  type CurrentBackbone,
  currentBackboneKey,
} from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { type Card, type Graph, readBackbone } from '../graph/index.ts';
import type { Quantisation } from '../inference/index.ts';
import { listAll } from '../storage/index.ts';
import { type Arithmetic, arithmeticIn, float32 } from './arithmetic.ts';
import { type Backbone, type Materials, quantisationGone } from './backbone.ts';
import { type BackboneFilesOptions, createBackboneFiles } from './backbone-files.ts';
import { type CodePlace, placeOfSpace } from './code-place.ts';
import { parseCurrent } from './current-backbone.ts';
import { readQuantisation } from './quantisation-file.ts';

/** How long "name → digest" is believed without looking again. */
const currentMs = 10_000;

/** The deployment's default; its file comes with the program. */
export interface BundledBackbone {
  name: string;
  digest: string;
  file: Uint8Array;
  /** float32 if left out. */
  arithmetic?: Arithmetic;
  /** The file of its arithmetic's quantisation. */
  quantisation?: Uint8Array;
  figures?: CurrentBackbone['figures'];
  /** Read out of the file if left out. */
  card?: Card;
}

export interface BackboneLibraryOptions extends BackboneFilesOptions {
  bundled?: BundledBackbone | undefined;
}

/** What a name stands for now. */
export interface CurrentFile {
  digest: string;
  arithmetic: Arithmetic;
  /** What was measured when its arithmetic was chosen. */
  figures: CurrentBackbone['figures'];
}

export interface BackboneLibrary {
  /** The default backbone's name. */
  defaultName: string | undefined;
  /** The backbone that a name (or the default) stands for now. @throws HeadwaterError `unknown-backbone` */
  byName(name?: string): Promise<Backbone>;
  /**
   * A certain file of a backbone, in the arithmetic that its name stands for; float32 for a file that the name has
   * left behind.
   *
   * @throws HeadwaterError `code-space-unavailable` if it is gone
   */
  byDigest(name: string, digest: string): Promise<Backbone>;
  /**
   * Where the codes of a space are made, without a look at what the name stands for; see {@link placeOfSpace}.
   *
   * @throws HeadwaterError `code-space-unavailable`
   */
  placeAt(name: string, space: CodeSpace, use: 'serve' | 'fill'): Promise<CodePlace>;
  /** Each name with what it stands for, and its card if that is known here. */
  list(): Promise<(CurrentFile & { name: string; card: Card | undefined })[]>;
}

export function createBackboneLibrary(options: BackboneLibraryOptions): BackboneLibrary {
  const { store, bundled, clock } = options;
  const files = createBackboneFiles(options);
  const notes = new Map<string, CurrentFile & { readAt: number }>();
  const cards = new Map<string, Card>(bundled?.card ? [[bundled.digest, bundled.card]] : []);
  const bundledArithmetic = bundled?.arithmetic ?? float32;
  let bundledGraph: Graph | undefined;

  /** The file's graph; the bundled one is parsed at the first look, and most isolates never need it. */
  async function graphOf(name: string, digest: string): Promise<Pick<Materials, 'graph' | 'bytes'>> {
    if (digest !== bundled?.digest) {
      const { graph, card, bytes } = await files.get(name, digest);
      cards.set(digest, card);
      return { graph, bytes };
    }
    if (!bundledGraph) {
      const { graph, card } = readBackbone(bundled.file);
      bundledGraph = graph;
      cards.set(digest, card);
    }
    return { graph: bundledGraph };
  }

  async function withArithmetic(name: string, digest: string, arithmetic: Arithmetic): Promise<Backbone> {
    if (!cards.has(digest)) await graphOf(name, digest);
    return {
      name,
      digest,
      card: cards.get(digest)!,
      arithmetic,
      materials: async (quantisation) => ({
        ...(await graphOf(name, digest)),
        ...(quantisation !== null && { quantisation: await quantisationOf(name, digest, quantisation) }),
      }),
    };
  }

  const isBundled = (digest: string, quantisation: string) =>
    digest === bundled?.digest && quantisation === bundledArithmetic.quantisation;

  async function quantisationOf(name: string, digest: string, wanted: string): Promise<Quantisation> {
    const file = isBundled(digest, wanted) ? bundled?.quantisation : undefined;
    return file ? readQuantisation(file, wanted) : files.quantisation(name, digest, wanted);
  }

  async function currentOf(name: string): Promise<CurrentFile> {
    if (name === bundled?.name)
      return { digest: bundled.digest, arithmetic: bundledArithmetic, figures: bundled.figures ?? {} };
    const known = notes.get(name);
    if (known && clock() - known.readAt < currentMs) return known;
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
    const { digest, figures } = note;
    const current = { digest, arithmetic: arithmeticIn(note), figures, readAt: clock() };
    notes.set(name, current);
    return current;
  }

  /** A quantisation that is gone is found out when a head is loaded, not when a photo waits. */
  async function requireQuantisation(name: string, digest: string, wanted: string | null): Promise<void> {
    if (wanted === null || isBundled(digest, wanted)) return;
    if (!(await files.hasQuantisation(name, digest, wanted))) throw quantisationGone(name, wanted);
  }

  return {
    defaultName: bundled?.name,
    async byName(name = bundled?.name) {
      if (name === undefined)
        throw new HeadwaterError('unknown-backbone', 'Name a backbone: there is no default.');
      const { digest, arithmetic } = await currentOf(name);
      return withArithmetic(name, digest, arithmetic);
    },
    async byDigest(name, digest) {
      const current = await currentOf(name).catch(unlessUnusable);
      const arithmetic = current?.digest === digest ? current.arithmetic : float32;
      return withArithmetic(name, digest, arithmetic);
    },
    async placeAt(name, space, use) {
      const place = placeOfSpace(await withArithmetic(name, space.backbone, float32), space, use);
      await requireQuantisation(name, space.backbone, place.arithmetic.quantisation);
      return place;
    },
    async list() {
      const names = new Set<string>(bundled ? [bundled.name] : []);
      for await (const { key } of listAll(store, backbonesPrefix)) {
        const name = /^backbones\/([^/]+)\/current\.json$/.exec(key)?.[1];
        if (name) names.add(name);
      }
      const rows = [];
      for (const name of names) {
        const current = await currentOf(name).catch(unlessUnusable);
        if (!current) continue;
        const { digest, arithmetic, figures } = current;
        rows.push({ name, digest, arithmetic, figures, card: cards.get(digest) });
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
