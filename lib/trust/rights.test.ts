// The lattice of rights: whatever is made has no more than its maker, and no binding is ever widened.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scope } from '../contract/index.ts';
import {
  type Binding,
  type Principal,
  requireReach,
  requireRight,
  requireWithin,
  scopesOf,
  type Touched,
} from './index.ts';

const owners: Record<string, string> = { ants: 'insects', bees: 'insects', cars: 'streets' };
const datasetOf = async (head: string) => owners[head] ?? null;
const anyHead = fc.constantFrom('ants', 'bees', 'cars', 'new');
const anyDataset = fc.constantFrom('insects', 'streets');
const anyBinding: fc.Arbitrary<Binding> = fc.oneof(
  fc.record({ head: anyHead }),
  fc.record({ dataset: anyDataset }),
);
const anyScopes = fc.subarray(Scope.options, { minLength: 1 });
const anyTouched: fc.Arbitrary<Touched> = fc.oneof(
  fc.record({ heads: fc.array(anyHead, { maxLength: 3 }), dataset: fc.constant(null) }),
  fc.record({ heads: fc.constant([]), dataset: anyDataset }),
  // A training, which says both.
  fc.constantFrom('ants', 'bees', 'cars').map((head) => ({ heads: [head], dataset: owners[head]! })),
);

const principal = (scopes: readonly Scope[], bindings: readonly Binding[]): Principal => ({
  kind: 'key',
  keyId: 'k',
  scopes: scopesOf(scopes),
  bindings,
  expires: null,
  origins: null,
});
const allowed = (work: Promise<unknown>) =>
  work.then(
    () => true,
    (error) => {
      expect(error).toMatchObject({ type: 'forbidden' });
      return false;
    },
  );
const reaches = (bindings: readonly Binding[], touched: Touched) =>
  allowed(requireReach(principal(['infer'], bindings), touched, datasetOf));

describe('a scope', () => {
  it('is what was given, and `admin` is all of them', () => {
    for (const have of Scope.options)
      for (const want of Scope.options) {
        const ask = () => requireRight(principal([have], []), want);
        if (have === want || have === 'admin') expect(ask).not.toThrow();
        else expect(ask).toThrow(expect.objectContaining({ type: 'forbidden', facts: { scope: want } }));
      }
  });
});

describe('reach', () => {
  it('without a binding is everything', async () => {
    await fc.assert(
      fc.asyncProperty(anyTouched, async (touched) => {
        expect(await reaches([], touched)).toBe(true);
      }),
    );
  });

  it('bound to a head is requests about that head and no other', async () => {
    const bound = [{ head: 'ants' }];
    expect(await reaches(bound, { heads: ['ants'], dataset: null })).toBe(true);
    expect(await reaches(bound, { heads: ['ants'], dataset: 'insects' })).toBe(true);
    expect(await reaches(bound, { heads: ['bees'], dataset: null })).toBe(false);
    expect(await reaches(bound, { heads: ['ants', 'bees'], dataset: null })).toBe(false);
    expect(await reaches(bound, { heads: [], dataset: 'insects' })).toBe(false);
    expect(await reaches(bound, { heads: [], dataset: null })).toBe(false);
  });

  it('bound to a dataset is requests about it, and about heads that belong to it or to nobody', async () => {
    const bound = [{ dataset: 'insects' }];
    expect(await reaches(bound, { heads: [], dataset: 'insects' })).toBe(true);
    expect(await reaches(bound, { heads: ['ants', 'bees'], dataset: null })).toBe(true);
    expect(await reaches(bound, { heads: ['new'], dataset: null })).toBe(true);
    expect(await reaches(bound, { heads: [], dataset: 'streets' })).toBe(false);
    expect(await reaches(bound, { heads: ['ants', 'cars'], dataset: null })).toBe(false);
    expect(await reaches(bound, { heads: [], dataset: null })).toBe(false);
  });

  it('never grows with another binding', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyBinding, { maxLength: 2 }),
        anyBinding,
        anyTouched,
        async (bindings, more, touched) => {
          if (await reaches([...bindings, more], touched)) {
            expect(await reaches(bindings, touched)).toBe(true);
            expect(await reaches([more], touched)).toBe(true);
          }
        },
      ),
    );
  });
});

describe('what a key makes', () => {
  it('never reaches anything, by any scope, that its maker does not', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyScopes,
        fc.array(anyBinding, { maxLength: 1 }),
        anyScopes,
        fc.option(anyBinding),
        fc.constantFrom(...Scope.options),
        anyTouched,
        async (scopes, bindings, wanted, binding, scope, touched) => {
          const maker = principal(scopes, bindings);
          if (!(await allowed(requireWithin(maker, wanted, binding, datasetOf)))) return;
          // As it is recognised: with its own binding, and its maker's where it is a token.
          const made = principal(wanted, binding ? [binding] : []);
          const can = async (who: Principal) =>
            who.scopes.includes(scope) && (await allowed(requireReach(who, touched, datasetOf)));
          // A head that nobody has made yet belongs to whoever may make it.
          fc.pre(!touched.heads.includes('new') && !(binding && 'head' in binding && binding.head === 'new'));
          if (await can(made)) expect(await can(maker)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
