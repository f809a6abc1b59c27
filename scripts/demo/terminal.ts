// What the demonstration draws: progress bars, a confusion matrix, small pictures. Plain text where the output
// is not a terminal.

const isTerminal = process.stdout.isTTY === true;
const barWidth = 28;

/** A progress line that redraws itself; without a terminal one line at the end. */
export function progressBar(what: string, total: number) {
  const began = Date.now();
  const seconds = () => ((Date.now() - began) / 1000).toFixed(1);
  const draw = (done: number) => {
    const full = Math.round((barWidth * done) / total);
    return `  ${what.padEnd(27)} ${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${String(Math.round(done)).padStart(4)}/${total}  ${seconds()} s`;
  };
  let done = 0;
  /** @param note where it stands, for a person; replaces the one before */
  const update = (to: number, note = '') => {
    done = to;
    // What was longer before is wiped to the end of the line.
    if (isTerminal) process.stdout.write(`\r${draw(done)}${note && `  ${note}`}\x1b[K`);
  };
  return {
    update,
    /** One more is done. */
    advance: () => update(done + 1),
    end(note = '') {
      process.stdout.write(`${isTerminal ? '\r\x1b[K' : ''}${draw(total)}${note && `  ${note}`}\n`);
    },
  };
}

/** Rows are the truth, columns the answers. */
export function confusionMatrix(labels: string[], counts: number[][]): string {
  const width = Math.max(3, ...labels.map((label) => label.length)) + 1;
  const cell = (text: string) => text.padStart(width);
  const head = `  ${'truth ↓  answer →'.padEnd(18)}${labels.map(cell).join('')}`;
  const rows = labels.map(
    (label, i) =>
      `  ${label.padStart(17)} ${counts[i]!.map((n, j) => cell(n === 0 ? '·' : i === j ? String(n) : `${n}!`)).join('')}`,
  );
  return [head, ...rows].join('\n');
}

const shades = ' .:-=+*#%@';

/** A grey picture [side, side] as lines of text: half blocks in grey on a terminal, shades of ASCII elsewhere. */
export function picture(pixels: Uint8Array, side: number): string[] {
  const lines: string[] = [];
  for (let y = 0; y + 1 < side; y += 2) {
    let line = '';
    for (let x = 0; x < side; x++) {
      const [top, bottom] = [pixels[y * side + x]!, pixels[(y + 1) * side + x]!];
      line += isTerminal
        ? `\x1b[38;2;${top};${top};${top}m\x1b[48;2;${bottom};${bottom};${bottom}m▀`
        : shades[Math.floor(((510 - top - bottom) / 511) * shades.length)];
    }
    lines.push(isTerminal ? `${line}\x1b[0m` : line);
  }
  return lines;
}

/** Blocks of lines side by side. Lines of one block are equally wide, or the blocks after it stand askew. */
export function sideBySide(blocks: string[][], gap = '    '): string {
  const height = Math.max(...blocks.map((block) => block.length));
  return Array.from(
    { length: height },
    (_, i) => `  ${blocks.map((block) => block[i] ?? '').join(gap)}`,
  ).join('\n');
}
