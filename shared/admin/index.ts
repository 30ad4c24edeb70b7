export { changeUser } from './changeUser.ts';
export { listAllGenerations, listAllSongs, listAudit } from './listAll.ts';
export { listUsers } from './listUsers.ts';
export { moderateSong } from './moderateSong.ts';
export { findUidByEmail, giveRole, listOperators } from './operators.ts';
export { readWholeUser, WholeUser } from './readWholeUser.ts';
export { SongsPerDay, User, UserId, users } from './users.ts';
