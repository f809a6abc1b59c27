// A backbone's card as text for a terminal.

import type { BackboneFile } from '../lib/codes/index.ts';
import { type Card, readBackbone } from '../lib/graph/index.ts';

const millions = (n: number) => `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} M`;
/** Taps that are shown: a net has dozens, and the early ones are seldom asked for. */
const shownTaps = 12;

/** What a person wants to know before training on it. */
export function cardText(card: Card, digest: string): string {
  const { recipe } = card;
  const taps = Object.entries(card.taps).sort(([, a], [, b]) => b.multiplyAdds - a.multiplyAdds);
  const lines = [
    `${card.title}   (${card.name})`,
    `  file      ${digest.slice(0, 16)}…, ${(card.weightBytes / 1e6).toFixed(1)} MB of weights, ${millions(card.parameters)} parameters`,
    `  licence   ${card.licence}`,
    `  origin    ${card.origin}`,
    `  input     ${recipe.size}×${recipe.size} ${recipe.channelOrder}, ${recipe.fit}, (pixel − ${round(recipe.mean)}) × ${round(recipe.scale)}`,
    `  taps      ${'alias'.padEnd(28)}${'code'.padStart(7)}${'multiply-adds'.padStart(15)}`,
    ...taps.slice(0, shownTaps).map(([alias, tap]) => {
      const mark = alias === card.defaultTap ? '*' : ' ';
      return `          ${mark} ${alias.padEnd(28)}${String(tap.codeLength).padStart(7)}${millions(tap.multiplyAdds).padStart(15)}`;
    }),
  ];
  if (taps.length > shownTaps) lines.push(`            … and ${taps.length - shownTaps} earlier ones`);
  lines.push('            any other layer can be a tap by its full name');
  return lines.join('\n');
}

/** One line for a list. */
export function backboneLine({ name, digest, file, arithmetic = 'float32' }: BackboneFile): string {
  const { card } = readBackbone(file);
  const tap = card.taps[card.defaultTap]!;
  return `${name.padEnd(32)} ${digest.slice(0, 12)}  ${(file.length / 1e6).toFixed(1).padStart(6)} MB  ${arithmetic.padEnd(7)}  ${card.defaultTap}: ${tap.codeLength} numbers, ${millions(tap.multiplyAdds)} multiply-adds`;
}

function round([r, g, b]: readonly number[]): string {
  const text = (n: number | undefined) => Number(n!.toPrecision(5)).toString();
  return r === g && g === b ? text(r) : `[${text(r)}, ${text(g)}, ${text(b)}]`;
}
