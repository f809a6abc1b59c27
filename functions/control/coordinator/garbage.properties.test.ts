// Garbage collection under every history that fast-check thinks of: whatever has been taught, trained, merged,
// deleted and erased, and wherever a collection dies, every version that is there still loads and can be trained
// again on what it was trained on.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { listVersions } from '../../../lib/registry/index.ts';
import { deleteHead, deleteVersion } from './ending-heads.ts';
import { eraseSubject } from './erasing.ts';
import { collectGarbage } from './garbage.ts';
import { deleteExample } from './teaching.ts';
import {
  createEndsWorld,
  type EndsWorld,
  expectImagesMatchRows,
  expectNoHalfHead,
  trainingSets,
} from './testing/ends-world-node.ts';
import { deaths, teach, untilDeath } from './testing/parts-node.ts';
import { codeSpace, pass, useFrozenDate } from './testing/runner-world-node.ts';

useFrozenDate();

const heads = ['birds', 'owls'];
const subjects = [null, 'Zoë', 'Ann'];
const request = { graceSeconds: 3600, dryRun: false, spaces: false, jobDays: 1 };

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('teach' as const), subject: fc.constantFrom(...subjects) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('supersede' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('train' as const), head: fc.constantFrom(...heads) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.constantFrom(10, 40, 2000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('delete version' as const),
      head: fc.constantFrom(...heads),
      nth: fc.nat(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete head' as const), head: fc.constantFrom(...heads) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('erase' as const), subject: fc.constantFrom('Zoë', 'Ann') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete example' as const), nth: fc.nat(20) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('collect' as const),
      diesAt: fc.option(fc.integer({ min: 1, max: 40 })),
      death: fc.constantFrom(...deaths),
      spaces: fc.boolean(),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Of each version, what it was trained on, unless somebody in it has been erased since. */
type Model = Awaited<ReturnType<typeof trainingSets>>;

function forget(model: Model, digests: string[]): void {
  for (const [name, set] of model)
    if (set.digests.some((digest) => digests.includes(digest))) model.delete(name);
}

/** Null where it is said that it cannot be done. */
async function orRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    expect(['conflict', 'not-found', 'too-few-examples']).toContain((error as { type: string }).type);
    return null;
  }
}

async function play(world: EndsWorld, model: Model, now: Step, number: number): Promise<void> {
  switch (now.do) {
    case 'teach': {
      const row = await teach(world.parts, number, { codeSpace });
      if (now.subject) world.parts.index.put({ ...row, subject: now.subject });
      return;
    }
    case 'supersede':
      return world.supersede(number);
    case 'train': {
      const trained = await orRefused(world.train(now.head));
      const sets = await trainingSets(world, [now.head], (version) => version === trained?.version);
      for (const [name, set] of sets) model.set(name, set);
      return;
    }
    case 'pass':
      pass(now.minutes * 60_000);
      return;
    case 'delete version': {
      const version = (await listVersions(world.bucket, now.head))[now.nth];
      if (version === undefined) return;
      await orRefused(
        deleteVersion(world.whole, now.head, version).then(() => model.delete(`${now.head} ${version}`)),
      );
      return;
    }
    case 'delete head':
      await orRefused(deleteHead(world.whole, now.head));
      for (const name of model.keys())
        if (name.startsWith(now.head) && (await world.keys(`heads/${now.head}/`)).length === 0)
          model.delete(name);
      return;
    case 'erase':
      forget(
        model,
        world.parts.index.ofSubject(now.subject).map(({ digest }) => digest),
      );
      await eraseSubject(world.whole, now.subject);
      return;
    case 'delete example': {
      const row = world.parts.index.examples()[now.nth];
      if (!row) return;
      forget(model, [row.digest]);
      await deleteExample(world.whole, row.label, row.digest);
      await world.parts.codes.erase();
      await world.parts.codes.sweep();
      return;
    }
    case 'collect': {
      const store = world.again(now.diesAt ?? undefined, now.death);
      await untilDeath(collectGarbage(world.whole, { ...request, spaces: now.spaces }, []), store);
      world.again();
      await check(world, model);
    }
  }
}

async function check(world: EndsWorld, model: Model): Promise<void> {
  for (const [name, set] of model) {
    const [head = '', version] = name.split(' ');
    const now = await trainingSets(world, [head], (n) => n === Number(version));
    expect(now.get(name)).toEqual(set);
  }
  for (const head of heads) await expectNoHalfHead(world, head);
  await expectImagesMatchRows(world);
}

it('deletes nothing that is reachable', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 30 }), async (steps) => {
      const world = await createEndsWorld(4);
      const model: Model = new Map();
      for (const [i, now] of steps.entries()) await play(world, model, now, 100 * (i + 1));
      pass(2 * 3_600_000);
      const { skipped } = await collectGarbage(world.whole, request, []);
      expect(skipped).toEqual([]);
      await check(world, model);
      // And all that is not reachable is gone.
      const { objects } = await collectGarbage(world.whole, request, []);
      expect(objects).toBe(0);
    }),
    { numRuns: 40 },
  );
});
