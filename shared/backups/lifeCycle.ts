/** Days after which a backup is nobody's any more: what people are told when they delete their account. */
export const KEPT_DAYS = 90;

/**
 * For the backup bucket, in the form of its API: it also holds where `keepBackups` does not run any more. What is held stays. Copies of
 * tombstones are none of its business: they have to outlive every backup that may bring somebody back, and no rule knows how old those are.
 *
 * @see https://cloud.google.com/storage/docs/lifecycle
 */
export const BACKUP_LIFE_CYCLE = {
  rule: [
    { action: { type: 'Delete' }, condition: { age: KEPT_DAYS, matchesPrefix: ['backups/', 'manifests/'] } },
    { action: { type: 'Delete' }, condition: { age: 1, matchesPrefix: ['staging/'] } },
  ],
};
