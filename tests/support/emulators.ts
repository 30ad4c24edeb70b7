/**
 * Addresses of the emulators of this test run.
 *
 * One pair serves all test files: each uses a project id of its own (`demo-<something unique>`), and the emulators keep projects apart.
 */
export function emulators(): { firestoreHost: string; authHost: string } {
  const { FIRESTORE_EMULATOR_HOST: firestoreHost, FIREBASE_AUTH_EMULATOR_HOST: authHost } = process.env;
  if (!firestoreHost || !authHost) throw new Error('The emulators are not up: is globalSetup named in the configuration of jest?');
  return { firestoreHost, authHost };
}
