// A graph's structure as JSON, without the numbers: what the backbone file carries in its metadata.

import { z } from 'zod';
import type { Graph, Op, Weight } from './graph.ts';
import { invalid } from './problems.ts';
import { maxExtent, maxOps } from './validate.ts';

const name = z.string().min(1).max(1100);
const extent = z.int().min(0).max(maxExtent);
const pair = z.tuple([extent, extent]);

const attrsSchema = z.strictObject({
  stride: pair.optional(),
  dilation: pair.optional(),
  groups: extent.optional(),
  start: extent.optional(),
  count: extent.optional(),
  padding: z
    .union([
      z.enum(['same', 'valid']),
      z.strictObject({ top: extent, right: extent, bottom: extent, left: extent }),
    ])
    .optional(),
  window: pair.optional(),
  ceil: z.boolean().optional(),
  countPadding: z.boolean().optional(),
  epsilon: z.number().optional(),
  activation: z.string().optional(),
  alpha: z.number().optional(),
  value: z.number().optional(),
  axis: z.int().min(-4).max(4).optional(),
  shape: z.array(z.int().min(-1).max(maxExtent)).max(4).optional(),
  size: z.number().optional(),
  beta: z.number().optional(),
  bias: z.number().optional(),
});

const roles = ['kernel', 'bias', 'gamma', 'beta', 'mean', 'variance', 'constant'] as const;

const graphSchema = z.strictObject({
  input: z.strictObject({ name, channels: z.int().min(1).max(maxExtent) }),
  ops: z
    .array(
      z.strictObject({
        name,
        op: z.string(),
        inputs: z.array(name).max(256),
        attrs: attrsSchema,
        weights: z.partialRecord(z.enum(roles), name),
      }),
    )
    .max(maxOps),
  taps: z.record(
    name,
    z.strictObject({ op: name, pooling: z.enum(['avg', 'none']), pre: z.boolean().optional() }),
  ),
});

/** The structure as JSON text. Keys have a fixed order, so the same graph gives the same bytes. */
export function graphToJson(graph: Graph): string {
  const { input, ops, taps } = graph;
  return JSON.stringify(sorted({ input, ops, taps }));
}

/**
 * The graph of a JSON text and its weights. What an op may hold is `validateGraph`'s business.
 *
 * @throws HeadwaterError `invalid-file`
 */
export function graphFromJson(text: string, weights: Map<string, Weight>): Graph {
  const parsed = graphSchema.safeParse(parseJson(text, 'graph'));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`The backbone's graph is not valid: ${issue!.path.join('.')}: ${issue!.message}.`);
  }
  const { input, ops, taps } = parsed.data;
  return { input, ops: ops as Op[], taps, weights };
}

/** JSON.parse with an error that says which part it was. */
export function parseJson(text: string, part: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`The backbone's ${part} is not JSON.`);
  }
}

/** A JSON value with every object's keys in order of their code units. Lists keep theirs. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
