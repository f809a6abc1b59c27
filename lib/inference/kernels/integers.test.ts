import { describe } from 'vitest';
import { builds } from './node-testing.ts';
import { convIntSuite } from './testing/conv-int.ts';
import { convertIntSuite } from './testing/convert-int.ts';
import { depthwiseIntSuite } from './testing/depthwise-int.ts';
import { sameIntegersSuite } from './testing/same-integers.ts';

describe.each(builds)('integer kernels, %s build', (_, module) => {
  convIntSuite(module);
  depthwiseIntSuite(module);
  convertIntSuite(module);
});

describe('integer kernels', () => sameIntegersSuite(builds));
