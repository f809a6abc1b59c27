// The two ways in which a graph can be refused, so that every file of this folder words them alike.

import { HeadwaterError } from '../errors/index.ts';

/** The network is well-formed, but asks for something that Headwater does not have. */
export const unsupported = (why: string, facts: HeadwaterError['facts'] = {}) =>
  new HeadwaterError('unsupported-graph', why, facts);

/** The file or the graph contradicts itself. */
export const invalid = (why: string, facts: HeadwaterError['facts'] = {}) =>
  new HeadwaterError('invalid-file', why, facts);
