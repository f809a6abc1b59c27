// The engines side by side in one isolate, for figures: plans are posted, run, and give their codes back. Whoever
// measures reads the process's CPU time from outside, around a request.

import plain from '../../../build/inference-plain.wasm';
import relaxed from '../../../build/inference-relaxed.wasm';
import { readQuantisation } from '../../../lib/codes/index.ts';
import { readBackbone, resolveTap } from '../../../lib/graph/index.ts';
import { compileWith } from '../../../lib/inference/compile.ts';
import type { ArithmeticKind, Plan } from '../../../lib/inference/index.ts';
import { compile as compileTfjs } from '../../../lib/inference/tfjs/compile-workerd.ts';
import { sha256 } from '../../../lib/tensors/index.ts';

const compilers = { relaxed: compileWith(relaxed), plain: compileWith(plain), tfjs: compileTfjs };
const plans = new Map<string, { plan: Plan; input: Float32Array }>();

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const id = searchParams.get('id') ?? '';
    if (request.method === 'PUT') return add(id, request);
    const found = plans.get(id);
    if (!found) return new Response(pathname === '/' ? 'ready' : 'no such plan', { status: id ? 404 : 200 });
    let codes: Float32Array[] = [];
    for (let runs = Number(searchParams.get('runs') ?? 1); runs > 0; runs--)
      codes = found.plan.run(found.input);
    return new Response(codes[0]! as Float32Array<ArrayBuffer>, {
      headers: { bytes: String(found.plan.bytes) },
    });
  },
};

/** A form with `options` {engine, tap, arithmetic}, a `backbone` file, `input` float32, perhaps a `quantisation`. */
async function add(id: string, request: Request): Promise<Response> {
  const form = await request.formData();
  const part = async (name: string) =>
    new Uint8Array(await (form.get(name) as unknown as Blob).arrayBuffer());
  const { engine, tap, arithmetic } = JSON.parse(form.get('options') as string) as {
    engine: keyof typeof compilers;
    tap: string;
    arithmetic: ArithmeticKind;
  };
  const { graph, card } = readBackbone(await part('backbone'));
  const quantisation = form.has('quantisation')
    ? await quantisationOf(await part('quantisation'))
    : undefined;
  const plan = await compilers[engine](graph, {
    size: card.recipe.size,
    taps: [resolveTap(graph, card, tap)],
    arithmetic,
    quantisation,
  });
  plans.set(id, { plan, input: new Float32Array((await part('input')).buffer) });
  return new Response(String(plan.bytes));
}

const quantisationOf = async (file: Uint8Array) => readQuantisation(file, await sha256(file));
