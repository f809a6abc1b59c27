import { describe, expect, it } from 'vitest';
import { generateSigningKeys, publicKeysOf } from '../../lib/trust/index.ts';
import { readSettings } from './settings.ts';

const keys = publicKeysOf(await generateSigningKeys());
const complete = {
  S3_ENDPOINT: 'https://storage.test',
  S3_BUCKET: 'bucket',
  S3_ACCESS_KEY_ID: 'id',
  S3_SECRET_ACCESS_KEY: 'the secret',
  HEADWATER_PUBLIC_KEYS: JSON.stringify(keys),
};

describe("the trainer's settings", () => {
  it('are loopback and port 8080 unless stated', () => {
    expect(readSettings(complete)).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      keys,
      s3: { region: 'auto' },
    });
    expect(readSettings({ ...complete, PORT: '0', HOST: '::' })).toMatchObject({ host: '::', port: 0 });
  });

  it('name each one that is missing, all at once', () => {
    for (const name of Object.keys(complete))
      expect(() => readSettings({ ...complete, [name]: undefined }), name).toThrow(name);
    expect(() => readSettings({})).toThrow(
      /S3_ENDPOINT.*S3_BUCKET.*S3_SECRET_ACCESS_KEY.*HEADWATER_PUBLIC_KEYS/s,
    );
  });

  it('name the one that is wrong, and never tell a value', () => {
    for (const [name, value] of Object.entries({
      PORT: 'eighty',
      S3_ENDPOINT: 'not a url',
      S3_BUCKET: 'ab',
      HEADWATER_PUBLIC_KEYS: '{"artefacts":"private words"}',
      HEADWATER_TRAINING_THREADS: 'many',
      HEADWATER_ALLOW_SOFTWARE_GPU: 'yes',
    })) {
      const read = () => readSettings({ ...complete, [name]: value });
      expect(read).toThrow(name);
      expect(read).not.toThrow('the secret');
      expect(read).not.toThrow('private words');
    }
  });
});
