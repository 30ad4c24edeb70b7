/** Up to three names that are most like what was typed: those that begin with it or hold it first, then by the letters that differ. */
export function nearestNames(typed: string, names: readonly string[]): string[] {
  const wanted = typed.toLowerCase();
  const scored = names.map((name) => ({ name, score: score(wanted, name.toLowerCase()) })).sort((a, b) => a.score - b.score);
  const best = scored[0]?.score ?? 0;
  if (best > Math.max(2, wanted.length / 2)) return [];
  const near = scored.filter(({ score }) => score <= (best === 0 ? 1 : best));
  return near.slice(0, 3).map(({ name }) => name);
}

function score(wanted: string, name: string): number {
  if (wanted === name) return -1;
  if (wanted.length >= 3 && name.startsWith(wanted)) return 0;
  if (wanted.length >= 3 && name.includes(wanted)) return 1;
  return distance(wanted, name);
}

/** Letters to be inserted, removed or replaced, row by row (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (const [at, other] of [...to].entries()) {
      next.push(Math.min(next[at]! + 1, row[at + 1]! + 1, row[at]! + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1)!;
}
