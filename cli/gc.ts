// `npm run gc`: deletes what nothing points at any more, in every dataset of a deployment, or tells what that would
// be. It asks the service; what is garbage, only each dataset's coordinator can know.

import { parseArgs } from 'node:util';
import {
  type DatasetsPage,
  type GarbageData,
  type GarbageKindName,
  type GarbageRequestData,
  minGraceSeconds,
} from '../lib/contract/index.ts';
import { HeadwaterError } from '../lib/errors/index.ts';
import { findService, type Service } from './gc/service.ts';
import { run } from './run.ts';

const usage = `Usage
  npm run gc -- [options]

  --dry-run            only tell what would be deleted
  --grace <time>       nothing younger is deleted: 24h unless given; 15m at least
  --dataset <name>     only this one; may be given again
  --spaces             codes of spaces that no head needs, too; made anew from the images if they are wanted again
  --job-days <days>    how long records of trainings are kept (90)
  --url, --key         the service and an admin key; else HEADWATER_URL and HEADWATER_KEY, else what runs here`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean' },
      spaces: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      grace: { type: 'string' },
      'job-days': { type: 'string' },
      url: { type: 'string' },
      key: { type: 'string' },
      dataset: { type: 'string', multiple: true },
    },
  });
  if (values.help) return console.log(usage);
  const request: Partial<GarbageRequestData> = {
    graceSeconds: secondsOf(values.grace ?? '24h'),
    dryRun: values['dry-run'] ?? false,
    spaces: values.spaces ?? false,
    ...(values['job-days'] && { jobDays: daysOf(values['job-days']) }),
  };
  const service = await findService(values.url, values.key);
  const total = new Map<GarbageKindName, { objects: number; bytes: number }>();
  for await (const dataset of values.dataset ?? allDatasets(service)) {
    const path = `/v1/datasets/${encodeURIComponent(dataset)}/garbage`;
    const answer = await service.ask<GarbageData>('POST', path, request);
    printDataset(dataset, answer);
    for (const [kind, amount] of kindsOf(answer)) {
      const { objects, bytes } = total.get(kind) ?? { objects: 0, bytes: 0 };
      total.set(kind, { objects: objects + amount.objects, bytes: bytes + amount.bytes });
    }
  }
  console.log(`\n${request.dryRun ? 'Would be deleted' : 'Deleted'} in all:`);
  if (total.size === 0) console.log('  nothing');
  for (const [kind, amount] of total) console.log(row(kind, amount));
}

/** `90s`, `15m`, `24h` or `7d` in seconds. */
export function secondsOf(text: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds =
    Number(number) * { s: 1, m: 60, h: 3600, d: 86_400 }[(unit ?? 's') as 's' | 'm' | 'h' | 'd'];
  if (!(seconds >= minGraceSeconds))
    throw new HeadwaterError(
      'bad-request',
      `"${text}" is no grace period. Give 15m or more, as "24h" or "7d".`,
    );
  return seconds;
}

/** A whole number of days; what is too few or too many, the service says. */
function daysOf(text: string): number {
  if (!/^\d{1,6}$/.test(text))
    throw new HeadwaterError('bad-request', `--job-days takes a whole number of days, not "${text}".`);
  return Number(text);
}

/** Names of all datasets, page by page. */
async function* allDatasets(service: Service): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page: DatasetsPage = await service.ask(
      'GET',
      `/v1/datasets?limit=1000${cursor ? `&cursor=${cursor}` : ''}`,
    );
    for (const { dataset } of page.datasets) yield dataset;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function printDataset(dataset: string, answer: GarbageData): void {
  console.log(`${dataset}${answer.objects === 0 ? ': nothing' : ''}`);
  for (const [kind, amount] of kindsOf(answer)) console.log(row(kind, amount));
  for (const { kind, reason } of answer.skipped) console.log(`  ${kind} left alone: ${reason}`);
}

const kindsOf = ({ byKind }: GarbageData) =>
  Object.entries(byKind) as [GarbageKindName, { objects: number; bytes: number }][];

const row = (kind: string, { objects, bytes }: { objects: number; bytes: number }) =>
  `  ${kind.padEnd(10)} ${String(objects).padStart(8)}  ${megabytes(bytes).padStart(12)}`;

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;

if (import.meta.main) await run(main, usage);
