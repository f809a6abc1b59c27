// Stratified, grouped folds. The unit that is dealt is a group (photos of one burst), or one example that has no
// group; a fold gets about the same share of every class.
//
// A class must never vanish from what a fold's model is fitted on. So a unit is `neverJudged` (it stays in the
// training part of every fold) when a class lives in no other unit; a class with a single image is such a case.

import { createRng, shuffle } from '../linalg/index.ts';

export const maxFolds = 5;

export type Group = string | number | null | undefined;

export interface Folds {
  /** Folds made; 0 when no two classes can be judged. */
  count: number;
  /** Fold of each example that is to be judged by the model of the others; −1: never judged. */
  fold: Int32Array;
}

interface Unit {
  members: number[];
  /** Examples of each class. */
  counts: Map<number, number>;
}

/**
 * Deals examples to folds. `most` of them, or fewer where the second most widespread class has fewer units: rarer
 * classes do not lower the number, they are missing from some folds' judged part instead.
 *
 * @param labels [n], class indices. @param groups [n]; empty, null or undefined stands for a group of its own.
 */
export function makeFolds(
  labels: ArrayLike<number>,
  groups: Group[] | undefined,
  seed: number,
  most = maxFolds,
): Folds {
  const fold = new Int32Array(labels.length).fill(-1);
  const units = makeUnits(labels, groups);
  const spread = spreadOfClasses(units);
  const ranked = [...spread.values()].sort((a, b) => b - a);
  const count = Math.min(most, ranked[1] ?? 0);
  if (count < 2) return { count: 0, fold };
  const judged = units.filter((unit) => [...unit.counts.keys()].every((label) => spread.get(label)! > 1));
  const ofUnit = deal(judged, count, seed);
  keepEveryClass(units, ofUnit, count);
  const judgedLabels = new Set<number>();
  for (const [unit, f] of ofUnit) {
    for (const i of unit.members) fold[i] = f;
    for (const label of unit.counts.keys()) judgedLabels.add(label);
  }
  if (judgedLabels.size < 2) return { count: 0, fold: fold.fill(-1) };
  const made = closeGaps(fold);
  // What is left in one fold would be judged by a model of what nobody judges.
  return made < 2 ? { count: 0, fold: fold.fill(-1) } : { count: made, fold };
}

function makeUnits(labels: ArrayLike<number>, groups: Group[] | undefined): Unit[] {
  const byGroup = new Map<string | number, Unit>();
  const units: Unit[] = [];
  for (let i = 0; i < labels.length; i++) {
    const group = groups?.[i];
    const named = group !== undefined && group !== null && group !== '';
    let unit = named ? byGroup.get(group) : undefined;
    if (!unit) {
      unit = { members: [], counts: new Map() };
      units.push(unit);
      if (named) byGroup.set(group, unit);
    }
    const label = labels[i]!;
    unit.members.push(i);
    unit.counts.set(label, (unit.counts.get(label) ?? 0) + 1);
  }
  return units;
}

/** Units in which each class occurs. */
function spreadOfClasses(units: Iterable<Unit>): Map<number, number> {
  const spread = new Map<number, number>();
  for (const unit of units)
    for (const label of unit.counts.keys()) spread.set(label, (spread.get(label) ?? 0) + 1);
  return spread;
}

/** Large units first, each to the fold that has least of its classes, then the fewest examples. */
function deal(units: Unit[], count: number, seed: number): Map<Unit, number> {
  const totals = new Map<number, number>();
  for (const unit of units)
    for (const [label, n] of unit.counts) totals.set(label, (totals.get(label) ?? 0) + n);
  const order = shuffle([...units], createRng(seed));
  const firstLabel = (unit: Unit) => Math.min(...unit.counts.keys());
  order.sort((a, b) => b.members.length - a.members.length || firstLabel(a) - firstLabel(b));
  const held = Array.from({ length: count }, () => new Map<number, number>());
  const sizes = new Array<number>(count).fill(0);
  const ofUnit = new Map<Unit, number>();
  for (const unit of order) {
    let best = 0;
    let bestCost = Number.POSITIVE_INFINITY;
    for (let f = 0; f < count; f++) {
      let cost = 0;
      for (const [label, n] of unit.counts) cost += (n * (held[f]!.get(label) ?? 0)) / totals.get(label)!;
      if (cost < bestCost || (cost === bestCost && sizes[f]! < sizes[best]!)) {
        best = f;
        bestCost = cost;
      }
    }
    ofUnit.set(unit, best);
    sizes[best]! += unit.members.length;
    for (const [label, n] of unit.counts) held[best]!.set(label, (held[best]!.get(label) ?? 0) + n);
  }
  return ofUnit;
}

/** Where groups of mixed classes put all of a class into one fold, that fold gives its first such unit back. */
function keepEveryClass(units: Unit[], ofUnit: Map<Unit, number>, count: number): void {
  for (let f = 0; f < count; f++) {
    const trained = new Set<number>();
    for (const unit of units)
      if (ofUnit.get(unit) !== f) for (const label of unit.counts.keys()) trained.add(label);
    for (const [unit, at] of ofUnit) {
      if (at !== f || [...unit.counts.keys()].every((label) => trained.has(label))) continue;
      ofUnit.delete(unit);
      for (const label of unit.counts.keys()) trained.add(label);
    }
  }
}

/** Renumbers the folds that are not empty 0, 1, … and returns how many there are. */
function closeGaps(fold: Int32Array): number {
  const used = [...new Set(fold)].filter((f) => f >= 0).sort((a, b) => a - b);
  for (let i = 0; i < fold.length; i++) if (fold[i]! >= 0) fold[i] = used.indexOf(fold[i]!);
  return used.length;
}
