// Plain and relaxed build, and the relaxed build's safe kernels, write the same integers.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KernelBed } from '../testing.ts';
import { convolutionShapes, convolutions, convolve } from './conv-int.ts';
import { depthwiseShapes, filter } from './depthwise-int.ts';

export function sameIntegersSuite(
  builds: readonly (readonly [name: string, module: WebAssembly.Module])[],
): void {
  const beds = builds.map(([, module]) => new KernelBed(module));

  it.each(convolutions)('%s writes the same in both builds', (kernel, input, output) => {
    fc.assert(
      fc.property(convolutionShapes, (shape) => {
        const [plain, relaxed] = beds.map((bed) => {
          bed.reset();
          return convolve(bed, kernel, input, output, shape).actual;
        });
        expect(relaxed).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });

  it.each(['i16', 'u7'] as const)('depthwise_%s writes the same in both builds', (format) => {
    fc.assert(
      fc.property(depthwiseShapes, fc.boolean(), (shape, any) => {
        const [plain, relaxed] = beds.map((bed) => {
          bed.reset();
          return filter(bed, format, any, any ? shape : { ...shape, dilation: 1 }).actual;
        });
        expect(relaxed).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });
}
