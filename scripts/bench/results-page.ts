// docs/results.md: a title, then the sections as they were measured. A run of a few sections replaces those.

import { existsSync, readFileSync } from 'node:fs';
import { writeAtomically } from '../write-atomically.ts';
import { machine } from './report.ts';

const heading = '## ';

/**
 * Writes the page.
 *
 * @param measured text by title
 * @param keepOthers whether sections that the page has already stay, in their places
 */
export function writePage(file: string, measured: ReadonlyMap<string, string>, keepOthers: boolean): void {
  const sections = new Map(keepOthers && existsSync(file) ? sectionsOf(readFileSync(file, 'utf8')) : []);
  for (const [title, text] of measured) sections.set(title, text);
  const parts = [...sections].map(([title, text]) => `${heading}${title}\n\n${text}\n`);
  writeAtomically(
    file,
    `# Results

Written by \`npm run bench\`. ${machine()}. Times are of a shared machine and noisy: read ratios first.

${parts.join('\n')}`,
  );
}

/** Title and text of each section of a page that this file has written. */
function sectionsOf(page: string): [title: string, text: string][] {
  return page
    .split(`\n${heading}`)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), part.slice(end).trim()];
    });
}
