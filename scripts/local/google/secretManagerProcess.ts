/** `node scripts/local/google/secretManagerProcess.ts [port]`: a local Secret Manager to try things with, until Ctrl-C. */
import { startSecretManager } from './startSecretManager.ts';

const { url } = await startSecretManager({ port: Number(process.argv[2] ?? 0) });
console.log(`Secret Manager runs: SECRET_MANAGER_ENDPOINT=${url}`);
