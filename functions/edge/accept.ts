// Which of two media types an Accept header prefers (RFC 9110 §12.5.1). A type that is refused altogether is answered
// all the same: an answer that the caller did not ask for says more than 406.

interface Preference {
  quality: number;
  /** 2 where the type itself is named, 1 for all of its kind, 0 for everything, -1 where nothing names it. */
  precision: number;
}

/**
 * Whether `other` is wanted rather than `usual`. Between equal qualities whichever is named more exactly wins, then
 * the one that nobody names by accident.
 *
 * @example prefers(c.req.header('accept'), 'application/octet-stream', 'application/json')
 */
export function prefers(accept: string | undefined, other: string, usual: string): boolean {
  const [a, b] = [preferenceFor(accept ?? '*/*', other), preferenceFor(accept ?? '*/*', usual)];
  if (a.quality === 0 || a.precision < 2) return a.quality > 0 && a.quality > b.quality;
  return a.quality >= b.quality;
}

/** The quality of the range that names `type` most exactly; 0 if none does. */
function preferenceFor(accept: string, type: string): Preference {
  const [major] = type.split('/');
  const ranges = ['*/*', `${major}/*`, type];
  let best: Preference = { quality: 0, precision: -1 };
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim());
    const precision = ranges.indexOf(name!);
    if (precision > best.precision) best = { quality: qualityOf(parameters), precision };
  }
  return best;
}

function qualityOf(parameters: string[]): number {
  const [, text] = parameters.map((parameter) => /^q\s*=\s*([\d.]+)$/.exec(parameter)).find(Boolean) ?? [];
  const quality = Number(text ?? 1);
  return quality >= 0 && quality <= 1 ? quality : 1;
}
