import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const script = join(import.meta.dirname, 'testing/without-avx-node.ts');

/** What the script prints under V8 flags. */
function run(...flags: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n');
}

it.each([['--no-liftoff'], ['--liftoff-only'], ['--no-enable-fma3']])(
  'every integer kernel is exact with %s',
  (flag) => {
    expect(run(flag)).toEqual(['plain self-test 0', 'relaxed self-test 0']);
  },
);

// The flag changes nothing but on x86.
it.runIf(process.arch === 'x64')(
  'on the baseline compiler without AVX the self-test finds dot and product, and what a plan runs is exact',
  () => {
    expect(run('--liftoff-only', '--no-enable-avx')).toEqual(['plain self-test 2', 'relaxed self-test 3']);
  },
);
