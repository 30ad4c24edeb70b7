/** What Firebase Auth writes into an ID token, of somebody who signed in half an hour ago. */
export function idTokenClaims(project: string, uid: string): Record<string, unknown> {
  const nowS = Math.floor(Date.now() / 1000);
  return {
    iss: `https://securetoken.google.com/${project}`,
    aud: project,
    sub: uid,
    user_id: uid,
    auth_time: nowS - 1800,
    iat: nowS - 60,
    exp: nowS + 3540,
    firebase: { identities: {}, sign_in_provider: 'password' },
  };
}
