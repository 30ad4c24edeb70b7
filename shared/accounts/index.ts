export { changeProfile } from './changeProfile.ts';
export { readProfile } from './profile.ts';
export { requestReset } from './requestReset.ts';
export { ChosenPassword, DisplayName, Email, Locale, Password, Profile, RefreshToken, Session } from './schema.ts';
export { endSessions, openSession, refreshSession } from './sessions.ts';
export { signUpWithPassword } from './signUp.ts';
