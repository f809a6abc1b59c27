// The key vault: the one Durable Object that knows the API keys. Its methods parse nothing and decide nothing;
// vault.ts does.

import { DurableObject } from 'cloudflare:workers';
import { ulid } from 'ulid';
import {
  type Claim,
  type ClaimEnd,
  type KeyMaker,
  type KeyRequestData,
  type KeyVaultRpc,
  type Result,
  result,
  type TokenRequestData,
} from '../../../lib/contract/index.ts';
import { importSigner, parseKeys, type SigningKeys } from '../../../lib/trust/index.ts';
import type { Env } from '../env.ts';
import { createVault, type Vault } from './vault.ts';

export class KeyVault extends DurableObject<Env> implements KeyVaultRpc {
  #vault: Promise<Vault> | undefined;

  keyRing(known: string | null) {
    return this.#answer(async (vault) => vault.ring(known));
  }
  createKey(request: KeyRequestData, maker: KeyMaker, claim: Claim | null) {
    return this.#answer((vault) => vault.createKey(request, maker, claim));
  }
  listKeys(after: string | null, limit: number) {
    return this.#answer(async (vault) => vault.list(after, limit));
  }
  keyRecord(id: string) {
    return this.#answer(async (vault) => vault.record(id));
  }
  revokeKey(id: string) {
    return this.#answer(async (vault) => vault.revoke(id));
  }
  mintToken(request: TokenRequestData, issuer: KeyMaker, claim: Claim | null) {
    return this.#answer((vault) => vault.mintToken(request, issuer, claim));
  }
  claim(caller: string, idempotencyKey: string, fingerprint: string) {
    return this.#answer((vault) => vault.claim(caller, idempotencyKey, fingerprint));
  }
  endClaim(claim: Claim, end: ClaimEnd) {
    return this.#answer(async (vault) => {
      vault.endClaim(claim, end);
      return null;
    });
  }

  #answer<T>(work: (vault: Vault) => Promise<T>): Promise<Result<T>> {
    return result(
      async () => work(await this.#open()),
      (error) => console.error('key vault:', error),
    );
  }

  #open(): Promise<Vault> {
    this.#vault ??= this.#assemble().catch((error) => {
      this.#vault = undefined;
      throw error;
    });
    return this.#vault;
  }

  async #assemble(): Promise<Vault> {
    const keys = parseKeys<SigningKeys>(this.env.HEADWATER_SIGNING_KEYS, 'HEADWATER_SIGNING_KEYS');
    return createVault({
      sql: this.ctx.storage.sql,
      signer: await importSigner(keys.tokens),
      clock: Date.now,
      ulid,
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    });
  }
}
