// What the parts of the bench share: a table in Markdown, medians, and the machine's name.

import { cpus, totalmem } from 'node:os';

/** A section of docs/results.md, or why there is none here. */
export interface Section {
  title: string;
  text: string;
}

export function table(head: string[], rows: (string | number)[][]): string {
  const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Milliseconds as `min / median / max`. */
export function spread(ms: number[]): string {
  return [Math.min(...ms), median(ms), Math.max(...ms)].map((value) => value.toFixed(0)).join(' / ');
}

export function machine(): string {
  const [cpu] = cpus();
  return `${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** Runs each of `contestants` in turn, `rounds` times, so that what else the machine does falls on all alike. */
export async function interleaved<T extends string>(
  rounds: number,
  contestants: Record<T, () => unknown>,
): Promise<Record<T, number[]>> {
  const names = Object.keys(contestants) as T[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<T, number[]>;
  for (const name of names) await contestants[name]();
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      const began = performance.now();
      await contestants[name]();
      times[name].push(performance.now() - began);
    }
  return times;
}
