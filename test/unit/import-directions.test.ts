import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkImports } from '../../scripts/imports/check.ts';
import { directions } from '../../scripts/imports/directions.ts';

const root = join(import.meta.dirname, '../..');
const planted: string[] = [];

/** Writes modules into a fresh folder and returns what the checker says about them. */
function check(modules: Record<string, string>) {
  const tree = mkdtempSync(join(tmpdir(), 'headwater-imports-'));
  planted.push(tree);
  for (const [path, source] of Object.entries(modules)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), source);
  }
  return checkImports(tree);
}

afterEach(() => {
  for (const tree of planted.splice(0)) rmSync(tree, { recursive: true });
});

describe('the directions of this repository', () => {
  test('hold for every import, and the checker has really read them', () => {
    const { modules, imports, objections } = checkImports(root);
    expect(objections).toEqual([]);
    expect(modules).toBeGreaterThan(120);
    expect(imports).toBeGreaterThan(3 * modules);
  });

  test('are stated without a cycle', () => {
    const reaches = (from: string, to: string): boolean =>
      directions[from]!.some((next) => next === to || reaches(next, to));
    expect(Object.keys(directions).filter((folder) => reaches(folder, folder))).toEqual([]);
  });

  test('name only folders that have directions of their own', () => {
    expect(
      Object.values(directions)
        .flat()
        .filter((folder) => !(folder in directions)),
    ).toEqual([]);
  });
});

describe('a planted violation is found', () => {
  test.each([
    ['a leaf imports another folder', 'lib/storage/a.ts', '../contract/index.ts'],
    ['errors imports anything', 'lib/errors/a.ts', '../tensors/index.ts'],
    ['graph imports its own importers', 'lib/graph/a.ts', './import/index.ts'],
    ['inference imports an importer', 'lib/inference/a.ts', '../graph/import/index.ts'],
    ['contract imports trust', 'lib/contract/a.ts', '../trust/index.ts'],
    ['a folder of lib that nobody listed', 'lib/novel/a.ts', '../errors/index.ts'],
    ['a folder of lib that nobody listed is imported', 'lib/codes/a.ts', '../novel/index.ts'],
    ['lib imports a function', 'lib/codes/a.ts', '../../functions/edge/app.ts'],
    ['a function imports another', 'functions/edge/a.ts', '../control/control.ts'],
    ['a test of one function imports another', 'functions/edge/a.test.ts', '../control/control.ts'],
    ['a function imports a script', 'functions/trainer/a.ts', '../../scripts/build.ts'],
    ['what leaves the repository', 'lib/codes/a.ts', '../../../elsewhere/a.ts'],
    ['Hono in lib', 'lib/contract/a.ts', 'hono'],
    ['a part of Hono in lib', 'lib/contract/a.ts', 'hono/streaming'],
    ['zod in a folder without schemas', 'lib/image/a.ts', 'zod'],
    ['tfjs outside learning and inference', 'lib/codes/a.ts', '@tensorflow/tfjs-core'],
    ['tfjs in a function', 'functions/trainer/a.ts', '@tensorflow/tfjs-core'],
    ['the S3 client in a file that loads anywhere', 'lib/storage/a.ts', '@aws-sdk/client-s3'],
    ['a package that nobody listed', 'functions/edge/a.ts', 'left-pad'],
    ['a Node built-in', 'lib/graph/a.ts', 'node:fs'],
    ['a Node built-in without its prefix', 'lib/graph/a.ts', 'fs/promises'],
    ['a Node built-in in a Worker', 'functions/edge/a.ts', 'node:fs'],
    ['a Cloudflare module in lib', 'lib/storage/a.ts', 'cloudflare:workers'],
    ['a Cloudflare module in the trainer', 'functions/trainer/a.ts', 'cloudflare:workers'],
    ['a Cloudflare module in a test for Node', 'lib/storage/a.test.ts', 'cloudflare:test'],
    ['a file for Node, from a file that loads anywhere', 'lib/linalg/a.ts', './linalg-node.ts'],
    ['a file for Node, from a Worker', 'functions/control/a.ts', '../../lib/linalg/linalg-node.ts'],
    ['a file for workerd, from the trainer', 'functions/trainer/a.ts', '../../lib/linalg/linalg-workerd.ts'],
    ['a wasm module, from a file that loads anywhere', 'lib/linalg/a.ts', '../../build/linalg.wasm'],
    ['a test file', 'lib/graph/a.ts', './b.test.ts'],
    ['help for tests', 'lib/graph/a.ts', './testing.ts'],
    ['a folder of help for tests', 'lib/image/a.ts', './testing/png.ts'],
    ['test/support', 'lib/storage/a.ts', '../../test/support/local-r2.ts'],
  ])('%s', (_, from, specifier) => {
    const { objections } = check({ [from]: `import '${specifier}';` });
    expect(objections).toHaveLength(1);
    expect(objections[0]).toContain(from);
  });

  test.each([
    "import type { Store } from '../storage/index.ts';",
    "import { type Store } from '../storage/index.ts';",
    "import { put } from '../storage/index.ts';",
    "export * from '../storage/index.ts';",
    "export * as storage from '../storage/index.ts';",
    "export type { Store } from '../storage/index.ts';",
    "import '../storage/index.ts';",
    "export const load = () => import('../storage/index.ts');",
    'export const load = () => import(`../storage/index.ts`);',
    "export type Put = typeof import('../storage/index.ts').put;",
    "export interface Kept { store: import('../storage/index.ts').Store }",
    "declare const require: (path: string) => unknown; require('../storage/index.ts');",
  ])('in any spelling: %s', (source) => {
    expect(check({ 'lib/graph/a.ts': source }).objections).toEqual([
      'lib/graph/a.ts imports lib/storage/index.ts: graph may import errors, tensors',
    ]);
  });

  test('an import that is only known at run time', () => {
    const { objections } = check({ 'lib/graph/a.ts': 'export const load = (path: string) => import(path);' });
    expect(objections).toHaveLength(1);
  });
});

