// Which module imports which, read from the syntax trees of a folder's TypeScript: `import`, `export … from`,
// `import()`, `require()` of a string, and types written `import('…').T`. Type-only imports count: a type that
// crosses a border couples the two sides as much as a value does.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from '@swc/core';

/** One import: `from` is a file under the root; `to` a file under the root, or a package's specifier. */
export interface Import {
  from: string;
  to: string;
}

/** Stands for the target of an `import(…)` that is only known at run time. */
export const computed = '<computed>';

/** Every TypeScript module in `folders`, as paths from `root`, sorted. AssemblyScript (`*.as.ts`) is left out. */
export function listModules(root: string, folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => {
      const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
      return files.map((file) => posix.join(folder, file));
    })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.as.ts'))
    .sort();
}

/**
 * The imports of one module.
 *
 * @throws Error for a file that does not parse, or of which fewer imports were read than its text shows: what was
 * not read must not pass as clean
 */
export function readImports(root: string, module: string): Import[] {
  const source = readFileSync(join(root, module), 'utf8');
  const tree = parseSync(source, { syntax: 'typescript', target: 'es2023' });
  const imports = [...specifiersIn(tree)].map((specifier) => ({
    from: module,
    to: resolve(module, specifier),
  }));
  const visible = source.match(/^(import|export|\})[^'"`]* from ['"].*;$/gm)?.length ?? 0;
  if (imports.length < visible) {
    throw new Error(`Read ${imports.length} imports of ${module}, but its text shows ${visible}.`);
  }
  return imports;
}

/** `./b.ts` seen from `lib/a.ts` is `lib/b.ts`; what doesn't start with a dot is a package and stays as it is. */
function resolve(module: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(module), specifier) : specifier;
}

type SyntaxNode = { type?: string; [key: string]: unknown };

function* specifiersIn(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  const found = specifierOf(node as SyntaxNode);
  if (found !== undefined) yield found;
  for (const child of Object.values(node)) yield* specifiersIn(child);
}

function specifierOf(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration': // with no source it exports what the module itself declares
      return literal(node.source);
    case 'TsImportType':
      return literal(node.argument) ?? computed;
    case 'TsExternalModuleReference':
      return literal(node.expression);
    case 'CallExpression': {
      const callee = node.callee as SyntaxNode;
      const argument = (node.arguments as { expression: unknown }[])[0]?.expression;
      if (callee.type === 'Import') return literal(argument) ?? computed;
      // A computed require() needs `node:module` first, so only files that are bound to Node can have one.
      if (callee.type === 'Identifier' && callee.value === 'require') return literal(argument);
    }
  }
  return undefined;
}

function literal(node: unknown): string | undefined {
  const { type, value, quasis } = (node ?? {}) as SyntaxNode & { quasis?: { cooked: string }[] };
  if (type === 'StringLiteral') return value as string;
  if (type === 'TemplateLiteral' && quasis?.length === 1) return quasis[0]!.cooked;
  return undefined;
}
