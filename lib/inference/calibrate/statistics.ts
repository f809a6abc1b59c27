// Activation statistics: a graph run in float32 over calibration pictures, every value that a plan can hold looked at.
// One picture at a time, so memory holds one picture's values and a histogram for each.

import { HeadwaterError } from '../../errors/index.ts';
import { type Graph, inferShapes } from '../../graph/index.ts';
import type { Compile, Plan } from '../plan.ts';
import type { ValueStatistics } from '../quantisation.ts';
import { Histogram } from './histogram.ts';
import { bestRange } from './range.ts';
import { type MeasuredValue, measuredValues } from './values.ts';

/** What one pass may show at once; a larger network is run in several passes a picture. */
const maxShownBytes = 128 * 1024 * 1024;

/** One value while pictures go by. */
interface Gathered extends MeasuredValue {
  histogram: Histogram;
  channels: number;
  sums: Float64Array;
  /** Numbers of one channel that went into `sums`. */
  count: number;
}

/** A plan that shows some of the values. */
interface Pass {
  plan: Plan;
  shown: Gathered[];
}

/**
 * Statistics of a graph's values.
 *
 * @param pictures normalised tensors [size, size, channels]
 * @param size input side in pixels
 * @param compile makes float32 plans; one that gives the same bits on every CPU gives the same statistics there
 * @param onPicture called after each picture with how many there were
 * @throws HeadwaterError `unsupported-graph` where a picture makes a value that is no number
 */
export async function measureStatistics(
  graph: Graph,
  size: number,
  pictures: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  compile: Compile,
  onPicture: (done: number) => void = () => {},
): Promise<Map<string, ValueStatistics>> {
  const shapes = inferShapes(graph, size);
  const gathered = measuredValues(graph).map((value): Gathered => {
    const channels = shapes.get(value.tap?.op ?? value.name)!.at(-1)!;
    return { ...value, histogram: new Histogram(), channels, sums: new Float64Array(channels), count: 0 };
  });
  const passes: Pass[] = [];
  try {
    for (const shown of inGroups(gathered.slice(1), shapes))
      passes.push({
        shown,
        plan: await compile(graph, { size, taps: shown.map(({ tap }) => tap!), arithmetic: 'float32' }),
      });
    let done = 0;
    for await (const picture of pictures) {
      gather(gathered[0]!, picture);
      for (const { plan, shown } of passes)
        plan.run(picture).forEach((values, i) => {
          gather(shown[i]!, values);
        });
      onPicture(++done);
    }
  } finally {
    for (const { plan } of passes) plan.dispose();
  }
  return new Map(gathered.map((value) => [value.name, statisticsOf(value)]));
}

/** The values in their order, as many together as may be shown at once. */
function inGroups(values: Gathered[], shapes: Map<string, number[]>): Gathered[][] {
  const groups: Gathered[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const own = 4 * shapes.get(value.tap!.op)!.reduce((a, b) => a * b, 1);
    bytes += own;
    if (bytes > maxShownBytes) {
      groups.push([]);
      bytes = own;
    }
    groups.at(-1)!.push(value);
  }
  return groups;
}

function gather(value: Gathered, numbers: Float32Array): void {
  if (!value.histogram.add(numbers))
    throw new HeadwaterError(
      'unsupported-graph',
      `A picture makes something that is no number at "${value.name}". Check the recipe that the network was added with.`,
      { layer: value.name },
    );
  if (!value.hasMean) return;
  const { sums, channels } = value;
  for (let i = 0; i < numbers.length; i += channels)
    for (let c = 0; c < channels; c++) sums[c]! += numbers[i + c]!;
  value.count += numbers.length / channels;
}

function statisticsOf({ histogram, hasMean, sums, count }: Gathered): ValueStatistics {
  const { least, most } = histogram;
  return {
    ...bestRange(histogram),
    least,
    most,
    ...(hasMean && { mean: Float32Array.from(sums, (sum) => sum / Math.max(1, count)) }),
  };
}
