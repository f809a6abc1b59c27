// Compiles every AssemblyScript kernel to build/*.wasm. No binary is committed; `node scripts/build-kernels.ts`
// makes them, and does nothing when sources, flags and compiler are those of the last build.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { limits } from '../lib/image/limits.ts';
import { writeAtomically } from './write-atomically.ts';

const root = join(import.meta.dirname, '..');

interface Kernel {
  /** Path of the module in the build folder. */
  out: string;
  /** The source that exports everything; it imports from its own folder only, whose text decides what is stale. */
  source: string;
  flags: string[];
}

const simd = ['--runtime', 'stub', '--noAssert', '--enable', 'simd', '--enable', 'bulk-memory'];

/** -O3 reorders accumulators until they no longer fit the registers: up to 40 % slower. */
const fast = ['--optimizeLevel', '2', '--shrinkLevel', '0', ...simd];

/** Works on a memory that the host brings: no memory, data or stack of its own. */
const onSharedMemory = ['--importMemory', '--noExportMemory', '--initialMemory', '1'];

const pageBytes = 65_536;

const kernels: Kernel[] = [
  { out: 'build/linalg.wasm', source: 'lib/linalg/kernels/gemm.as.ts', flags: fast },
  {
    out: 'build/image.wasm',
    source: 'lib/image/kernels/index.as.ts',
    flags: [...fast, '--maximumMemory', String(limits.maxImageMemoryBytes / pageBytes)],
  },
  { out: 'build/inference-plain.wasm', source: 'lib/inference/kernels/index.as.ts', flags: fast },
  {
    out: 'build/inference-relaxed.wasm',
    source: 'lib/inference/kernels/index.as.ts',
    flags: [...fast, '--enable', 'relaxed-simd'],
  },
  {
    out: 'build/gradients.wasm',
    source: 'lib/learning/gradients/kernels/index.as.ts',
    flags: [...fast, ...onSharedMemory],
  },
];

/** Builds what is stale and returns the paths that were built. Safe to run twice at once. */
export async function buildKernels(): Promise<string[]> {
  const built: string[] = [];
  for (const kernel of kernels) {
    const key = fingerprint(kernel);
    if (readIfThere(`${kernel.out}.key`) === key && readIfThere(kernel.out)) continue;
    await compile(kernel);
    writeAtomically(join(root, `${kernel.out}.key`), key);
    built.push(kernel.out);
  }
  if (chooseBuild()) built.push(workerBuild);
  return built;
}

/** What the edge's bundle imports: one of the two builds of the inference kernels. */
const workerBuild = 'build/inference.wasm';

/** Which of them was asked for last: a build that says nothing keeps it. */
const choiceFile = 'build/inference.simd';

/**
 * Copies the relaxed build, or with `HEADWATER_SIMD=plain` the plain one, for a platform that refuses relaxed SIMD: a
 * Worker cannot probe, since the upload itself would fail. Says whether anything changed.
 */
function chooseBuild(): boolean {
  const name = process.env.HEADWATER_SIMD ?? readIfThere(choiceFile) ?? 'relaxed';
  if (name !== 'plain' && name !== 'relaxed')
    throw new Error(`HEADWATER_SIMD is "${name}". Set it to "plain" or "relaxed", or leave it out.`);
  writeAtomically(join(root, choiceFile), name);
  const module = readFileSync(join(root, `build/inference-${name}.wasm`));
  if (readIfThere(workerBuild) === module.toString('latin1')) return false;
  writeAtomically(join(root, workerBuild), module);
  return true;
}

function fingerprint(kernel: Kernel): string {
  const compiler = readFileSync(join(root, 'node_modules/assemblyscript/package.json'), 'utf8');
  const version = (JSON.parse(compiler) as { version: string }).version;
  const folder = join(root, dirname(kernel.source));
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.as.ts'))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  return createHash('sha256')
    .update(JSON.stringify([version, kernel.flags, sources]))
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
  for (const [name, contents] of outputs) writeAtomically(join(root, name), contents);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'latin1');
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const built = await buildKernels();
  console.log(built.length ? `built ${built.join(', ')}` : 'kernels are up to date');
}
