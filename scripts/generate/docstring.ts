/** The comment that a source file opens with, as paragraphs of text. @throws when it has none */
export function leadingDocstring(source: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1];
  if (comment === undefined) throw new Error('an endpoint begins with a docstring: it becomes its description');
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const paragraphs = lines.join('\n').split(/\n{2,}/);
  return paragraphs
    .map((paragraph) => paragraph.trim().replaceAll('\n', ' '))
    .filter(Boolean)
    .join('\n\n');
}
