// What more heads cost in one request: `POST /v1/classify?heads=a,b,c` ÷ `?heads=a`, interleaved, medians, against a
// running instance.
//
//   node scripts/bench/heads-at-once.ts http://localhost:8787 <key> a,b,c photo.jpg [rounds]

import { readFileSync } from 'node:fs';

const warmUps = 10;

async function main([url, key, names, photo, rounds = '60']: string[]): Promise<void> {
  if (!url || !key || !names || !photo)
    throw new Error('heads-at-once.ts <url> <key> <heads, with commas> <photo> [rounds]');
  const body = new Uint8Array(readFileSync(photo));
  const [first] = names.split(',');
  const times: Record<string, number[]> = { one: [], all: [] };
  for (let i = 0; i < warmUps + Number(rounds); i++) {
    // Which of the two comes first takes turns, too.
    const order = i % 2 === 0 ? ['one', 'all'] : ['all', 'one'];
    for (const which of order) {
      const ms = await timed(url, key, which === 'one' ? first! : names, body);
      if (i >= warmUps) times[which]!.push(ms);
    }
  }
  const [one, all] = [median(times.one!), median(times.all!)];
  const count = names.split(',').length;
  console.log(
    `1 head ${one.toFixed(1)} ms, ${count} heads ${all.toFixed(1)} ms: ${(all / one).toFixed(3)} (medians of ${rounds}; minima ${Math.min(...times.one!).toFixed(1)} and ${Math.min(...times.all!).toFixed(1)} ms)`,
  );
}

async function timed(url: string, key: string, heads: string, body: Uint8Array): Promise<number> {
  const began = performance.now();
  const response = await fetch(`${url}/v1/classify?heads=${encodeURIComponent(heads)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: body as Uint8Array<ArrayBuffer>,
  });
  const answer = (await response.json()) as { heads?: { error?: { detail: string } }[]; detail?: string };
  const failed = answer.detail ?? answer.heads?.find(({ error }) => error)?.error?.detail;
  if (failed) throw new Error(failed);
  return performance.now() - began;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

await main(process.argv.slice(2));
