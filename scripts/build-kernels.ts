// Compiles every AssemblyScript kernel to build/*.wasm. No binary is committed; `node scripts/build-kernels.ts`
// makes them, and does nothing when sources, flags and compiler are those of the last build.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

interface Kernel {
  /** Path of the module in the build folder. */
  out: string;
  /** The source; it may import nothing, so that its text alone decides whether it is up to date. */
  source: string;
  flags: string[];
}

const simd = ['--runtime', 'stub', '--noAssert', '--enable', 'simd', '--enable', 'bulk-memory'];

const kernels: Kernel[] = [
  {
    out: 'build/linalg.wasm',
    source: 'lib/linalg/kernels/gemm.as.ts',
    flags: ['--optimizeLevel', '2', '--shrinkLevel', '0', ...simd],
  },
];

/** Builds what is stale and returns the paths that were built. Safe to run twice at once. */
export async function buildKernels(): Promise<string[]> {
  const built: string[] = [];
  for (const kernel of kernels) {
    const key = fingerprint(kernel);
    if (readIfThere(`${kernel.out}.key`) === key && readIfThere(kernel.out)) continue;
    await compile(kernel);
    writeAtomically(`${kernel.out}.key`, key);
    built.push(kernel.out);
  }
  return built;
}

function fingerprint(kernel: Kernel): string {
  const compiler = readFileSync(join(root, 'node_modules/assemblyscript/package.json'), 'utf8');
  const version = (JSON.parse(compiler) as { version: string }).version;
  const source = readFileSync(join(root, kernel.source), 'utf8');
  return createHash('sha256')
    .update(JSON.stringify([version, kernel.flags, source]))
    .digest('hex');
}

async function compile(kernel: Kernel): Promise<void> {
  // Loaded late: the compiler costs half a second, and most runs have nothing to build.
  const { default: asc } = await import('assemblyscript/asc');
  const outputs = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main(
    [kernel.source, '--outFile', kernel.out, '--baseDir', root, ...kernel.flags],
    {
      writeFile: (name: string, contents: string | Uint8Array) => {
        outputs.set(name, contents);
      },
    },
  );
  if (error) throw new Error(`${kernel.source} does not compile:\n${stderr.toString()}`);
  for (const [name, contents] of outputs) writeAtomically(name, contents);
}

function writeAtomically(path: string, contents: string | Uint8Array): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  const temporary = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, target);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'latin1');
  } catch {
    return undefined;
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const built = await buildKernels();
  console.log(built.length ? `built ${built.join(', ')}` : 'kernels are up to date');
}