describe('what is allowed passes', () => {
  test.each([
    ['lib/graph/a.ts', '../errors/index.ts'],
    ['lib/graph/import/a.ts', '../index.ts'],
    ['lib/graph/a.ts', './shapes.ts'],
    ['lib/codes/a.ts', '../storage/index.ts'],
    ['lib/contract/a.ts', 'zod'],
    ['lib/inference/tfjs/a.ts', '@tensorflow/tfjs-core'],
    ['lib/storage/s3-node.ts', '@aws-sdk/client-s3'],
    ['lib/linalg/linalg-node.ts', 'node:fs'],
    ['lib/linalg/linalg-workerd.ts', '../../build/linalg.wasm'],
    ['lib/storage/r2.workerd.test.ts', 'cloudflare:workers'],
    ['lib/graph/a.test.ts', 'fast-check'],
    ['lib/graph/a.test.ts', './testing.ts'],
    ['lib/storage/a.test.ts', '../../test/support/local-r2.ts'],
    ['lib/inference/a.test.ts', '../graph/import/index.ts'],
    ['functions/edge/a.ts', 'hono/streaming'],
    ['functions/edge/a.ts', '../../lib/linalg/linalg-workerd.ts'],
    ['functions/control/a.ts', 'cloudflare:workers'],
    ['functions/trainer/a.ts', 'node:http'],
    ['functions/trainer/a.ts', '../../lib/storage/s3-node.ts'],
  ])('%s imports %s', (from, specifier) => {
    expect(check({ [from]: `import '${specifier}';` })).toEqual({ modules: 1, imports: 1, objections: [] });
  });
});

describe('what cannot be read does not pass as clean', () => {
  test('a tree without modules', () => {
    expect(() => check({ 'lib/graph/notes.txt': '' })).toThrow(/No import was read/);
  });

  test('a module that does not parse', () => {
    expect(() => check({ 'lib/graph/a.ts': "import { from '../storage/index.ts';" })).toThrow();
  });
});
