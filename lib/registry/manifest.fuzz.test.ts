import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answersOrRefuses, damaged, fuzzRuns } from '../../test/support/fuzz.ts';
import { channelsKey, payloadTypes, versionKey } from '../contract/index.ts';
import { memoryStore } from '../storage/index.ts';
import { seal } from '../trust/index.ts';
import { readChannels } from './channels.ts';
import { channelsOf, manifestOf, testKeys } from './testing.ts';
import { readManifest } from './versions.ts';

const keys = await testKeys();
const manifest = manifestOf('h', 1);
const sealed = await seal(payloadTypes.manifest, manifest, keys.signer);

it('refuses every manifest and channels document that is damaged', async () => {
  const channels = await seal(payloadTypes.channels, channelsOf('h', 1, 1), keys.signer);
  const store = memoryStore();
  await fc.assert(
    fc.asyncProperty(damaged([sealed, channels]), async (bytes) => {
      await store.put(versionKey('h', 1), bytes);
      await store.put(channelsKey('h'), bytes);
      const read = await answersOrRefuses(async () => {
        // Damage that leaves the signed bytes alone (white space, a repeated key) changes nothing.
        expect(await readManifest(store, 'h', 1, keys.verifier)).toEqual(manifest);
      });
      const isOther = (await answersOrRefuses(() => readChannels(store, 'h', keys.verifier))) === 'refused';
      expect(read === 'refused' || isOther).toBe(true);
    }),
    { numRuns: fuzzRuns(300) },
  );
});

it('refuses signed documents whose content is not a manifest', async () => {
  const store = memoryStore();
  const wrong = fc.tuple(fc.constantFrom(...Object.keys(manifest)), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(wrong, async ([field, value]) => {
      const document = { ...manifest, [field]: value };
      await store.put(versionKey('h', 1), await seal(payloadTypes.manifest, document, keys.signer));
      await answersOrRefuses(() => readManifest(store, 'h', 1, keys.verifier));
    }),
    { numRuns: fuzzRuns(300) },
  );
});
