interface Bounds {
  /** In code points; what goes beyond is cut off. */
  max: number;
  /** Line breaks and tabs are kept; otherwise the text becomes one line. */
  multiline?: boolean;
}

/**
 * A text of the provider's as ours may be: well-formed, NFC, bounded, without control characters. It may come out empty.
 *
 * Nobody can be told to write it again, so it is mended where a user's text would be refused.
 */
export function cleaned(text: string, { max, multiline = false }: Bounds): string {
  const wellFormed = text.toWellFormed().normalize('NFC');
  const printable = multiline
    ? wellFormed.replaceAll(/\r\n?/g, '\n').replaceAll(/[\p{Cc}--[\t\n]]/gv, '')
    : wellFormed.replaceAll(/[\p{Cc}\s]+/gu, ' ');
  const trimmed = printable.trim();
  const points = [...trimmed];
  return points.length <= max ? trimmed : `${points.slice(0, max - 1).join('')}…`;
}
