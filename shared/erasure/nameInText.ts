/** Where a uid stands in a text as a word of its own: `quotas/mina` names her, and `mina2` is somebody else. */
export function isNamedIn(text: string, uid: string): boolean {
  return text.includes(uid) && wordOf(uid).test(text);
}

/** @returns the text with `to` wherever the uid was named */
export function renamedIn(text: string, uid: string, to: string): string {
  return text.includes(uid) ? text.replace(wordOf(uid), () => to) : text;
}

function wordOf(uid: string): RegExp {
  const escaped = uid.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'gu');
}
