import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const LocalSecrets = z.object({
  JWT_SECRET: z.string().min(64).default(randomSecret),
  BACKUP_SECRET: z.string().min(64).default(randomSecret),
  TOPMEDIAI_API_KEY: z
    .string()
    .min(1)
    .default(() => `local-${randomBytes(16).toString('hex')}`),
});

export type LocalSecrets = z.output<typeof LocalSecrets>;

/** Made at the first start and kept, so that tickets outlive a restart and backups can be opened. Only the file's owner may read it. */
export function localSecrets(directory: string): LocalSecrets {
  const file = join(directory, 'secrets.json');
  const known = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  const secrets = LocalSecrets.parse(JSON.parse(known));
  const isNew = JSON.stringify(secrets) !== JSON.stringify(JSON.parse(known));
  if (isNew) writePrivately(file, secrets);
  return secrets;
}

function randomSecret(): string {
  return randomBytes(48).toString('hex');
}

/** Whole or not at all, and for nobody else to read. */
export function writePrivately(file: string, value: object): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}
