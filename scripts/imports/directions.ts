// The directions that imports may take, as data, and the judge that holds one import against them. The map is the
// one of docs/architecture.md; a new folder, a new direction or a new package is one line here. Folders `scripts`,
// `cli` and `test` may import anything and aren't judged.

import { isBuiltin } from 'node:module';
import { computed, type Import } from './read-imports.ts';

/** Judged folders: everything that ships. */
export const judgedFolders = ['functions', 'lib'] as const;

/** What each folder of lib may import, besides itself, `errors` and `tensors`. Leaves have none; `advice`, `events`
 *  and `client` are yet to come. */
export const directions: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  tensors: [],
  contract: [],
  linalg: [],
  image: [],
  graph: [],
  storage: [],
  'graph/import': ['graph'],
  inference: ['graph', 'linalg'],
  codes: ['image', 'inference', 'graph', 'contract', 'storage'],
  heads: ['contract', 'linalg'],
  learning: ['codes', 'inference', 'graph', 'heads', 'image', 'linalg', 'contract', 'advice'],
  advice: ['contract'],
  datasets: ['contract', 'storage'],
  jobs: ['contract'],
  events: ['contract'],
  trust: ['contract'],
  client: ['contract'],
  registry: ['contract', 'storage', 'heads', 'trust'],
};

/** Which files may import a package: its name or scope → the files. A package that isn't listed may not ship. */
const packages: Readonly<Record<string, RegExp>> = {
  zod: /^lib\/(contract|graph)\/|^functions\//,
  protobufjs: /^lib\/graph\/import\//,
  canonicalize: /^lib\/contract\//,
  '@tensorflow': /^lib\/learning\//,
  webgpu: /^lib\/learning\/gradients\/.*-node\.ts$/,
  '@cwasm': /^lib\/image\//,
  '@aws-sdk': /^lib\/storage\/.*-node\.ts$/,
  hono: /^functions\//,
  '@hono': /^functions\//,
  ulid: /^functions\//,
  'node:': /-node\.ts$|^functions\/trainer\//,
  'cloudflare:': /^functions\/(edge|control)\/|workerd[^/]*\.ts$/,
};

/**
 * Files that only tests load: test files, and helpers that say so in their name. They may import any package, any
 * part of lib, scripts and `test/support`; nothing that ships may import them. lib/inference/tfjs is the oracle of our own
 * engine.
 */
const testSupport =
  /\.test\.ts$|(^|[/-])(testing|oracle|reference|fixtures)\.ts$|\/conformance[^/]*\.ts$|\/(testing|fixtures)\/|^lib\/inference\/tfjs\/|^test\//;

/** Files that load in one runtime only, and who may import them. */
const boundFiles: readonly { runtime: string; files: RegExp; from: RegExp }[] = [
  { runtime: 'Node', files: /-node\.ts$/, from: /-node\.ts$|^functions\/trainer\// },
  {
    runtime: 'workerd',
    files: /-workerd\.ts$|\.wasm$/,
    from: /workerd[^/]*\.ts$|^functions\/(edge|control)\//,
  },
];

/** Why this import may not be, in a sentence; undefined if it may. */
export function objection({ from, to }: Import): string | undefined {
  const reason = to === computed ? 'write what is imported as a string' : objectionTo(from, to);
  return reason && `${from} imports ${to}: ${reason}`;
}

function objectionTo(from: string, to: string): string | undefined {
  const isFile = /^(functions|lib|cli|scripts|test|types|build|\.\.)(\/|$)/.test(to);
  if (testSupport.test(from)) return isFile ? objectionInTest(from, to) : objectionToPackage(from, to, true);
  const bound = boundFiles.find(({ files }) => files.test(to));
  if (bound && !bound.from.test(from)) return `it loads in ${bound.runtime} only; take it as an argument`;
  return isFile ? objectionToFile(from, to) : objectionToPackage(from, to, false);
}

function objectionToPackage(from: string, to: string, isTest: boolean): string | undefined {
  const name = isBuiltin(to) ? 'node:' : (/^(cloudflare:|[^/]+)/.exec(to)?.[0] ?? to);
  if (isTest && name !== 'cloudflare:') return undefined;
  if (packages[name]?.test(from)) return undefined;
  return packages[name]
    ? `only ${packages[name].source} may`
    : `${name} is not listed in scripts/imports/directions.ts`;
}

function objectionInTest(from: string, to: string): string | undefined {
  const isForeign = to.startsWith('functions/') && folderOf(to) !== folderOf(from);
  return isForeign ? 'tests across functions stand in test/' : undefined;
}

function objectionToFile(from: string, to: string): string | undefined {
  if (to.startsWith('build/')) return undefined; // generated: kernels and the default backbone
  if (testSupport.test(to)) return 'only tests may import what is there for tests';
  const [source, target] = [folderOf(from), folderOf(to)];
  if (source === undefined) return `state the directions of its folder in scripts/imports/directions.ts`;
  if (source === target) return undefined;
  if (target === undefined) return 'what ships imports from functions and lib only';
  if (target.startsWith('functions/'))
    return 'a function is imported by nobody; shared types belong to contract';
  if (source.startsWith('functions/')) return undefined;
  const allowed = source === 'errors' ? [] : [...(directions[source] ?? []), 'errors', 'tensors'];
  return allowed.includes(target) ? undefined : `${source} may import ${allowed.join(', ') || 'nothing'}`;
}

/** `functions/edge`, `graph/import`, `graph` …; undefined for a folder of lib without stated directions. */
function folderOf(path: string): string | undefined {
  const [area, first, second] = path.split('/');
  if (area === 'functions') return `functions/${first}`;
  if (area !== 'lib') return undefined;
  return [`${first}/${second}`, `${first}`].find((name) => name in directions);
}
