/** Reads a secret with the account that the process runs as, as in production. Prints what comes of it. `SECRET` and `ENDPOINT` say which and where. */
import { MediaFault } from '#shared/media';
import { defaultAccessToken } from '../../../shared/media/googleAuth.ts';
import { createSecretReader } from '../../../shared/media/secretManager.ts';

const { SECRET = '', ENDPOINT } = process.env;
try {
  console.log(await createSecretReader({ secret: SECRET, endpoint: ENDPOINT, accessToken: defaultAccessToken })());
} catch (error) {
  console.log(error instanceof MediaFault ? error.keyFault?.code : String(error));
}
