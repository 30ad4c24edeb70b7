/** What is available now, and what a client needs to sign in with the Firebase SDK. */
import { z } from 'zod';
import { availability } from '#shared/access';
import { defineEndpoint } from '#shared/endpoint';
import { probeStorage } from '#shared/health';
import { config, FEATURES, required } from '#shared/runtime';

const Reason = z.enum(['phase', 'storage', 'provider', 'budget', 'database']);
const State = z.strictObject({ available: z.boolean(), reason: Reason.nullable() });

export const getStatus = defineEndpoint({
  name: 'getStatus',
  method: 'GET',
  summary: 'Tell what is available now, and how clients sign in',
  access: 'public',
  feature: 'none',
  needs: {},
  rate: 'read',
  budget: { reads: 10, writes: 2 }, // the features anew before and after a probe, which is written down when it begins and when it ends
  input: z.strictObject({}),
  output: z.strictObject({
    phase: z.union([z.literal(1), z.literal(2)]),
    features: z.record(z.enum(FEATURES), State),
    client: z.strictObject({
      projectId: z.string(),
      apiKey: z.string(),
      authDomain: z.string(),
      emulators: z.strictObject({ auth: z.string(), firestore: z.string() }).optional(),
    }),
  }),
  errors: [],
  cache: { sharedS: 10 },
  examples: [{ title: 'At the start of an app', input: {} }],

  async handler(_input, _caller, { clock, newId }) {
    await probeStorage({ clock, newId });
    const { phase, features } = await availability(clock);
    return { phase, features, client: clientConfiguration() };
  },
});

function clientConfiguration() {
  const { GOOGLE_CLOUD_PROJECT: projectId, FIREBASE_AUTH_EMULATOR_HOST: auth, FIRESTORE_EMULATOR_HOST: firestore } = config();
  return {
    projectId,
    apiKey: required('AUTH_API_KEY'),
    authDomain: `${projectId}.firebaseapp.com`,
    ...(auth && firestore ? { emulators: { auth: `http://${auth}`, firestore } } : {}),
  };
}
