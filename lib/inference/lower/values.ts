// Where values lie while a plan is written: each in a buffer of its own, or inside the value that holds it; converted
// copies beside it.

import { HeadwaterError } from '../../errors/index.ts';
import type { Op } from '../../graph/index.ts';
import type { KernelName } from '../kernels.ts';
import { Constants } from './constants.ts';
import type { Argument, Arithmetic, Context, Halo, Place, ValueFormat } from './context.ts';
import { convert } from './convert.ts';
import { blockPicture } from './first-conv.ts';
import { formatKey, haloArgs, halosOf, isEmpty, widest } from './halos.ts';
import { channelAt, layoutOf, noHalo, pictureOf } from './layout.ts';
import { type Buffer, newBuffer, plus, type Ref, touch } from './memory.ts';
import type { Prepared } from './prepare.ts';
import { type View, viewsOf } from './views.ts';

/** Kernel calls of a plan; real networks have hundreds. */
const maxSteps = 100_000;

const tooManySteps = ({ name }: Op) =>
  new HeadwaterError(
    'unsupported-graph',
    `Up to layer "${name}" the network takes more than ${maxSteps} kernel calls, which no plan may have. Use an earlier tap.`,
    { layer: name },
  );

/** A step whose addresses are not known yet. */
export interface DraftStep {
  kernel: KernelName;
  args: Argument[];
  layer: string;
  multiplyAdds: number;
}

/** The plan being written. */
export class Draft implements Context {
  readonly graph: Prepared['graph'];
  readonly shapes: Prepared['shapes'];
  readonly arithmetic: Arithmetic;
  readonly constants = new Constants();
  readonly steps: DraftStep[] = [];
  readonly buffers: Buffer[] = [];
  readonly picture: Ref;
  readonly #views: Map<string, View>;
  /** What lies directly in a value. */
  readonly #inner = new Map<string, string[]>();
  readonly #halos: Map<string, Halo>;
  readonly #places = new Map<string, Place>();

  constructor(prepared: Prepared, arithmetic: Arithmetic) {
    this.graph = prepared.graph;
    this.shapes = prepared.shapes;
    this.arithmetic = arithmetic;
    this.#views = viewsOf(prepared, arithmetic);
    for (const [inner, { within }] of this.#views) {
      const others = this.#inner.get(within);
      if (others) others.push(inner);
      else this.#inner.set(within, [inner]);
    }
    this.#halos = halosOf(prepared, arithmetic);
    const [h, w, c] = pictureOf(this.shapes.get(this.graph.input.name)!);
    this.picture = this.scratchBytes(h * w * c * 4);
    // The caller writes it before the first step.
    touch(this.picture.buffer, -1);
  }

  emit(op: Op, kernel: KernelName, args: Argument[], multiplyAdds = 0): void {
    if (this.steps.length === maxSteps) throw tooManySteps(op);
    for (const arg of args) if (typeof arg === 'object') touch(arg.buffer, this.steps.length);
    this.steps.push({ kernel, args, layer: op.name, multiplyAdds });
  }

  read(op: Op, name: string, format: ValueFormat = this.arithmetic.formats(name).made): Place {
    const made = this.arithmetic.formats(name).made;
    const key = formatKey(name, format);
    const known = this.#places.get(key);
    if (known) return known;
    if (formatKey(name, made) !== key) {
      const copy = this.#place(op, name, format);
      convert(op, this, this.read(op, name), copy);
      return copy;
    }
    if (name !== this.graph.input.name) throw new Error(`"${name}" is read before it is written`);
    const place = this.#place(op, name, made);
    blockPicture(op, this, place);
    return place;
  }

  write(op: Op): Place {
    return this.#place(op, op.name, this.arithmetic.formats(op.name).made);
  }

  scratch(shape: readonly number[], format: ValueFormat): Place {
    const layout = layoutOf(shape, format.storage);
    return { at: this.scratchBytes(layout.bytes), layout, format };
  }

  scratchBytes(bytes: number): Ref {
    const buffer = newBuffer(bytes);
    this.buffers.push(buffer);
    return { buffer, offset: 0 };
  }

  /** The place of a value in a format, with its halo set, made on first demand. */
  #place(op: Op, name: string, format: ValueFormat): Place {
    const key = formatKey(name, format);
    const known = this.#places.get(key);
    if (known) return known;
    const view = this.#isMade(name, format) ? this.#views.get(name) : undefined;
    const place = view ? this.#inside(op, name, view) : this.#fresh(op, name, format);
    this.#places.set(key, place);
    return place;
  }

  #isMade(name: string, format: ValueFormat): boolean {
    return formatKey(name, this.arithmetic.formats(name).made) === formatKey(name, format);
  }

  #inside(op: Op, name: string, { within, channel }: View): Place {
    const outer = this.#place(op, within, this.arithmetic.formats(within).made);
    const own = layoutOf(this.shapes.get(name)!, outer.layout.storage);
    const layout = { ...outer.layout, channels: own.channels, planes: own.planes };
    return { at: channelAt(outer, channel), layout, format: this.arithmetic.formats(name).made };
  }

  #fresh(op: Op, name: string, format: ValueFormat): Place {
    const halo = this.#haloOf(name, format);
    const layout = layoutOf(this.shapes.get(name)!, format.storage, halo);
    const place: Place = { at: plus(this.scratchBytes(layout.bytes), layout.origin), layout, format };
    if (!isEmpty(halo)) this.emit(op, 'halo', haloArgs(place));
    return place;
  }

  /** What a value needs around it, or what lies inside it does. */
  #haloOf(name: string, format: ValueFormat): Halo {
    let halo = this.#halos.get(formatKey(name, format)) ?? noHalo;
    if (this.#isMade(name, format))
      for (const inner of this.#inner.get(name) ?? [])
        halo = widest(halo, this.#haloOf(inner, this.arithmetic.formats(inner).made));
    return halo;
  }
}
