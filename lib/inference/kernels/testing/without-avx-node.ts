// Run by without-avx.test.ts in a process of its own, under V8 flags: every integer kernel that such a platform may
// use, against plain loops. Prints the kernels that differ, one a line.

import { builds } from '../node-testing.ts';
import { KernelBed } from '../testing.ts';
import { type ConvolutionShape, convolutions, convolve, denses, multiply } from './conv-int.ts';
import { type DepthwiseShape, filter, kinds } from './depthwise-int.ts';

for (const [build, module] of builds) {
  const bed = new KernelBed(module);
  // A platform that fails the self-test runs the safe kernels where there are any.
  const fails = bed.kernels.selfTest() !== 0;
  const usable = (kernel: string) => !fails || !(`safe_${kernel}` in bed.kernels);
  const wrong = new Set<string>();
  const check = (kernel: string, actual: number[], expected: number[]) => {
    if (String(actual) !== String(expected)) wrong.add(kernel);
  };
  for (let seed = 0; seed < 24; seed++) {
    const layer: ConvolutionShape = {
      ...{ height: 1 + (seed % 6), width: 4 + (seed % 5), inputs: 1 + ((seed * 7) % 40), seed },
      ...{ outputs: 1 + ((seed * 5) % 20), stride: 1 + (seed % 2), residual: seed % 3 === 0, spread: 0.5 },
      ...{ byRows: seed % 4 === 0, zeroPoint: (seed * 11) % 128, extreme: seed % 5 === 0 },
      kernel: [1 + (seed % 3), 1 + ((seed >> 1) % 3)] as [number, number],
    };
    for (const [cases, run] of [
      [convolutions, convolve],
      [denses, multiply],
    ] as const)
      for (const [kernel, input, output] of cases.filter(([name]) => usable(name))) {
        bed.reset();
        const { actual, expected } = run(bed, kernel, input, output, layer);
        check(kernel, actual, expected());
      }
    for (const [prefix, format] of kinds)
      for (const any of [false, true]) {
        const kernel = `${prefix}depthwise_${any ? 'any_' : ''}${format}`;
        if (!usable(kernel)) continue;
        bed.reset();
        const picture: DepthwiseShape = {
          ...{ height: layer.height, width: layer.width, channels: layer.outputs, seed },
          ...{ kernel: seed % 2 ? 3 : 5, stride: (seed >> 1) % 2 ? 2 : 1, dilation: any ? 2 : 1 },
        };
        const { actual, expected } = filter(bed, format, any, picture, prefix);
        check(kernel, actual, expected);
      }
  }
  for (const kernel of wrong) console.log(`${build} ${kernel}`);
  console.log(`${build} self-test ${bed.kernels.selfTest()}`);
}
