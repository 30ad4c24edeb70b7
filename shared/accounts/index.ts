export { readProfile } from './profile.ts';
export { DisplayName, Email, Locale, Password, Profile, RefreshToken, Session } from './schema.ts';
export { endSessions, openSession, refreshSession } from './sessions.ts';
export { signUpWithPassword } from './signUp.ts';
