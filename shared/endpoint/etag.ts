/** Whether a list of entity tags, as `If-None-Match` gives it, names this one. Weak comparison. @see RFC 9110, 8.8.3.2 */
export function matches(header: string | undefined, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return header?.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag)) ?? false;
}
