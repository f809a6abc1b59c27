// A key vault over SQLite in memory, with a clock that stands still. It can be restarted and can lose its storage.
// Nothing but tests imports this.

import {
  type Claim,
  type KeyMaker,
  KeyRequest,
  type KeyVaultRpc,
  type Result,
  result,
  TokenRequest,
} from '../../../../lib/contract/index.ts';
import { memorySql } from '../../../../lib/datasets/testing/sql-node.ts';
import {
  generateSigningKeys,
  importSigner,
  importVerifier,
  publicKeysOf,
} from '../../../../lib/trust/index.ts';
import { createVault } from '../vault.ts';

export const start = Date.parse('2026-01-02T03:04:05.000Z');
export const hourMs = 3_600_000;
export const root: KeyMaker = { keyId: 'root-0a1b2c3d', isRoot: true };
/** A key, as the maker of others. */
export const makerOf = ({ record }: { record: { id: string } }): KeyMaker => ({
  keyId: record.id,
  isRoot: false,
});

const keys = await generateSigningKeys();
const signer = await importSigner(keys.tokens);
/** What the tokens of these vaults are verified with. */
export const tokenKeys = await importVerifier(publicKeysOf(keys).tokens);

export type VaultWorld = ReturnType<typeof createVaultWorld>;

export function createVaultWorld() {
  let made = 0;
  const open = () =>
    createVault({
      sql: world.sql,
      signer,
      clock: () => world.now,
      ulid: () => `01ARZ3NDEKTSV4RRFFQ6${`${++made}`.padStart(6, '0')}`,
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    });
  const world = {
    sql: memorySql(),
    now: start,
    vault: undefined as unknown as ReturnType<typeof createVault>,
    restart() {
      world.vault = open();
    },
    loseStorage() {
      world.sql = memorySql();
      world.restart();
    },
    create: (request: object = {}, maker = root, claim: Claim | null = null) =>
      world.vault.createKey(KeyRequest.parse({ scopes: ['infer'], ...request }), maker, claim),
    mint: (request: object, issuer = root, claim: Claim | null = null) =>
      world.vault.mintToken(TokenRequest.parse({ scope: 'infer', ...request }), issuer, claim),
    live: () => world.vault.ring(null)!.keys.map(({ id }) => id),
    async claimed(idempotencyKey: string, fingerprint = 'f', caller = 'caller'): Promise<Claim> {
      const outcome = await world.vault.claim(caller, idempotencyKey, fingerprint);
      if (outcome.state !== 'claimed') throw new Error(outcome.state);
      return outcome.claim;
    },
    /** Everything that lies in the database, as text. */
    dump: () =>
      JSON.stringify(
        ['keys', 'origins', 'claims', 'revision'].map((table) =>
          world.sql.exec(`SELECT * FROM ${table}`).toArray(),
        ),
      ),
  };
  world.restart();
  return world;
}

/** The vault as control offers it. */
export function rpcOf(world: VaultWorld): KeyVaultRpc {
  const answer = <T>(work: () => T | Promise<T>): Promise<Result<T>> =>
    result(
      async () => structuredClone(await work()),
      (error) => console.error(error),
    );
  return {
    keyRing: (known) => answer(() => world.vault.ring(known)),
    createKey: (...of) => answer(() => world.vault.createKey(...of)),
    listKeys: (...of) => answer(() => world.vault.list(...of)),
    keyRecord: (id) => answer(() => world.vault.record(id)),
    revokeKey: (id) => answer(() => world.vault.revoke(id)),
    mintToken: (...of) => answer(() => world.vault.mintToken(...of)),
    claim: (...of) => answer(() => world.vault.claim(...of)),
    endClaim: (...of) =>
      answer(() => {
        world.vault.endClaim(...of);
        return null;
      }),
  };
}
