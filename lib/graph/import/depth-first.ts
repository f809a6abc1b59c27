// The order in which an importer reads a source graph.

import { invalid } from '../problems.ts';

/**
 * Every node that the outputs need, each after what it reads; ties in the order in which they are read.
 * Iterative, because a hostile file may be as deep as it is long.
 *
 * @throws HeadwaterError `invalid-file` for a node that does not exist, or one that reads its own output
 */
export function depthFirst<T>(
  outputs: readonly string[],
  lookUp: (name: string) => T | undefined,
  reads: (node: T) => readonly string[],
): T[] {
  const order: T[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack = outputs.toReversed();
  while (stack.length) {
    const name = stack.at(-1)!;
    const node = lookUp(name);
    if (node === undefined) throw invalid(`"${name}" is read, but not in the model.`);
    if (!state.has(name)) {
      state.set(name, 'open');
      for (const input of reads(node).toReversed()) {
        if (state.get(input) === 'open') throw invalid(`"${input}" reads its own output.`);
        if (!state.has(input)) stack.push(input);
      }
      continue;
    }
    stack.pop();
    if (state.get(name) === 'open') order.push(node);
    state.set(name, 'done');
  }
  return order;
}
