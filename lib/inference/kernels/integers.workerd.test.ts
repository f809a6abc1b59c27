import { describe } from 'vitest';
import { convIntSuite } from './testing/conv-int.ts';
import { convertIntSuite } from './testing/convert-int.ts';
import { depthwiseIntSuite } from './testing/depthwise-int.ts';
import { sameIntegersSuite } from './testing/same-integers.ts';
import { builds } from './workerd-testing.ts';

describe.each(builds)('integer kernels, %s build, in workerd', (_, module) => {
  convIntSuite(module);
  depthwiseIntSuite(module);
  convertIntSuite(module);
});

describe('integer kernels, in workerd', () => sameIntegersSuite(builds));
